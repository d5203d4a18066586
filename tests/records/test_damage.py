"""Damaged databases are kept aside, newer ones left alone."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.errors import StoreError
from leukoscope.records.reader import RecordReader

from tests.records import examples
from tests.records.examples import add


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two slides."""
    root = tmp_path_factory.mktemp("whole")
    with examples.open_store(root) as store:
        for slide in (1, 1, 2):
            add(store, slide)
    return root


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"no database at all" * 99, id="other-file"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut-short"),
        pytest.param(lambda data: data[:4096] + bytes(len(data) - 4096), id="zeroed-pages"),
        pytest.param(lambda data: bytes(len(data)), id="all-zero"),
    ],
)
def test_ok__damaged_is_kept_aside(whole: Path, tmp_path: Path, damage) -> None:
    root = Path(shutil.copytree(whole, tmp_path / "store"))
    path = root / "records.sqlite"
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with examples.open_store(root) as store:
        (notice,) = store.notices
        assert "records.damaged-1.sqlite" in notice
        assert store.slides() == []
        assert store.next_slide() == 3, "counting goes on above the pictures"
        assert add(store, 3).slide == 3
    assert (root / "records.damaged-1.sqlite").read_bytes() == damaged
    assert len(list((root / "pictures").rglob("*.png"))) == 4, "no picture is lost"


def test_ok__damaged_twice(whole: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(whole, tmp_path / "store"))
    for number in (1, 2):
        (root / "records.sqlite").write_bytes(b"x" * 5000)
        with examples.open_store(root) as store:
            assert f"records.damaged-{number}.sqlite" in store.notices[0]
    with examples.open_store(root) as store:
        assert store.notices == ()


def test_ok__database_gone_but_pictures_there(whole: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(whole, tmp_path / "store"))
    (root / "records.sqlite").unlink()
    with examples.open_store(root) as store:
        assert store.next_slide() == 3


def test_ok__another_programs_database(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "records.sqlite") as connection:
        connection.execute("CREATE TABLE fields (song TEXT)")
    connection.close()
    with examples.open_store(tmp_path) as store:
        assert len(store.notices) == 1
    with sqlite3.connect(tmp_path / "records.damaged-1.sqlite") as connection:
        assert connection.execute("SELECT * FROM fields").fetchall() == []


def test_fail__reader_where_it_may_not_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As whoever is not in the device's group: no record is not the answer."""

    def refuse(path: Path, **given: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(StoreError, match="can't read the records: Permission denied"):
        RecordReader(tmp_path)


def test_fail__newer_version(whole: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(whole, tmp_path / "store"))
    with sqlite3.connect(root / "records.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (root / "records.sqlite").read_bytes()
    for open_it in (examples.open_store, RecordReader):
        with pytest.raises(StoreError, match="newer version of Leukoscope"):
            open_it(root)
    assert (root / "records.sqlite").read_bytes() == before


def test_fail__reader_of_a_damaged_database_changes_nothing(whole: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(whole, tmp_path / "store"))
    (root / "records.sqlite").write_bytes(b"x" * 5000)
    with pytest.raises(StoreError, match="restart the device"):
        RecordReader(root)
    assert (root / "records.sqlite").read_bytes() == b"x" * 5000


@settings(max_examples=40)
@given(st.data())
def test_ok__any_damage_ends_in_a_store_or_a_clear_error(whole: Path, data: st.DataObject) -> None:
    original = (whole / "records.sqlite").read_bytes()
    spots = data.draw(
        st.lists(st.tuples(st.integers(0, len(original) - 1), st.integers(1, 255)), min_size=1)
    )
    changed = bytearray(original)
    for place, mask in spots:
        changed[place] ^= mask
    length = data.draw(st.integers(0, len(changed)) | st.just(len(changed)))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(whole, Path(folder) / "store"))
        (root / "records.sqlite").write_bytes(changed[:length])
        try:
            with examples.open_store(root) as store:
                for slide in store.slides():
                    store.slide(slide.number)
                add(store, store.next_slide())
        except StoreError:
            pass
        assert len(list((root / "pictures").rglob("*.png"))) >= 3
