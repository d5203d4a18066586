"""The slide on the stage: what it knows, and what of it is in the records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from leukoscope.appliance.open_slide import OpenSlide
from leukoscope.errors import StoreError
from leukoscope.field import Field
from leukoscope.microscope.microscope import Microscope
from leukoscope.reading.cell_types import CellType
from leukoscope.reading.wording import seen_text
from leukoscope.records.record import EndedBy
from leukoscope.records.store import RecordStore
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.microscope import SimulatedCamera, SimulatedLight
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Stage

from tests.appliance.simulated import StubCellModel, StubReader, surely
from tests.records import examples


@pytest.fixture(scope="module")
def field() -> Field:
    """A field with white cells."""
    stage = Stage(SmearSlide(Diagnosis.ALL, 1))
    light = SimulatedLight(stage)
    camera = SimulatedCamera(stage, light, width=507, height=380, um_per_px=0.31, timeout_s=1.0)
    return Microscope(light, camera, 1, None).capture()


@pytest.fixture
def dark(field: Field) -> Field:
    """A field that the light gate refuses."""
    return replace(field, rgb=np.zeros_like(field.rgb))


@pytest.fixture
def slide() -> OpenSlide:
    return OpenSlide(1, lambda: examples.SIMULATED, lambda: None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    with RecordStore(tmp_path, min_free_bytes=0) as opened:
        yield opened


class BrokenStore:
    def add_field(self, *given: object) -> None:
        raise StoreError("the disk broke")


def test_ok__new_slide_is_inconclusive(slide: OpenSlide, store: RecordStore) -> None:
    assert slide.name == "S0001"
    assert slide.verdict.headline == "inconclusive"
    assert not slide.waits
    assert not slide.in_records
    slide.finish(store, EndedBy.PERSON)
    assert store.slides() == []
    with pytest.raises(IndexError):
        _ = slide.last


def test_ok__refused_field_is_kept_and_is_no_evidence(
    slide: OpenSlide, store: RecordStore, field: Field, dark: Field
) -> None:
    slide.read(field, StubReader())
    slide.read(dark, StubReader())
    assert slide.last.failed_gate is not None
    assert (slide.verdict.label, slide.verdict.fields) == ("ALL", 1)
    assert slide.last_verdict.label is None
    slide.finish(store, EndedBy.PERSON)
    report = store.slide(1)
    assert [kept.verdict is None for kept in report.fields] == [False, True]
    assert report.slide.verdict == slide.verdict
    assert report.slide.ended_by is EndedBy.PERSON


def test_ok__each_record_holds_the_verdict_of_its_time(
    slide: OpenSlide, store: RecordStore, field: Field
) -> None:
    """Even those that waited for the store."""
    reader = StubReader()
    for cell_type in (CellType.LYMPHOCYTE, CellType.LYMPHOBLAST):
        reader.model.answer = surely(cell_type)
        slide.read(field, reader)
    with pytest.raises(StoreError):
        slide.record(BrokenStore())
    assert slide.waits
    slide.record(store)
    assert not slide.waits
    assert slide.in_records
    first, second = store.slide(1).fields
    assert seen_text(first.slide_verdict) == f"0 % blasts of {first.slide_verdict.white_cells}"
    assert seen_text(second.slide_verdict) == f"50 % blasts of {second.slide_verdict.white_cells}"
    assert (first.slide_verdict.fields, second.slide_verdict.fields) == (1, 2)
    slide.record(store)  # nothing waits: nothing is added
    assert len(store.slide(1).fields) == 2


def test_fail__model_that_breaks_loses_no_field(
    slide: OpenSlide, store: RecordStore, field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: StubCellModel, picture: object, geometry: object) -> tuple[float, ...]:
        raise ZeroDivisionError

    monkeypatch.setattr(StubCellModel, "run", fail)
    with pytest.raises(ZeroDivisionError):
        slide.read(field, StubReader())
    assert slide.waits
    slide.finish(store, EndedBy.POWER_OFF)
    report = store.slide(1)
    assert np.array_equal(np.asarray(store.load_picture(report.fields[0])), field.rgb)
    assert report.fields[0].reading.gates == ()


def test_ok__goes_on_under_another_number(
    slide: OpenSlide, store: RecordStore, field: Field
) -> None:
    slide.read(field, StubReader())
    slide.record(store)
    slide.read(field, StubReader())
    slide.move_to(2)
    assert (slide.name, slide.verdict.fields) == ("S0002", 1)
    slide.finish(store, EndedBy.PERSON)
    assert [(s.name, s.fields_kept) for s in store.slides()] == [("S0001", 1), ("S0002", 1)]
