"""`leukoscope show`: text, pictures, pages."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.commands.conftest import Run
from tests.records import examples


def test_ok__show(run: Run, filled: Path, tmp_path: Path) -> None:
    for name in ("S0001", "s1", "1"):
        status, out, _ = run("show", name)
        assert status == 0
        assert out.startswith("S0001  ALL")
        assert out.endswith("picture: S0001.png\n")
    with Image.open(tmp_path / "S0001.png") as picture:
        assert picture.width > 100
    assert run("show", "S0002", "--picture", tmp_path / "mine.jpg")[0] == 0
    assert (tmp_path / "mine.jpg").exists()


def add_fields(state: Path, slide: int, count: int) -> None:
    with examples.open_store(state) as store:
        for _ in range(count):
            examples.add(store, slide)


def test_ok__show_many_fields_in_pages(run: Run, filled: Path, tmp_path: Path) -> None:
    """And an earlier call's picture of the same slide does not stay beside them."""
    assert run("show", "2")[1].endswith("picture: S0002.png\n")
    mine = tmp_path / "S0002-99.png"
    Image.new("RGB", (9, 9)).save(mine)
    add_fields(filled, 2, 69)
    status, out, err = run("show", "2")
    assert (status, err) == (0, "")
    assert out.splitlines()[-2:] == [
        "pictures: S0002-01.png to S0002-13.png, 13 pages",
        "removed pages of an earlier call: S0002.png",
    ]
    pages = [f"S0002-{number:02}.png" for number in range(1, 14)]
    assert sorted(path.name for path in tmp_path.glob("S0002*")) == [*pages, "S0002-99.png"]
    for page in pages:
        with Image.open(tmp_path / page) as picture:
            assert picture.height <= 2000
            assert picture.info["Title"] == f"S0002, page {int(page[6:8])} of 13"
    assert len(out.splitlines()) <= 24
    assert max(map(len, out.splitlines())) <= 80
    assert "70 fields read, 0 refused" in out


def test_ok__show_leaves_the_pictures_of_other_slides(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    """Also where their files are named as pages of this one would be; and what can't be opened."""
    assert run("show", "2", "--picture", "slide-2.png")[0] == 0
    huge = bytearray((tmp_path / "slide-2.png").read_bytes())
    huge[16:29] = struct.pack(">II", 40000, 40000) + huge[24:29]  # in the header, IHDR
    huge[29:33] = struct.pack(">I", zlib.crc32(huge[12:29]))
    (tmp_path / "slide-3.png").write_bytes(huge)
    status, out, err = run("show", "1", "--picture", "slide.png")
    assert (status, err) == (0, "")
    assert "removed" not in out
    assert sorted(path.name for path in tmp_path.glob("slide*.png")) == [
        *("slide-2.png", "slide-3.png", "slide.png")
    ]


def test_ok__show_fields_only_when_asked(run: Run, filled: Path) -> None:
    assert "sha256" not in run("show", "1")[1]
    out = run("show", "1", "--fields")[1]
    assert out.count("picture pictures/S0001/") == 2
    assert "Field 1: ALL 0.81" in out
    assert out.count("sha256") == 6


@pytest.mark.parametrize("name", ["no-such-folder/a.png", "a.nonsense", "."])
def test_fail__show_pages_into_what_can_not_be_written(run: Run, filled: Path, name: str) -> None:
    add_fields(filled, 2, 69)
    status, out, err = run("show", "2", "--picture", name)
    assert status == 1
    assert out.startswith("S0002")
    assert f"leukoscope show: can't write {Path(name)}: " in err


@pytest.mark.parametrize("slide", ["S0042", "999999999"])
def test_fail__show_unknown_slide(run: Run, filled: Path, slide: str) -> None:
    status, out, err = run("show", slide)
    assert (status, out) == (1, "")
    assert err.startswith("leukoscope: there is no slide S")


@pytest.mark.parametrize("name", ["no-such-folder/a.png", "a.nonsense", "."])
def test_fail__show_into_what_can_not_be_written(run: Run, filled: Path, name: str) -> None:
    status, out, err = run("show", "1", "--picture", name)
    assert status == 1
    assert out.startswith("S0001")
    assert f"leukoscope show: can't write {Path(name)}: " in err
