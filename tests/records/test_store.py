"""What goes into the store comes out of it, in order."""

from __future__ import annotations

import hashlib
import json
import math
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.errors import StoreError, UnknownSlideError
from leukoscope.field import Field
from leukoscope.notice import NOTICE
from leukoscope.reading.field_evidence import FieldEvidence
from leukoscope.reading.results import FieldReading, Gate, GateName, Verdict
from leukoscope.records.provenance import Provenance
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import EndedBy
from leukoscope.records.store import RecordStore
from PIL import Image

from tests.records import examples
from tests.records.examples import NOTHING, PROVENANCE, READING, REFUSED, UNSURE, VERDICT, add


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    with examples.open_store(tmp_path) as opened:
        yield opened


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            examples.fields(),
            examples.readings,
            st.none() | examples.verdicts,
            examples.verdicts,
            examples.provenances,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_ok__round_trip(
    added: list[tuple[Field, FieldReading, Verdict | None, Verdict, Provenance]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with examples.open_store(root) as store:
            kept = [store.add_field(1, *arguments) for arguments in added]
        with RecordReader(root) as reader:
            report = reader.slide(1)
            assert report.fields == tuple(kept)
            for record, (field, reading, verdict, slide_verdict, provenance) in zip(
                report.fields, added, strict=True
            ):
                simulated = field.simulated or provenance.simulated
                assert record.reading == reading
                assert record.verdict == verdict
                assert record.slide_verdict == slide_verdict
                assert record.provenance == replace(provenance, simulated=simulated)
                assert dict(record.metadata) == field.metadata
                assert (record.um_per_px, record.off_level) == (field.um_per_px, field.off_level)
                assert np.array_equal(np.asarray(reader.load_picture(record)), field.rgb)
            assert report.slide.verdict == added[-1][3]
            assert report.slide.simulated == any(r.provenance.simulated for r in report.fields)


def test_ok__picture_lies_beside_with_its_hash(store: RecordStore, tmp_path: Path) -> None:
    kept = store.add_field(1, examples.field(simulated=True), READING, VERDICT, VERDICT, PROVENANCE)
    assert kept.picture == "pictures/S0001/S0001-001.png"
    path = tmp_path / kept.picture
    assert hashlib.sha256(path.read_bytes()).hexdigest() == kept.picture_sha256
    with Image.open(path) as image:
        assert image.text == {"Title": "S0001 field 1 SIMULATED", "Comment": NOTICE}


def test_ok__refused_field_is_kept(store: RecordStore) -> None:
    kept = store.add_field(1, examples.field(), REFUSED, None, NOTHING, PROVENANCE)
    report = store.slide(1)
    assert report.fields == (kept,)
    assert kept.verdict is None
    assert (report.slide.fields_kept, report.slide.fields_refused) == (1, 1)
    assert report.slide.verdict == NOTHING


def test_ok__numbers(store: RecordStore) -> None:
    assert store.next_slide() == 1
    first = [add(store, 1), add(store, 1)]
    assert store.next_slide() == 2
    store.finish_slide(1, UNSURE, EndedBy.PERSON)
    second = [add(store, 2)]
    kept = first + second
    assert [(k.slide, k.number, k.record) for k in kept] == [(1, 1, 1), (1, 2, 2), (2, 1, 3)]
    assert [(s.name, s.ended_by, s.verdict) for s in store.slides()] == [
        ("S0001", EndedBy.PERSON, UNSURE),
        ("S0002", None, VERDICT),
    ]


def test_ok__slide_without_a_field_has_no_record(tmp_path: Path) -> None:
    with examples.open_store(tmp_path) as store:
        assert store.next_slide() == 1
        assert store.slides() == []
    with examples.open_store(tmp_path) as store:
        assert store.next_slide() == 1


def test_ok__begun_is_the_first_field_even_if_the_clock_ran_back(store: RecordStore) -> None:
    for hour, synced in (("09", False), ("07", True), ("08", True)):
        made_by = replace(
            PROVENANCE, wall_time=f"2026-05-09T{hour}:00:00.000Z", clock_synced=synced
        )
        store.add_field(1, examples.field(), READING, VERDICT, VERDICT, made_by)
    slide = store.slides()[0]
    assert (slide.begun, slide.clock_synced) == ("2026-05-09T09:00:00.000Z", False)
    assert [field.number for field in store.slide(1).fields] == [1, 2, 3]


def test_ok__restart_finishes_interrupted_slides(tmp_path: Path) -> None:
    with examples.open_store(tmp_path) as store:
        add(store, 1)
        store.finish_slide(1, UNSURE, EndedBy.POWER_OFF)
        add(store, 2)
    with examples.open_store(tmp_path) as store:
        assert store.close_interrupted() == (2,)
        assert store.close_interrupted() == ()
        assert [s.ended_by for s in store.slides()] == [EndedBy.POWER_OFF, EndedBy.RESTART]
        assert store.slides()[1].verdict == VERDICT
        assert store.next_slide() == 3


def test_ok__every_row_carries_the_notice(store: RecordStore, tmp_path: Path) -> None:
    add(store, 1)
    with sqlite3.connect(tmp_path / "records.sqlite") as connection:
        for table in ("slides", "fields"):
            assert connection.execute(f"SELECT notice FROM {table}").fetchall() == [(NOTICE,)]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_ok__numbers_and_values_that_json_does_not_know(store: RecordStore) -> None:
    gate = Gate(GateName.FOCUS, math.nan, "", -math.inf, None)
    reading = replace(READING, gates=(gate,))
    odd = {"Lux": math.inf, "Crop": (1, 2), "Path": Path("x"), 3: [math.nan], "name": "\ud800"}
    field = Field(examples.field().rgb, 0.2, odd)  # type: ignore[arg-type]
    kept = store.add_field(1, field, reading, VERDICT, VERDICT, PROVENANCE)
    (read,) = store.slide(1).fields
    assert math.isnan(read.reading.gates[0].value)
    assert read.reading.gates[0].low == -math.inf
    as_json = {"Lux": "inf", "Crop": [1, 2], "Path": "x", "3": ["nan"], "name": "\ud800"}
    assert read.metadata == kept.metadata == as_json


def test_ok__numpy_numbers(store: RecordStore) -> None:
    verdict = replace(
        VERDICT,
        confidence=np.float32(0.5),
        white_cells=np.int64(2),
        evidence=FieldEvidence((np.float32(0.2),) * 5),
    )
    store.add_field(1, examples.field(), READING, verdict, verdict, PROVENANCE)
    assert store.slides()[0].verdict.confidence == 0.5


def test_fail__unknown_slide(store: RecordStore) -> None:
    with pytest.raises(UnknownSlideError, match="no slide S0042"):
        store.slide(42)
    with pytest.raises(UnknownSlideError, match="S0001 has no field"):
        store.finish_slide(1, VERDICT, EndedBy.PERSON)


def test_fail__finished_slide(store: RecordStore) -> None:
    add(store, 1)
    store.finish_slide(1, VERDICT, EndedBy.PERSON)
    with pytest.raises(StoreError, match="S0001 is finished"):
        add(store, 1)
    with pytest.raises(StoreError, match="S0001 is finished"):
        store.finish_slide(1, VERDICT, EndedBy.PERSON)
    assert store.slide(1).slide.fields_kept == 1


def test_fail__slide_out_of_turn(store: RecordStore) -> None:
    with pytest.raises(StoreError, match="S0002 is not the next slide: that is S0001"):
        add(store, 2)


def test_fail__two_writers(store: RecordStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="another Leukoscope process"):
        examples.open_store(tmp_path)
    store.close()
    examples.open_store(tmp_path).close()


def test_fail__root_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(StoreError, match="can't keep records"):
        examples.open_store(path)


def test_fail__closed(tmp_path: Path) -> None:
    store = examples.open_store(tmp_path)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.slides()


def test_ok__reader_beside_a_writer(store: RecordStore, tmp_path: Path) -> None:
    with RecordReader(tmp_path) as reader:
        assert reader.slides() == []
        kept = add(store, 1)
        assert reader.slide(1).fields == (kept,)


def test_ok__reader_where_there_is_nothing(tmp_path: Path) -> None:
    with RecordReader(tmp_path / "absent") as reader:
        assert reader.slides() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("writer_runs", [True, False])
def test_ok__reader_who_may_not_write(writer_runs: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:  # unlike tmp_path, one that others may enter
        root = Path(folder)
        with examples.open_store(root) as store:
            add(store, 1)
            root.chmod(0o555)
            if writer_runs:
                assert slides_seen_by_another_user(root) == 1
        if not writer_runs:
            assert slides_seen_by_another_user(root) == 1
        root.chmod(0o755)


def slides_seen_by_another_user(root: Path) -> int:
    """Count the slides in a process that has no right to write in `root`."""
    child = os.fork()
    if child == 0:
        count = 99
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            count = len(RecordReader(root).slides())
        finally:
            os._exit(count)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_fail__picture_changed_missing_or_removed(store: RecordStore, tmp_path: Path) -> None:
    kept = add(store, 1)
    path = tmp_path / kept.picture
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(StoreError, match="SHA-256 differs"):
        store.load_picture(kept)
    path.unlink()
    with pytest.raises(StoreError, match="missing"):
        store.load_picture(kept)
    with pytest.raises(StoreError, match="removed to make room"):
        store.load_picture(replace(kept, picture_removed=True))


def test_fail__record_that_is_no_reading(store: RecordStore, tmp_path: Path) -> None:
    add(store, 1)
    with sqlite3.connect(tmp_path / "records.sqlite") as connection:
        connection.execute("UPDATE fields SET reading = ?", (json.dumps({"gates": 1}),))
    with pytest.raises(StoreError, match="a record of slide 1 can't be read"):
        store.slide(1)
    assert len(store.slides()) == 1


def test_fail__database_refuses_and_the_picture_goes(store: RecordStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        store.add_field(
            1,
            examples.field(),
            READING,
            VERDICT,
            VERDICT,
            replace(PROVENANCE, model_name=None),  # type: ignore[arg-type]
        )
    assert list(tmp_path.rglob("*.png")) == []
    assert store.slides() == []
    assert add(store, 1).record == 1
