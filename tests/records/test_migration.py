"""Records of an older version are migrated and lose nothing."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from leukoscope.records.database import open_for_writing
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import EndedBy
from leukoscope.records.schema import MIGRATIONS, SCHEMA_VERSION

from tests.records import examples
from tests.records.examples import (
    AML,
    NOTHING,
    PROVENANCE,
    READ_CELLS,
    READING,
    REFUSED,
    UNSURE,
    VERDICT,
)

VERSION_1 = Path(__file__).parent / "version-1"
"""Records as version 1 of the format wrote them: the database as SQL, its pictures of noise."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder of records of version 1."""
    root = tmp_path / "old"
    shutil.copytree(VERSION_1, root, ignore=shutil.ignore_patterns("*.sql"))
    connection = sqlite3.connect(root / "records.sqlite")
    connection.executescript((VERSION_1 / "records.sql").read_text())
    connection.close()
    return root


def version(root: Path) -> int:
    connection = sqlite3.connect(root / "records.sqlite")
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(found)


def expect_everything(records: RecordReader) -> None:
    first, second = records.slides()
    assert (first.name, first.verdict, first.ended_by) == ("S0001", UNSURE, EndedBy.PERSON)
    assert (second.name, second.verdict, second.ended_by) == ("S0002", NOTHING, None)
    read, refused = records.slide(1).fields
    assert (read.reading, read.verdict, read.provenance) == (READING, VERDICT, PROVENANCE)
    assert (refused.reading, refused.verdict) == (REFUSED, None)
    for record in (read, refused, *records.slide(2).fields):
        assert records.load_picture(record).size == (8, 6)


def test_ok__every_older_version_has_its_migration() -> None:
    assert set(MIGRATIONS) == set(range(1, SCHEMA_VERSION))


def test_ok__old_records_are_read_as_they_are(old: Path) -> None:
    """By whoever looks at them before the daemon has migrated them; nothing is changed."""
    before = (old / "records.sqlite").read_bytes()
    with RecordReader(old) as reader:
        expect_everything(reader)
    assert (old / "records.sqlite").read_bytes() == before
    assert version(old) == 1


def test_ok__old_records_are_migrated_and_go_on(old: Path) -> None:
    with examples.open_store(old) as store:
        assert store.notices == ()
        expect_everything(store)
        assert store.close_interrupted() == (2,)
        kept = store.add_field(3, examples.field(), READ_CELLS, AML, AML, PROVENANCE)
        assert kept.record == 4
        store.finish_slide(3, AML, EndedBy.PERSON)
    assert version(old) == SCHEMA_VERSION
    with RecordReader(old) as reader:
        report = reader.slide(3)
        assert report.fields == (kept,)
        assert report.fields[0].reading == READ_CELLS
        assert report.slide.verdict == AML
        assert [slide.name for slide in reader.slides()] == ["S0001", "S0002", "S0003"]


def test_ok__migrated_once(old: Path) -> None:
    for _ in range(2):
        connection, notice = open_for_writing(old / "records.sqlite")
        assert notice == ""
        connection.close()
    assert version(old) == SCHEMA_VERSION
