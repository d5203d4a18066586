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
from leukoscope.errors import StoreError
from leukoscope.notice import NOTICE
from leukoscope.reading.results import LABELS, Pattern, QcState, Reason, Window
from leukoscope.records.codec import reading_from_json, verdict_from_json
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import EndedBy, FieldRecord, SlideReport
from leukoscope.records.store import RecordStore
from leukoscope.reports.export import COLUMNS, export_csv, export_json
from leukoscope.reports.slide_picture import LoadPicture, draw_page, pages_of
from leukoscope.reports.slide_text import slide_text, slides_table
from PIL import Image

from tests.records import examples
from tests.records.examples import (
    AML,
    NOTHING,
    PROVENANCE,
    READ_CELLS,
    READING,
    REFUSED,
    SIMULATED,
    UNSURE,
    VERDICT,
)


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


@pytest.fixture
def cell_store(tmp_path: Path) -> Iterator[RecordStore]:
    """A finished slide with one field, whose cells were read."""
    with examples.open_store(tmp_path) as opened:
        opened.add_field(1, examples.field(), READ_CELLS, AML, AML, PROVENANCE)
        opened.finish_slide(1, AML, EndedBy.PERSON)
        yield opened


def first_page(report: SlideReport, load: LoadPicture) -> Image.Image:
    pages = pages_of(report)
    return draw_page(report, pages[0], len(pages), load)


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
    assert slides_table(store.slides(), {2: "OUT OF FOCUS"}) == (
        "SLIDE  BEGUN (UTC)        VERDICT       CELLS  FIELDS  WHY\n"
        "S0001  2026-05-09 07:35   acute 0.91       37  1/2     ALL or AML?\n"
        "S0002  2026-05-09 07:35?  inconclusive      0  0/1*    OUT OF FOCUS  SIMULATED\n"
        "\n?: the clock was not set; 1/2: of 2 fields 1 was read, 1 refused; *: not finished\n"
        "Research instrument. Not a diagnosis.\n"
    )
    assert NOTICE in slides_table([], {})


@pytest.mark.parametrize("reason", Reason)
def test_ok__table_of_slides_fits_a_terminal(cell_store: RecordStore, reason: Reason) -> None:
    """Of 80 columns; with the longest verdict, the simulated mark and 70 fields."""
    (slide,) = cell_store.slides()
    verdict = replace(AML, label=None, pattern=None, reason=reason)
    long = replace(slide, verdict=verdict, simulated=True, fields_kept=70, fields_refused=2)
    going_on = replace(long, ended_by=None, clock_synced=False)
    for line in slides_table([long, going_on], {}).splitlines()[1:3]:
        assert len(line) <= 80
        assert line.endswith("SIMULATED")
        assert "105" not in line, "cells are those of the verdict"


def test_ok__text_of_a_slide(store: RecordStore) -> None:
    text = slide_text(store.slide(1))
    assert text.startswith("S0001  acute\nacute: ALL or AML?, confidence 0.91, 37 of 100")
    assert "ALL ################     0.81" in slide_text(store.slide(2)) + text
    assert text.splitlines()[-5:-2] == [
        "FIELD  VERDICT                CELLS",
        "    1  ALL 0.81                   2",
        "    2  refused: OUT OF FOCUS      -",
    ]
    assert "fields: 2 (1 refused: OUT OF FOCUS)" in text
    assert text.endswith(f"{NOTICE}\n")
    assert "SIMULATED" not in text
    simulated = slide_text(store.slide(2))
    assert simulated.startswith("S0002  inconclusive  SIMULATED\n")
    assert "UTC, not finished, not calibrated" in simulated
    assert "not calibrated" not in text


def test_ok__text_of_a_slide_with_all_of_its_fields(store: RecordStore) -> None:
    text = slide_text(store.slide(1), fields=True)
    assert "Field 2: refused: OUT OF FOCUS, turn the fine knob" in text
    assert "FAIL  focus     0.31 µm" in text
    assert store.slide(1).fields[0].picture_sha256 in text
    assert "not calibrated" in slide_text(store.slide(2), fields=True)


@pytest.mark.parametrize("count", [1, 7, 8, 70])
def test_ok__text_of_a_slide_fits_a_screen(cell_store: RecordStore, count: int) -> None:
    report = cell_store.slide(1)
    verdict = replace(AML, label=None, pattern=None, reason=Reason.LOW_CONFIDENCE)
    (field,) = report.fields
    unsure = replace(field, verdict=replace(verdict, label=None, pattern=None))
    refused = replace(field, reading=REFUSED, verdict=None)
    fields = (refused, *(replace(unsure, number=n) for n in range(2, count + 1)))
    slide = replace(report.slide, fields_kept=count, fields_refused=1, verdict=verdict)
    lines = slide_text(SlideReport(slide, fields)).splitlines()
    assert len(lines) < 23
    assert max(map(len, lines)) <= 80


def has_colour(image: Image.Image, colour: tuple[int, int, int]) -> bool:
    return bool((np.asarray(image) == colour).all(axis=2).any())


def test_ok__picture_boxes_cells_and_outlines_the_window(store: RecordStore) -> None:
    image = first_page(store.slide(1), store.load_picture)
    assert image.mode == "RGB"
    assert has_colour(image, (255, 212, 0))
    assert has_colour(image, (0, 200, 255))
    simulated = first_page(store.slide(2), store.load_picture)
    assert not has_colour(simulated, (255, 212, 0)), "no cells in a refused field"


def test_ok__simulated_stands_on_the_picture(store: RecordStore) -> None:
    report = store.slide(1)
    marked = replace(report, slide=replace(report.slide, simulated=True))
    header = (0, 0, 600, 70)
    plain = first_page(report, store.load_picture).crop(header)
    assert not has_colour(plain, (179, 38, 30))
    assert has_colour(first_page(marked, store.load_picture).crop(header), (179, 38, 30))


def test_ok__picture_that_is_gone(store: RecordStore) -> None:
    def gone(field: FieldRecord) -> Image.Image:
        raise StoreError(f"{field.picture}: picture removed to make room")

    report = store.slide(1)
    assert first_page(report, gone).size == first_page(report, store.load_picture).size


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
    pages = pages_of(report)
    assert [field for page in pages for field in page.fields] == list(report.fields)
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        drawn = draw_page(report, page, len(pages), lambda field: Image.new("RGB", (width, height)))
        assert drawn.width > 600
        assert drawn.height <= 2000 or len(page.fields) <= 3


def test_ok__csv_of_cells(cell_store: RecordStore) -> None:
    field, slide = csv_of(cell_store)
    for row in (field, slide):
        assert (row["headline"], row["finding"]) == ("AML", "65 % blasts of 105")
        assert row["control"] == "uncontrolled"
        assert (row["n_myeloblast"], row["n_lymphocyte"]) == ("58.5", "12.5")
        assert row["n_atypical_lymphocyte"] == "0.0"


def test_ok__csv_of_fields_leaves_the_columns_of_cells_empty(store: RecordStore) -> None:
    for row in csv_of(store):
        assert (row["finding"], row["control"], row["n_neutrophil"]) == ("", "", "")


def test_ok__old_columns_are_where_they_were() -> None:
    assert COLUMNS.index("kind") == 0
    assert COLUMNS[COLUMNS.index("notice") + 1 :][:3] == ("finding", "control", "n_neutrophil")


def test_ok__text_of_cells(cell_store: RecordStore) -> None:
    lines = slide_text(cell_store.slide(1)).splitlines()
    assert lines[:2] == ["S0001  ACUTE 0.96  UNCONTROLLED", "AML 0.71 - 65 % blasts of 105"]
    assert "     TYPE                 COUNT  SHARE      normal                      0.02" in lines
    assert any(line.startswith("MBL  myeloblast            58.5   56 %") for line in lines)
    assert "ART  artefact               4.0      -" in lines
    assert "     white cells (n)      105.0  100 %" in lines
    assert [line[42:] for line in lines[10:13]] == [
        "",
        "FIELD  VERDICT   CELLS",
        "    1  AML 0.71      2",
    ]
    whole = slide_text(cell_store.slide(1), fields=True)
    assert "Field 1: ACUTE 0.96 - AML 0.71\n" in whole
    assert "    white cells 2 (2 MBL), not counted: 1 ART, " in whole


@pytest.mark.parametrize(
    ("changes", "first", "second"),
    [
        (
            {"label": None, "reason": Reason.CLASS_UNSURE, "qc": QcState.VALID},
            "S0001  ACUTE 0.96",
            "ALL or AML: not told apart - 65 % blasts of 105",
        ),
        (
            {"label": None, "pattern": None, "reason": Reason.FEW_CELLS},
            "S0001  INCONCLUSIVE  UNCONTROLLED",
            "too few cells - 65 % blasts of 105",
        ),
        (
            {"label": None, "pattern": None, "reason": Reason.LOW_CONFIDENCE},
            "S0001  INCONCLUSIVE  UNCONTROLLED",
            "confidence too low 0.71 - 65 % blasts of 105",
        ),
        (
            {"label": None, "pattern": None, "reason": Reason.NOT_CONTROLLED},
            "S0001  NO LEUKAEMIA SEEN  UNCONTROLLED",
            "no valid control slide - 65 % blasts of 105",
        ),
        (
            {"label": None, "pattern": Pattern.LYMPHOCYTOSIS},
            "S0001  LYMPHOCYTOSIS 0.96  UNCONTROLLED",
            "CLL or reactive: not told apart - 12 % lymphoid of 105",
        ),
        (
            {"label": "normal", "pattern": Pattern.NORMAL, "qc": QcState.DRIFTED},
            "S0001  NORMAL 0.96  CONTROL DRIFTED",
            "65 % blasts of 105",
        ),
        (
            {"label": "CML", "pattern": Pattern.CML, "pattern_confidence": 1.0},
            "S0001  CML 0.99  UNCONTROLLED",
            "32 % granulocytes of 105",
        ),
    ],
)
def test_ok__two_lines_of_a_verdict_on_cells(
    cell_store: RecordStore, changes: dict[str, object], first: str, second: str
) -> None:
    report = cell_store.slide(1)
    verdict = replace(AML, **changes)
    text = slide_text(replace(report, slide=replace(report.slide, verdict=verdict)))
    assert text.splitlines()[:2] == [first, second]


def test_ok__picture_of_cells(cell_store: RecordStore) -> None:
    report = cell_store.slide(1)
    drawn = first_page(report, cell_store.load_picture)
    assert has_colour(drawn.crop((0, 400, *drawn.size)), (255, 77, 66)), "a blast's box"
    assert has_colour(drawn.crop((0, 0, 592, 80)), (179, 38, 30)), "UNCONTROLLED"
    unread = replace(report, fields=(replace(report.fields[0], reading=READING),))
    plain = first_page(unread, cell_store.load_picture)
    assert not has_colour(plain.crop((0, 400, *plain.size)), (255, 77, 66))


def test_ok__cells_at_every_edge_have_their_labels(cell_store: RecordStore) -> None:
    report = cell_store.slide(1)
    (field,) = report.fields
    cell = READ_CELLS.white_cells[0]
    corners = tuple(replace(cell, x0=x, x1=x + 4, y0=y, y1=y + 4) for x in (0, 60) for y in (0, 60))
    moved = replace(field, reading=replace(READ_CELLS, white_cells=corners))
    assert first_page(replace(report, fields=(moved,)), cell_store.load_picture).width > 600
