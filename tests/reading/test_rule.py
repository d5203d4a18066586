"""The rule: a differential in, a verdict out, surer the more cells it stands on."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.differential import ABNORMAL, Differential, differential_of
from leukoscope.reading.pattern_posterior import class_probabilities, probabilities_of
from leukoscope.reading.reader_errors import Rate, ReaderErrors
from leukoscope.reading.results import (
    LABELS,
    PATTERN_OF_LABEL,
    FieldReading,
    Pattern,
    QcState,
    Reason,
    WhiteCell,
)
from leukoscope.reading.rule import judge
from leukoscope.reading.thresholds import Thresholds
from leukoscope.reading.wording import finding_text

EXACT = ReaderErrors(
    blast_sensitivity=1.0,
    blast_sensitivity_spread=0.0,
    false_blasts=0.0,
    false_blasts_spread=0.0,
    effective_cells=1e6,
    lymphoblast_share=0.5,
    lymphoblast_spread=0.05,
    laboratories=dict.fromkeys(LABELS, 2),
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

CARD = replace(
    EXACT,
    blast_sensitivity=0.75,
    blast_sensitivity_spread=0.1,
    false_blasts=0.12,
    false_blasts_spread=0.1,
    effective_cells=100.0,
)
"""Errors of the size that a real reader has."""
BASELINE = dict.fromkeys(ABNORMAL, 0.0) | {"blasts": 0.05}


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
    # CLL cannot be told from a reactive lymphocytosis.
    assert (verdict.label, verdict.reason) == (label if label != "CLL" else None, None)
    assert verdict.pattern is PATTERN_OF_LABEL[label]
    assert verdict.probabilities[LABELS.index(label)] == max(verdict.probabilities) > 0.95
    assert verdict.white_cells == 100


def test_ok__lymphocytes_without_atypical_ones_are_a_lymphocytosis_of_the_class_normal() -> None:
    verdict = judge([reading({L: 90, N: 10})], THRESHOLDS, EXACT, QcState.VALID)
    assert (verdict.pattern, verdict.label) == (Pattern.LYMPHOCYTOSIS, None)
    assert verdict.headline == "lymphocytosis"
    assert verdict.probabilities[0] > 0.95


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
    assert (verdict.pattern, verdict.reason) == (None, Reason.FEW_CELLS)


@pytest.mark.parametrize("cell_type", [N, L, MB, MY, AT])
@pytest.mark.parametrize("errors", [EXACT, CARD])
@pytest.mark.parametrize("qc", QcState)
def test_ok__nothing_is_named_on_three_cells(
    cell_type: CellType, errors: ReaderErrors, qc: QcState
) -> None:
    verdict = judge([reading({cell_type: 3})], THRESHOLDS, errors, qc)
    assert (verdict.label, verdict.pattern, verdict.reason) == (None, None, Reason.FEW_CELLS)


def test_ok__one_normal_cell_is_no_evidence_for_normal() -> None:
    nothing = judge([reading({})], THRESHOLDS, CARD)
    assert nothing.pattern_confidence == pytest.approx(0.25, abs=0.02)
    assert (nothing.pattern, nothing.reason) == (None, Reason.FEW_CELLS)
    one = class_probabilities(Differential(tuple(float(t is N) for t in CELL_TYPES)), CARD)
    assert one[0] < 0.5


@pytest.mark.parametrize("qc", [QcState.UNCONTROLLED, QcState.DRIFTED])
def test_ok__normal_blood_without_a_valid_control_is_no_leukaemia_seen(qc: QcState) -> None:
    verdict = judge([reading(NORMAL)], THRESHOLDS, EXACT, qc)
    assert (verdict.label, verdict.pattern) == (None, None)
    assert (verdict.reason, verdict.headline) == (Reason.NOT_CONTROLLED, "no leukaemia seen")
    assert judge([reading(NORMAL)], THRESHOLDS, EXACT, QcState.VALID).label == "normal"


def test_ok__blasts_that_may_reach_the_criterion_need_more_cells() -> None:
    # 7 of 67 blasts: probably below 20 %, but the bound is not. That of 21 of 201 is.
    slides = [{MB: 7 * times, N: 42 * times, L: 18 * times} for times in (1, 3)]
    few, many = (judge([reading(slide)], THRESHOLDS, EXACT, QcState.VALID) for slide in slides)
    assert (few.pattern, few.white_cells) == (None, 67)
    assert many.pattern is Pattern.NORMAL


def test_ok__all_or_aml_is_named_only_if_both_were_learned_in_two_laboratories() -> None:
    one = replace(EXACT, laboratories=EXACT.laboratories | {"ALL": 1})
    verdict = judge([reading(SLIDES["AML"])], THRESHOLDS, one, QcState.VALID)
    assert (verdict.label, verdict.pattern) == (None, Pattern.ACUTE)
    assert verdict.reason is Reason.CLASS_UNSURE


def test_ok__many_artefacts_ask_for_more_fields() -> None:
    verdict = judge([reading({**NORMAL, ART: 150})], THRESHOLDS, EXACT)
    assert verdict.reason is Reason.ARTEFACTS


def test_ok__artefacts_and_smudge_cells_are_not_counted() -> None:
    plain = judge([reading(NORMAL)], THRESHOLDS, EXACT)
    dirty = judge([reading({**NORMAL, ART: 20, CellType.SMUDGE: 9})], THRESHOLDS, EXACT)
    assert plain.probabilities == dirty.probabilities
    assert dirty.white_cells == 100


def test_ok__a_control_tells_how_many_blasts_are_false() -> None:
    slide = [reading({MB: 30, N: 45, L: 25})]
    found = [
        judge(slide, THRESHOLDS, CARD, QcState.VALID, BASELINE | {"blasts": false_blasts})
        for false_blasts in (0.0, 0.3)
    ]
    assert found[0].pattern is Pattern.ACUTE
    assert found[1].pattern is not Pattern.ACUTE
    # What was seen is shown as it was.
    assert {finding_text(verdict) for verdict in found} == {"30 % blasts of 100"}
    expired = judge(slide, THRESHOLDS, CARD, QcState.UNCONTROLLED, BASELINE)
    assert expired.probabilities == judge(slide, THRESHOLDS, CARD).probabilities


def test_ok__a_control_takes_away_myelocytes_that_the_reader_sees_in_normal_blood() -> None:
    types = dict.fromkeys(CELL_TYPES, 0.0) | {MY: 0.4, N: 0.6}
    cell = WhiteCell(0, 0, 9, 9, 50.0, None, tuple(types.values()))
    field = FieldReading((), (cell,) * 60, None, (0.2,) * 5)
    baseline = dict.fromkeys(ABNORMAL, 0.0) | {"immature_granulocytes": 0.4}
    assert judge([field], THRESHOLDS, EXACT).pattern is Pattern.CML
    corrected = judge([field], THRESHOLDS, EXACT, QcState.VALID, baseline)
    assert corrected.pattern is Pattern.NORMAL
    # 0.4 times 0.02 over 0.4, against 0.6.
    assert differential_of([field], baseline).share(MY) == pytest.approx(0.02 / 0.62)


def test_ok__without_a_control_a_leukaemia_must_be_more_probable() -> None:
    slide = [reading({MB: 36, N: 40, L: 24})]
    probable = judge(slide, THRESHOLDS, CARD).pattern_confidence
    between = Thresholds(0.5, probable - 0.05)
    controlled, not_controlled = (
        judge(slide, between, CARD, qc) for qc in (QcState.VALID, QcState.UNCONTROLLED)
    )
    assert controlled.pattern is Pattern.ACUTE
    assert (not_controlled.pattern, not_controlled.reason) == (None, Reason.LOW_CONFIDENCE)
    assert not_controlled.probabilities == controlled.probabilities


def test_ok__a_wide_spread_between_laboratories_is_less_sure_but_sees_60_blasts_of_100() -> None:
    narrow, wide = (replace(CARD, false_blasts_spread=spread) for spread in (0.0, 0.2))
    some, many = ([reading({MB: n, N: 60 - n // 2, L: 40 - n // 2})] for n in (36, 60))
    assert (
        judge(some, THRESHOLDS, wide).pattern_confidence
        < judge(some, THRESHOLDS, narrow).pattern_confidence
    )
    assert judge(many, THRESHOLDS, wide).pattern is Pattern.ACUTE


def test_ok__a_reader_that_takes_others_for_blasts_needs_more_of_them() -> None:
    slide = [reading({MB: 38, N: 36, L: 26})]
    wrong = replace(EXACT, false_blasts=0.25)
    assert judge(slide, THRESHOLDS, EXACT).pattern is Pattern.ACUTE
    assert judge(slide, THRESHOLDS, wrong).pattern is None


@pytest.mark.parametrize("false_blasts", [0.0, 0.5, 0.9])
def test_ok__a_control_that_is_all_blasts_never_makes_a_slide_normal(false_blasts: float) -> None:
    baseline = BASELINE | {"blasts": false_blasts}
    verdict = judge([reading(SLIDES["ALL"])], THRESHOLDS, CARD, QcState.VALID, baseline)
    assert verdict.pattern is not Pattern.NORMAL


def test_ok__no_field_no_verdict() -> None:
    verdict = judge([FieldReading((), (), None, None)], THRESHOLDS, EXACT)
    assert (verdict.label, verdict.pattern, verdict.reason) == (None, None, Reason.NO_FIELD)


@settings(max_examples=40)
@given(
    st.lists(st.floats(0, 400), min_size=len(CELL_TYPES), max_size=len(CELL_TYPES)),
    st.floats(1, 1e4),
)
def test_ok__probabilities_sum_to_one_and_a_verdict_repeats(
    counts: list[float], effective: float
) -> None:
    errors = replace(CARD, effective_cells=effective)
    chances = class_probabilities(Differential(tuple(counts)), errors)
    assert sum(chances) == pytest.approx(1)
    assert min(chances) >= 0
    assert class_probabilities(Differential(tuple(counts)), errors) == chances
    patterns = probabilities_of(Differential(tuple(counts)), errors, Rate(0.1, 0.05)).patterns
    assert sum(patterns.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in patterns.values())


counts_of_types = st.dictionaries(st.sampled_from(CELL_TYPES), st.integers(0, 60), max_size=8)


@settings(max_examples=60, deadline=None)
@given(counts_of_types, st.sampled_from([QcState.UNCONTROLLED, QcState.DRIFTED]))
def test_ok__never_normal_without_a_control(counts: dict[CellType, int], qc: QcState) -> None:
    verdict = judge([reading(counts)], THRESHOLDS, CARD, qc, BASELINE)
    assert verdict.pattern is not Pattern.NORMAL
    assert verdict.label != "normal"
    assert 0 <= verdict.confidence <= 1
    assert 0 <= verdict.pattern_confidence <= 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 120), st.integers(0, 60), st.integers(0, 60), st.integers(1, 40))
def test_ok__more_blasts_never_speak_for_normal(
    neutrophils: int, lymphocytes: int, blasts: int, more: int
) -> None:
    # With fewer lymphocytes than that, nothing but blasts can lower the probability of normal.
    lymphocytes = min(lymphocytes, neutrophils // 2)
    before, after = (
        judge([reading({N: neutrophils, L: lymphocytes, MB: b})], THRESHOLDS, CARD, QcState.VALID)
        for b in (blasts, blasts + more)
    )
    normal_before, normal_after = (verdict.probabilities[0] for verdict in (before, after))
    # The probabilities are counted on 4000 draws.
    assert normal_after <= normal_before + 0.03
    assert not (after.pattern is Pattern.NORMAL and before.pattern is Pattern.ACUTE)


@settings(max_examples=30, deadline=None)
@given(st.lists(counts_of_types, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_ok__the_order_of_the_fields_makes_no_difference(
    fields: list[dict[CellType, int]], random: Random
) -> None:
    readings = [reading(counts) for counts in fields]
    shuffled = random.sample(readings, len(readings))
    first, second = (
        judge(order, THRESHOLDS, CARD, QcState.VALID, BASELINE) for order in (readings, shuffled)
    )
    assert first == second


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_ok__fields_pool_as_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.ones(len(CELL_TYPES)), 9)
    cells = tuple(WhiteCell(0, 0, 9, 9, 50.0, None, tuple(map(float, row))) for row in rows)
    whole = FieldReading((), cells, None, (0.2,) * 5)
    parts = [FieldReading((), cells[i : i + 3], None, (0.2,) * 5) for i in (0, 3, 6)]
    assert np.allclose(differential_of([whole]).counts, differential_of(parts).counts)
