"""Exports, tables and the picture of a slide."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from device.errors import StoreError
from device.reading.results import LABELS, NOTICE, Window
from device.records.codec import reading_from_json, verdict_from_json
from device.records.export import COLUMNS, export_csv, export_json
from device.records.picture import slide_picture
from device.records.reader import RecordReader
from device.records.record import EndedBy, FieldRecord
from device.records.store import RecordStore
from device.records.text import slide_text, slides_table
from tests.records import examples
from tests.records.examples import NOTHING, PROVENANCE, READING, REFUSED, SIMULATED, UNSURE, VERDICT


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    """A finished slide with a read and a refused field, and a simulated one that goes on."""
    unsynced = replace(SIMULATED, clock_synced=False, calibration_sha256=None)
    with examples.open_store(tmp_path) as opened:
        opened.add_field(1, examples.field(), READING, VERDICT, VERDICT, PROVENANCE)
        opened.add_field(1, examples.field(), REFUSED, None, UNSURE, PROVENANCE)
        opened.finish_slide(1, UNSURE, EndedBy.PERSON)
        opened.add_field(2, examples.field(), REFUSED, None, NOTHING, unsynced)
        yield opened


def json_of(reader: RecordReader) -> dict:
    stream = io.StringIO()
    export_json(reader, stream)
    return json.loads(stream.getvalue())


def csv_of(reader: RecordReader) -> list[dict[str, str]]:
    stream = io.StringIO()
    export_csv(reader, stream)
    return list(csv.DictReader(io.StringIO(stream.getvalue())))


def test_ok__json_holds_everything(store: RecordStore) -> None:
    exported = json_of(store)
    assert exported["notice"] == NOTICE
    assert [slide["slide"] for slide in exported["slides"]] == ["S0001", "S0002"]
    for number, slide in enumerate(exported["slides"], start=1):
        report = store.slide(number)
        assert slide["notice"] == NOTICE
        assert slide["simulated"] == report.slide.simulated
        assert verdict_from_json(slide["verdict"]) == report.slide.verdict
        for values, field in zip(slide["fields"], report.fields, strict=True):
            assert reading_from_json(values) == field.reading
            assert verdict_from_json(values["slide_verdict"]) == field.slide_verdict
            assert values["picture_sha256"] == field.picture_sha256
            assert values["camera_metadata"] == field.metadata
            for name, value in vars(field.provenance).items():
                assert values[name] == value


def test_ok__json_of_nothing(tmp_path: Path) -> None:
    with RecordReader(tmp_path) as reader:
        assert json_of(reader)["slides"] == []


def test_ok__csv_has_a_row_for_each_field_and_slide(store: RecordStore) -> None:
    rows = csv_of(store)
    assert [(row["kind"], row["slide"], row["field"]) for row in rows] == [
        ("field", "S0001", "1"),
        ("field", "S0001", "2"),
        ("slide", "S0001", ""),
        ("field", "S0002", "1"),
        ("slide", "S0002", ""),
    ]
    assert all(row["notice"] == NOTICE for row in rows)
    assert [row["simulated"] for row in rows] == ["false"] * 3 + ["true"] * 2
    read, refused, slide, *_ = rows
    assert read["headline"] == "ALL"
    assert [float(read[f"p_{label}"]) for label in LABELS] == list(examples.PROBABILITIES)
    assert (read["gate_focus_value"], read["gate_focus_passed"]) == ("1.31", "true")
    assert json.loads(read["camera_metadata"])["ExposureTime"] == 1200
    assert (refused["headline"], refused["refused_by"]) == ("", "focus")
    assert (refused["gate_focus_passed"], refused["gate_white_cells_value"]) == ("false", "")
    assert (slide["headline"], slide["ended_by"]) == ("acute", "person")


def test_ok__csv_of_nothing_is_its_header(tmp_path: Path) -> None:
    stream = io.StringIO()
    with RecordReader(tmp_path) as reader:
        export_csv(reader, stream)
    assert stream.getvalue() == ",".join(COLUMNS) + "\n"


def test_ok__table_of_slides(store: RecordStore) -> None:
    assert slides_table(store.slides()) == (
        "SLIDE  BEGUN (UTC)         VERDICT       CONF.  CELLS  FIELDS         ENDED BY\n"
        "S0001  2026-05-09 07:35    acute         91%    37     2 (1 refused)  person\n"
        "S0002  2026-05-09 07:35 ?  inconclusive  -      0      1 (1 refused)  not finished"
        "  SIMULATED\n"
        "\n?: the clock was not set\nResearch instrument. Not a diagnosis.\n"
    )
    assert NOTICE in slides_table([])


def test_ok__text_of_a_slide(store: RecordStore) -> None:
    text = slide_text(store.slide(1))
    assert text.startswith("S0001  acute\nacute: ALL or AML?, confidence 91%, 37 of 100")
    assert "ALL ################      81.0 %" in text
    assert "Field 2: refused: OUT OF FOCUS, turn the fine knob" in text
    assert "FAIL  focus     0.31 µm" in text
    assert store.slide(1).fields[0].picture_sha256 in text
    assert text.endswith(f"{NOTICE}\n")
    assert "SIMULATED" not in text
    simulated = slide_text(store.slide(2))
    assert simulated.startswith("S0002  inconclusive  SIMULATED\n")
    assert "not calibrated" in simulated


def has_colour(image: Image.Image, colour: tuple[int, int, int]) -> bool:
    return bool((np.asarray(image) == colour).all(axis=2).any())


def test_ok__picture_boxes_cells_and_outlines_the_window(store: RecordStore) -> None:
    image = slide_picture(store.slide(1), store.load_picture)
    assert image.mode == "RGB"
    assert has_colour(image, (255, 212, 0))
    assert has_colour(image, (0, 200, 255))
    simulated = slide_picture(store.slide(2), store.load_picture)
    assert not has_colour(simulated, (255, 212, 0)), "no cells in a refused field"


def test_ok__simulated_stands_on_the_picture(store: RecordStore) -> None:
    report = store.slide(1)
    marked = replace(report, slide=replace(report.slide, simulated=True))
    header = (0, 0, 600, 70)
    plain = slide_picture(report, store.load_picture).crop(header)
    assert not has_colour(plain, (179, 38, 30))
    assert has_colour(slide_picture(marked, store.load_picture).crop(header), (179, 38, 30))


def test_ok__picture_that_is_gone(store: RecordStore) -> None:
    def gone(field: FieldRecord) -> Image.Image:
        raise StoreError(f"{field.picture}: picture removed to make room")

    report = store.slide(1)
    assert slide_picture(report, gone).size == slide_picture(report, store.load_picture).size


@pytest.mark.parametrize("count", [1, 2, 5, 14])
@pytest.mark.parametrize(("width", "height"), [(64, 48), (64, 160), (300, 64)])
def test_ok__any_number_and_shape_of_fields(
    tmp_path: Path, count: int, width: int, height: int
) -> None:
    with examples.open_store(tmp_path) as store:
        for _ in range(count):
            store.add_field(
                1,
                examples.field(width, height),
                replace(READING, window=Window(0, 0, width, height)),
                VERDICT,
                VERDICT,
                PROVENANCE,
            )
        report = store.slide(1)
    assert slide_picture(report, lambda field: Image.new("RGB", (width, height))).width > 600
