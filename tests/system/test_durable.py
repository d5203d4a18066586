"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from leukoscope.system.durable import write_durably


def test_ok__only_the_file_is_left(tmp_path: Path) -> None:
    (tmp_path / "x.part").write_text("a person's own")
    write_durably(tmp_path / "x.png", b"new")
    write_durably(tmp_path / "x.png", b"newer")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "x.part": b"a person's own",
        "x.png": b"newer",
    }


def test_ok__permissions(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        write_durably(tmp_path / "a", b"")
        write_durably(tmp_path / "b", b"", mode=0o644)
    finally:
        os.umask(umask)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in "ab"]
    assert modes == [0o640, 0o644]


def test_ok__name_as_long_as_names_may_be(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"


def test_fail__old_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, folder = tmp_path / "x", tmp_path / "incoming"
    folder.mkdir()
    path.write_bytes(b"old")

    def fail(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output error"):
        write_durably(path, b"new", by_way_of=folder)
    assert path.read_bytes() == b"old"
    assert list(folder.iterdir()) == []


def test_fail__ctrl_c_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_durably(tmp_path / "x", b"new")
    assert list(tmp_path.iterdir()) == []
