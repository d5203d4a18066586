"""Readings and verdicts come back from JSON as they were."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from leukoscope.reading.cell_types import CellType
from leukoscope.reading.results import FieldReading, Pattern, Reason, Verdict
from leukoscope.reading.wording import brief_text, outcome_text
from leukoscope.records.codec import (
    dump,
    reading_from_json,
    reading_to_json,
    verdict_from_json,
    verdict_to_json,
)

from tests.records import examples
from tests.records.examples import AML, NOTHING, READ_CELLS, READING, VERDICT


@given(examples.readings)
def test_ok__reading_round_trip(reading: FieldReading) -> None:
    assert reading_from_json(json.loads(dump(reading_to_json(reading)))) == reading


@given(examples.verdicts)
def test_ok__verdict_round_trip(verdict: Verdict) -> None:
    assert verdict_from_json(json.loads(dump(verdict_to_json(verdict)))) == verdict


def test_ok__cell_that_was_read() -> None:
    first = reading_to_json(READ_CELLS)["white_cells"][0]
    assert first["type"] == "myeloblast"
    assert first["types"]["myeloblast"] == 0.78
    assert first["measurements"]["nuclear_area"] == 95.2
    assert set(reading_to_json(READING)["white_cells"][0]) == {
        "x0",
        "y0",
        "x1",
        "y1",
        "nucleus_um2",
    }


def test_ok__verdict_on_cells() -> None:
    value = verdict_to_json(AML)
    assert value["finding"] == "65 % blasts of 105"
    assert value["differential"]["myeloblast"] == 58.5
    assert value["control"] == "uncontrolled"
    plain = verdict_to_json(VERDICT)
    assert (plain["finding"], plain["differential"], plain["control"]) == (None, None, None)


STORED = {
    "a differential": (
        AML,
        '{"headline":"AML","label":"AML","pattern":"acute","confidence":0.71,"pattern_confidence":0.962,'
        '"probabilities":{"normal":0.02,"ALL":0.25,"AML":0.71,"CML":0.01,"CLL":0.01},"white_cells":109,'
        '"fields":5,"reason":null,"finding":"65 % blasts of 105","differential":{"neutrophil":24.0,'
        '"eosinophil":0.0,"basophil":0.0,"lymphocyte":12.5,"monocyte":0.0,"lymphoblast":0.0,'
        '"myeloblast":58.5,"promyelocyte":10.0,"myelocyte":0.0,"atypical lymphocyte":0.0,'
        '"smudge cell":0.0,"artefact":4.0},"control":"uncontrolled"}',
    ),
    "fields": (
        VERDICT,
        '{"headline":"ALL","label":"ALL","pattern":"acute","confidence":0.81,"pattern_confidence":0.91,'
        '"probabilities":{"normal":0.03,"ALL":0.81,"AML":0.1,"CML":0.04,"CLL":0.02},"white_cells":2,'
        '"fields":1,"reason":null,"finding":null,"differential":null,"control":null}',
    ),
    "nothing": (
        NOTHING,
        '{"headline":"inconclusive","label":null,"pattern":null,"confidence":0.0,'
        '"pattern_confidence":0.0,"probabilities":{},"white_cells":0,"fields":0,'
        '"reason":"no field could be read","finding":null,"differential":null,"control":null}',
    ),
}
"""Verdicts by what they stand on, and the text that release 0.1.0 stored of each."""


@pytest.mark.parametrize("evidence", STORED)
def test_ok__verdict_is_stored_as_it_always_was(evidence: str) -> None:
    verdict, text = STORED[evidence]
    # 0.1.0 had no erythroblasts.
    assert dump(verdict_to_json(verdict)).replace(',"erythroblast":0.0', "") == text
    assert verdict_from_json(json.loads(text)) == verdict


def test_ok__verdict_from_before_cells_were_read() -> None:
    value = verdict_to_json(VERDICT)
    for key in ("finding", "differential", "control"):
        del value[key]
    assert verdict_from_json(value) == VERDICT


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ("under 50 cells", Reason.FEW_CELLS),
        ("under 50 cells: go on", Reason.FEW_CELLS),
        ("many artefacts: go on", Reason.ARTEFACTS),
    ],
)
def test_ok__reason_as_an_older_version_wrote_it(stored: str, reason: Reason) -> None:
    value = verdict_to_json(AML) | {"reason": stored}
    assert verdict_from_json(value).reason is reason


def test_ok__cll_as_an_older_version_wrote_it() -> None:
    """It is shown as the class that it was."""
    value = verdict_to_json(AML) | {"headline": "CLL", "label": "CLL", "pattern": "CLL"}
    verdict = verdict_from_json(value)
    assert verdict.pattern is Pattern.LYMPHOCYTOSIS
    assert (outcome_text(verdict), brief_text(verdict)) == ("CLL 0.96", "CLL 0.71")
    unnamed = verdict_from_json(value | {"label": None})
    assert outcome_text(unnamed) == "LYMPHOCYTOSIS 0.96 - CLL or reactive: not told apart"


def test_ok__no_leukaemia_seen_is_no_pattern() -> None:
    verdict = replace(AML, label=None, pattern=None, reason=Reason.NOT_CONTROLLED)
    value = verdict_to_json(verdict)
    assert (value["headline"], value["label"], value["pattern"], value["reason"]) == (
        "no leukaemia seen",
        None,
        None,
        "no valid control slide",
    )
    assert verdict_from_json(value) == verdict


def test_ok__erythroblasts_are_absent_from_older_records() -> None:
    verdict, cells = verdict_to_json(AML), reading_to_json(READ_CELLS)
    del verdict["differential"]["erythroblast"]
    for cell in cells["white_cells"]:
        cell.get("types", {}).pop("erythroblast", None)
    counts = {row.cell_type: row.count for row in verdict_from_json(verdict).evidence.rows()}
    assert counts[CellType.ERYTHROBLAST] == 0
    assert all(
        not cell.types or cell.types[-1] == 0 for cell in reading_from_json(cells).white_cells
    )


def test_fail__name_is_missing_from_a_differential() -> None:
    value = verdict_to_json(AML)
    del value["differential"]["neutrophil"]
    with pytest.raises(KeyError):
        verdict_from_json(value)


@pytest.mark.parametrize("key", ["types", "measurements"])
def test_fail__name_is_missing_from_a_cell(key: str) -> None:
    value = reading_to_json(READ_CELLS)
    value["white_cells"][0][key].pop(next(iter(value["white_cells"][0][key])))
    with pytest.raises(KeyError):
        reading_from_json(value)
