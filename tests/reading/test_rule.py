"""The rule: a differential in, a verdict out, surer the more cells it stands on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.differential import ABNORMAL, Differential, differential_of
from leukoscope.reading.results import (
    LABELS,
    FieldReading,
    Pattern,
    QcState,
    Reason,
    WhiteCell,
)
from leukoscope.reading.rule import ReaderErrors, class_probabilities, judge
from leukoscope.reading.thresholds import Thresholds
from leukoscope.reading.wording import finding_text

EXACT = ReaderErrors(
    blast_sensitivity=1.0,
    false_blasts=0.0,
    effective_cells=1e6,
    lymphoblast_share=0.5,
    lymphoblast_spread=0.05,
)
THRESHOLDS = Thresholds(label=0.5, pattern=0.6)

N, L, M, E = CellType.NEUTROPHIL, CellType.LYMPHOCYTE, CellType.MONOCYTE, CellType.EOSINOPHIL
LB, MB, PM = CellType.LYMPHOBLAST, CellType.MYELOBLAST, CellType.PROMYELOCYTE
MY, AT, ART = CellType.MYELOCYTE, CellType.ATYPICAL_LYMPHOCYTE, CellType.ARTEFACT

NORMAL = {N: 60, L: 28, M: 8, E: 4}
SLIDES = {
    "normal": NORMAL,
    "ALL": {LB: 80, L: 15, N: 5},
    "AML": {MB: 50, PM: 12, L: 20, N: 15, M: 3},
    "CML": {N: 60, MY: 25, CellType.BASOPHIL: 6, E: 4, MB: 3, L: 2},
    "CLL": {AT: 80, L: 12, N: 8},
}
"""A textbook slide of each class, of 100 cells."""


def reading(counts: dict[CellType, int]) -> FieldReading:
    """A field whose cells are surely of these types."""
    cells = []
    for cell_type, count in counts.items():
        types = tuple(float(one is cell_type) for one in CELL_TYPES)
        cells += [WhiteCell(0, 0, 9, 9, 50.0, None, types)] * count
    return FieldReading((), tuple(cells), None, (0.2,) * 5)


@pytest.mark.parametrize("label", LABELS)
def test_ok__a_textbook_slide_is_named(label: str) -> None:
    verdict = judge([reading(SLIDES[label])], THRESHOLDS, EXACT, QcState.VALID)
    assert (verdict.label, verdict.reason) == (label, None)
    assert verdict.probabilities[LABELS.index(label)] == max(verdict.probabilities) > 0.95
    assert verdict.white_cells == 100


@pytest.mark.parametrize("label", LABELS)
def test_ok__a_sample_of_it_is_less_sure(label: str) -> None:
    tenth = {cell_type: count / 10 for cell_type, count in SLIDES[label].items()}
    few = Differential(tuple(float(tenth.get(one, 0)) for one in CELL_TYPES))
    many = Differential(tuple(10 * count for count in few.counts))
    at = LABELS.index(label)
    assert class_probabilities(few, EXACT)[at] < class_probabilities(many, EXACT)[at]


def test_ok__what_was_seen_is_said() -> None:
    verdict = judge([reading(SLIDES["AML"])], THRESHOLDS, EXACT, QcState.VALID)
    assert finding_text(verdict) == "62 % blasts of 100"
    verdict = judge([reading(SLIDES["CLL"])], THRESHOLDS, EXACT, QcState.VALID)
    assert finding_text(verdict) == "92 % lymphoid of 100"


def test_ok__blasts_between_all_and_aml_are_not_told_apart() -> None:
    verdict = judge([reading({LB: 30, MB: 30, N: 20, L: 20})], Thresholds(0.7, 0.6), EXACT)
    assert (verdict.label, verdict.pattern) == (None, Pattern.ACUTE)
    assert verdict.reason is Reason.CLASS_UNSURE


def test_ok__no_number_of_cells_makes_all_or_aml_surer_than_patients_differ() -> None:
    errors = replace(EXACT, lymphoblast_spread=0.22)
    most = [
        judge([reading({LB: 30 * times, MB: 70 * times})], THRESHOLDS, errors).confidence
        for times in (1, 100)
    ]
    # 0.2 below the line is 0.91 standard deviations: Phi(0.91) = 0.82.
    assert most == pytest.approx([0.82, 0.82], abs=0.03)


def test_ok__few_cells_ask_for_more_fields() -> None:
    verdict = judge([reading({N: 25, L: 12})], THRESHOLDS, EXACT)
    assert verdict.reason is Reason.FEW_CELLS


def test_ok__many_artefacts_ask_for_more_fields() -> None:
    verdict = judge([reading({**NORMAL, ART: 150})], THRESHOLDS, EXACT)
    assert verdict.reason is Reason.ARTEFACTS


def test_ok__artefacts_and_smudge_cells_are_not_counted() -> None:
    plain = judge([reading(NORMAL)], THRESHOLDS, EXACT)
    dirty = judge([reading({**NORMAL, ART: 20, CellType.SMUDGE: 9})], THRESHOLDS, EXACT)
    assert plain.probabilities == dirty.probabilities
    assert dirty.white_cells == 100


def test_ok__without_a_control_the_thresholds_are_stricter() -> None:
    blasts = {MB: 24, N: 40, L: 36}
    controlled, not_controlled = (
        judge([reading(blasts)], Thresholds(0.5, 0.8), EXACT, control)
        for control in (QcState.VALID, QcState.UNCONTROLLED)
    )
    assert controlled.pattern is Pattern.ACUTE
    assert not_controlled.pattern is None
    assert not_controlled.probabilities == controlled.probabilities
    assert not_controlled.qc is QcState.UNCONTROLLED


def test_ok__a_control_takes_away_what_the_reader_sees_in_normal_blood() -> None:
    types = dict.fromkeys(CELL_TYPES, 0.0) | {MB: 0.6, M: 0.4}
    cell = WhiteCell(0, 0, 9, 9, 50.0, None, tuple(types.values()))
    field = FieldReading((), (cell,) * 60, None, (0.2,) * 5)
    baseline = dict.fromkeys(ABNORMAL, 0.0) | {"blasts": 0.4}
    assert judge([field], THRESHOLDS, EXACT).pattern is Pattern.ACUTE
    corrected = judge([field], THRESHOLDS, EXACT, QcState.VALID, baseline)
    assert corrected.pattern is Pattern.NORMAL
    # 0.6 times 0.02 over 0.4, against 0.4.
    assert differential_of([field], baseline).share(MB) == pytest.approx(0.03 / 0.43)


def test_ok__a_reader_that_takes_others_for_blasts_needs_more_of_them() -> None:
    slide = [reading({MB: 24, N: 40, L: 36})]
    wrong = ReaderErrors(0.8, 0.15, 1e6, 0.5, 0.05)
    assert judge(slide, THRESHOLDS, EXACT).pattern is Pattern.ACUTE
    assert judge(slide, THRESHOLDS, wrong).pattern is Pattern.NORMAL


def test_ok__no_field_no_verdict() -> None:
    verdict = judge([FieldReading((), (), None, None)], THRESHOLDS, EXACT)
    assert (verdict.label, verdict.pattern, verdict.reason) == (None, None, Reason.NO_FIELD)


@settings(max_examples=40)
@given(st.lists(st.floats(0, 400), min_size=12, max_size=12), st.floats(1, 1e4))
def test_ok__probabilities_sum_to_one_and_a_verdict_repeats(
    counts: list[float], effective: float
) -> None:
    errors = ReaderErrors(0.8, 0.1, effective, 0.4, 0.2)
    chances = class_probabilities(Differential(tuple(counts)), errors)
    assert sum(chances) == pytest.approx(1)
    assert min(chances) >= 0
    assert class_probabilities(Differential(tuple(counts)), errors) == chances


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_ok__fields_pool_as_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.ones(len(CELL_TYPES)), 9)
    cells = tuple(WhiteCell(0, 0, 9, 9, 50.0, None, tuple(map(float, row))) for row in rows)
    whole = FieldReading((), cells, None, (0.2,) * 5)
    parts = [FieldReading((), cells[i : i + 3], None, (0.2,) * 5) for i in (0, 3, 6)]
    assert np.allclose(differential_of([whole]).counts, differential_of(parts).counts)
