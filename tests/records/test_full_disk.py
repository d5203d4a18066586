"""A disk that is nearly full, and one that is: a real one where this machine lets us have it."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from leukoscope.errors import DiskFullError, Fault, StoreError
from leukoscope.records import disk
from leukoscope.records.record import EndedBy

from tests.records import examples
from tests.records.examples import UNSURE, add

SIDE_PX = 100  # a picture of noise, 30 KB
PICTURE_BYTES = 30_000
DISK_BYTES = 12_000_000  # of which the database and its journal take up to 6 MB


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = f"size={DISK_BYTES}"
    command = ["mount", "-t", "tmpfs", "-o", size, "leukoscope-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, leave_bytes: int) -> None:
    """Write a file that leaves only so much free."""
    with (folder / "filler").open("wb") as filler:
        filler.write(bytes(max(0, disk.free_bytes(folder) - leave_bytes)))


def pictures(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "pictures").rglob("*.png"))


def test_ok__oldest_pictures_go_and_records_stay(small_disk: Path) -> None:
    min_free = 2_000_000
    with examples.open_store(small_disk, min_free_bytes=min_free) as store:
        for slide in range(1, 101):
            for _ in range(3):
                add(store, slide, side_px=SIDE_PX)
            store.finish_slide(slide, UNSURE, EndedBy.PERSON)
        assert disk.free_bytes(small_disk) > min_free - PICTURE_BYTES * 2
        fields = [f for slide in store.slides() for f in store.slide(slide.number).fields]
        assert len(fields) == 300, "no record is lost"
        removed = [field.picture_removed for field in fields]
        assert removed == sorted(removed, reverse=True), "the oldest went first"
        assert removed[0]
        assert not removed[-1]
        on_disk = [Path(field.picture).name for field in fields if not field.picture_removed]
        assert on_disk == pictures(small_disk)
        folders = [path.name for path in (small_disk / "pictures").iterdir()]
        assert len(folders) <= 1 + len({name[:5] for name in on_disk}), "emptied folders are gone"


def test_fail__full_disk_and_recovery(small_disk: Path) -> None:
    with examples.open_store(small_disk) as store:
        kept = add(store, 1, side_px=SIDE_PX)
        fill(small_disk, 0)
        for _ in range(3):
            with pytest.raises(DiskFullError) as error:
                add(store, 1, side_px=SIDE_PX)
        assert error.value.fault is Fault.STORAGE
        assert "free space" in str(error.value)
        assert pictures(small_disk) == ["S0001-001.png"], "the slide under the lens is spared"
        assert list((small_disk / "incoming").iterdir()) == []
        (small_disk / "filler").unlink()
        again = add(store, 1, side_px=SIDE_PX)
        assert store.slide(1).fields == (kept, again)


@pytest.mark.parametrize("left_bytes", [0, 4096, 12_288, 36_864, 45_056, 65_536])
def test_fail__whatever_is_left_nothing_half_written_stays(
    small_disk: Path, left_bytes: int
) -> None:
    with examples.open_store(small_disk) as store:
        kept = [add(store, 1, side_px=SIDE_PX)]
        fill(small_disk, left_bytes)
        try:
            while True:
                kept.append(add(store, 1, side_px=SIDE_PX))
        except DiskFullError:
            pass
        assert store.slide(1).fields == tuple(kept)
        assert pictures(small_disk) == [Path(field.picture).name for field in kept]
    with examples.open_store(small_disk) as store:
        assert store.notices == (), "a full disk is not damage"
        assert store.slide(1).fields == tuple(kept)


def test_ok__not_a_byte_left_but_old_pictures(small_disk: Path) -> None:
    with examples.open_store(small_disk) as store:
        for slide in (1, 2):
            for _ in range(20):
                add(store, slide, side_px=SIDE_PX)
        fill(small_disk, 0)
        add(store, 3, side_px=SIDE_PX)
        assert store.slide(1).fields[0].picture_removed
        assert len(store.slide(1).fields) == 20


def test_fail__opening_on_a_full_disk(small_disk: Path) -> None:
    fill(small_disk, 0)
    with pytest.raises(StoreError):
        examples.open_store(small_disk)


def test_fail__minimum_out_of_reach_removes_nothing(tmp_path: Path) -> None:
    with examples.open_store(tmp_path) as store:
        add(store, 1)
        add(store, 2)
    with examples.open_store(tmp_path, min_free_bytes=2**60) as store:
        with pytest.raises(DiskFullError, match="too few old pictures"):
            add(store, 3)
        assert pictures(tmp_path) == ["S0001-001.png", "S0002-001.png"]


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFullError), (errno.EIO, StoreError)]
)
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_fail__disk_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, kind: type
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    with examples.open_store(tmp_path) as store:
        add(store, 1)
        with monkeypatch.context() as patch:
            patch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), refuse)
            with pytest.raises(kind) as error:
                add(store, 1)
        assert isinstance(error.value, DiskFullError) == (number == errno.ENOSPC)
        assert pictures(tmp_path) == ["S0001-001.png"]
        assert list((tmp_path / "incoming").iterdir()) == []
        assert add(store, 1).number == 2


def test_ok__removal_that_a_power_cut_kept_from_being_noted(tmp_path: Path) -> None:
    with examples.open_store(tmp_path) as store:
        kept = [add(store, slide) for slide in (1, 2, 3)]
    (tmp_path / kept[0].picture).unlink()
    (tmp_path / kept[2].picture).unlink()
    with examples.open_store(tmp_path) as store:
        removed = [store.slide(slide).fields[0].picture_removed for slide in (1, 2, 3)]
    assert removed == [True, False, False], "a picture missing among others was not removed by us"
