"""`leukoscope classify` as it is typed: its table, its JSON, and files that are no image."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from leukoscope.notice import NOTICE
from leukoscope.reading.results import LABELS
from PIL import Image

from tests.bundles import BUNDLE
from tests.commands.conftest import Run
from tests.commands.processes import command
from tests.smears import save_smear, smear

JSON_KEYS = [
    *("path", "label", "pattern", "confidence", "probabilities"),
    *("gates", "shading", "white_cells", "cells_read", "differential", "finding", "control"),
    *("reason", "error"),
]


def test_ok__classify_table(run: Run, tmp_path: Path) -> None:
    save_smear(tmp_path / "good.png")
    save_smear(tmp_path / "blurred.png", smear(defocus_um=8.0))
    status, out, _ = run("classify", "good.png", "blurred.png")
    assert status == 0
    rows = out.splitlines()
    assert rows[0].split()[:2] == ["FILE", "READING"]
    assert rows[1].startswith("good.png")
    assert rows[2].split()[:2] == ["blurred.png", "refused"]
    assert rows[-1].endswith(NOTICE)


def test_ok__classify_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "smears").mkdir()
    save_smear(tmp_path / "smears" / "b-µ.png")
    save_smear(tmp_path / "smears" / "a.png", smear(defocus_um=8.0))
    status, out, err = run("classify", "--json", "smears")
    assert (status, err) == (0, "")
    refused, read = (json.loads(line) for line in out.splitlines())
    assert list(refused) == list(read) == JSON_KEYS
    assert (refused["path"], read["path"]) == ("smears/a.png", "smears/b-µ.png")
    assert (refused["label"], refused["confidence"], refused["error"]) == (None, None, None)
    assert refused["reason"].startswith("OUT OF FOCUS")
    assert list(read["probabilities"]) == list(LABELS)
    assert sum(read["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert read["confidence"] == max(read["probabilities"].values())
    assert read["label"] in (None, *LABELS)
    assert 0 < read["white_cells"] < 50
    assert read["reason"].startswith("too few cells")
    assert read["error"] is None


def test_ok__classify_tells_of_a_scale_that_it_assumes(run: Run, tmp_path: Path) -> None:
    Image.fromarray(smear()).save(tmp_path / "bare.png")
    status, _, err = run("classify", "bare.png")
    assert status == 0
    assert "bare.png: no scale in the file" in err
    status, _, err = run("classify", "--um-per-px", 0.31, "bare.png")
    assert (status, err) == (0, "")


def png(width: int, height: int) -> bytes:
    """A PNG that claims to be of this size, and has next to nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data


def cut_short(path: Path) -> None:
    data = save_smear(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def animated(path: Path) -> None:
    frames = [Image.fromarray(smear()), Image.fromarray(smear()[::-1])]
    frames[0].save(path, save_all=True, append_images=frames[1:])


BAD_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated.png": (cut_short, "damaged or cut short"),
    "truncated.jpg": (cut_short, "damaged or cut short"),
    "truncated.tif": (cut_short, "damaged"),
    "empty.png": (lambda p: p.touch(), "empty"),
    "grey16.png": (
        lambda p: Image.fromarray(smear()[..., 0].astype(np.uint16) * 257).save(p),
        "a grey image",
    ),
    "cmyk.jpg": (lambda p: Image.fromarray(smear()).convert("CMYK").save(p), "CMYK"),
    "animated.png": (animated, "2 images in one file"),
    "pages.tif": (animated, "2 images in one file"),
    "animated.gif": (animated, "not a JPEG, PNG, TIFF or BMP"),
    "dot.png": (lambda p: Image.new("RGB", (1, 1)).save(p), "1 x 1 px is too small"),
    "huge.png": (lambda p: p.write_bytes(png(10_000, 6_000)), "10000 x 6000 px is too large"),
    "bomb.png": (lambda p: p.write_bytes(png(200_000, 200_000)), "too large"),
    "text.jpg": (lambda p: p.write_text("no image"), "not a JPEG, PNG, TIFF or BMP"),
    "link.png": (lambda p: p.symlink_to("nowhere"), "no such file"),
    "pipe.png": (os.mkfifo, "not an ordinary file"),
    "missing.png": (lambda p: None, "no such file or folder"),
    "folder": (lambda p: p.mkdir(), "no JPEG, PNG, TIFF or BMP image in this folder"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_fail__classify_bad_file_among_good_ones(run: Run, tmp_path: Path, name: str) -> None:
    make, says = BAD_FILES[name]
    make(tmp_path / name)
    for good in ("a.png", "z.png"):
        save_smear(tmp_path / good)
    status, out, err = run("classify", "a.png", name, "z.png")
    assert status == 1
    assert says in out + err
    assert name in out + err
    assert "\nz.png " in out
    status, out, _ = run("classify", "--json", "a.png", name, "z.png")
    assert status == 1
    lines = {line["path"]: line for line in map(json.loads, out.splitlines())}
    assert set(lines) == {"a.png", name, "z.png"}
    assert all(list(line) == JSON_KEYS for line in lines.values())
    assert says in lines[name]["error"]
    assert {lines[name][key] for key in JSON_KEYS[1:-1]} == {None}
    assert lines["a.png"]["error"] is lines["z.png"]["error"] is None


def test_ok__classify_palette(run: Run, tmp_path: Path) -> None:
    """Colours by number are colours."""
    Image.fromarray(smear()).quantize(256).save(tmp_path / "palette.png", dpi=(81_935, 81_935))
    status, out, _ = run("classify", "--json", "palette.png")
    assert status == 0
    assert json.loads(out)["error"] is None


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_ok__classify_file_whose_name_is_no_text(
    form: list[str], settings_file: Path, tmp_path: Path, checkout: Path
) -> None:
    name = os.fsdecode(b"\xff.png")
    save_smear(tmp_path / "a.png").rename(tmp_path / name)
    ran = subprocess.run(
        command("classify", "--settings", settings_file, *form, name, f"missing{name}"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(checkout / "device")},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert b"Traceback" not in ran.stderr
    if form:
        paths = [json.loads(line)["path"] for line in ran.stdout.splitlines()]
        assert paths == [f"missing{name}", name]
    else:
        assert rb"\udcff.png" in ran.stdout
        assert rb"missing\udcff.png: no such file" in ran.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_fail__classify_what_may_not_be_read(run: Run, tmp_path: Path) -> None:
    save_smear(tmp_path / "a.png").chmod(0)
    status, out, err = run("classify", "a.png")
    assert status == 1
    assert "check its permissions" in out + err


def test_fail__classify_nothing_but_bad_files(run: Run) -> None:
    status, out, err = run("classify", "absent.png")
    assert (status, out) == (1, "")
    assert err == "leukoscope classify: absent.png: no such file or folder: check the path\n"


@pytest.mark.parametrize("bundle", ["missing", "changed", "no card"])
def test_fail__classify_without_its_model(
    run: Run, tmp_path: Path, settings_file: Path, bundle: str
) -> None:
    folder = tmp_path / "bundle"
    if bundle != "missing":
        folder.mkdir()
        (folder / "model.tflite").write_bytes(b"not the model")
    if bundle == "changed":
        (folder / "card.toml").write_bytes((BUNDLE / "card.toml").read_bytes())
    text = settings_file.read_text().replace(str(BUNDLE), str(folder))
    settings_file.write_text(text)
    save_smear(tmp_path / "a.png")
    status, out, err = run("classify", "a.png")
    assert (status, out) == (1, "")
    assert err.startswith(f"leukoscope: model bundle {folder}: ")
    assert "install the bundle again" in err
