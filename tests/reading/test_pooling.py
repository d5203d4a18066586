"""From readings to a verdict, or to the reason why there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.reading.pooling import pool
from leukoscope.reading.results import (
    LABELS,
    PATTERN_OF_LABEL,
    FieldReading,
    Gate,
    GateName,
    Pattern,
    Reason,
    WhiteCell,
    Window,
)
from leukoscope.reading.thresholds import Thresholds

from tests.reading.examples import certain

THRESHOLDS = Thresholds(label=0.6, pattern=0.7)
UNIT = st.floats(0, 1)
REFUSED = FieldReading(
    (Gate(GateName.FOCUS, 0.12, "", 0.165, None, "OUT OF FOCUS", "turn the focus wheel"),),
    (),
    None,
    None,
)


def reading(probabilities: tuple[float, ...], cells: int = 1) -> FieldReading:
    return FieldReading(
        (), (WhiteCell(0, 0, 9, 9, 20.0),) * cells, Window(0, 0, 200, 200), probabilities
    )


@st.composite
def readings(draw: st.DrawFn) -> FieldReading:
    raw = np.array(draw(st.lists(st.floats(0.001, 1), min_size=5, max_size=5)))
    return reading(tuple(float(p) for p in raw / raw.sum()), draw(st.integers(1, 20)))


READ = st.lists(readings(), min_size=1, max_size=6)


@given(READ, UNIT, UNIT)
def test_ok__probabilities_are_the_mean_and_sum_to_one(
    fields: list[FieldReading], label: float, pattern: float
) -> None:
    verdict = pool(fields, Thresholds(label, pattern))
    assert sum(verdict.probabilities) == pytest.approx(1)
    assert verdict.probabilities == pytest.approx(
        tuple(np.mean([field.probabilities for field in fields], axis=0))
    )
    assert verdict.confidence == max(verdict.probabilities)
    assert verdict.pattern_confidence <= 1 + 1e-9
    assert verdict.fields == len(fields)
    assert verdict.white_cells == sum(len(field.white_cells) for field in fields)


@given(READ, UNIT, UNIT)
def test_ok__a_class_is_named_at_its_threshold_and_only_then(
    fields: list[FieldReading], label: float, pattern: float
) -> None:
    verdict = pool(fields, Thresholds(label, pattern))
    assert (verdict.label is not None) == (verdict.confidence >= label)
    assert (verdict.label is None) == (verdict.reason is not None)
    assert (verdict.pattern is not None) == (verdict.pattern_confidence >= pattern)
    if verdict.label is not None:
        assert verdict.probabilities[LABELS.index(verdict.label)] == verdict.confidence


@given(READ)
def test_ok__the_order_of_fields_does_not_matter(fields: list[FieldReading]) -> None:
    one, other = pool(fields, THRESHOLDS), pool(fields[::-1], THRESHOLDS)
    assert one.probabilities == pytest.approx(other.probabilities)


@given(READ, st.integers(1, 4))
def test_ok__refused_fields_count_nothing(fields: list[FieldReading], refused: int) -> None:
    assert pool([*fields, *[REFUSED] * refused], THRESHOLDS) == pool(fields, THRESHOLDS)


@given(READ)
def test_ok__a_pattern_is_at_least_as_sure_as_its_class(fields: list[FieldReading]) -> None:
    verdict = pool(fields, Thresholds(0.0, 0.0))
    acute = verdict.probabilities[1] + verdict.probabilities[2]
    assert verdict.pattern_confidence >= verdict.confidence - 1e-9
    assert verdict.pattern_confidence >= acute - 1e-9


@pytest.mark.parametrize("fields", [[], [REFUSED], [REFUSED, REFUSED]])
def test_fail__no_field_was_read(fields: list[FieldReading]) -> None:
    verdict = pool(fields, THRESHOLDS)
    assert verdict.reason is Reason.NO_FIELD
    assert (verdict.label, verdict.pattern, verdict.probabilities) == (None, None, ())
    assert (verdict.fields, verdict.white_cells, verdict.confidence) == (0, 0, 0.0)
    assert verdict.headline == "inconclusive"


@pytest.mark.parametrize("label", LABELS)
def test_ok__each_class_has_its_pattern(label: str) -> None:
    verdict = pool([reading(certain(label))], THRESHOLDS)
    assert (verdict.label, verdict.pattern) == (label, PATTERN_OF_LABEL[label])
    assert verdict.headline == label
    assert verdict.reason is None


def test_ok__acute_when_all_and_aml_together_reach_the_pattern() -> None:
    verdict = pool([reading((0.1, 0.42, 0.4, 0.05, 0.03))], THRESHOLDS)
    assert (verdict.label, verdict.pattern, verdict.reason) == (
        None,
        Pattern.ACUTE,
        Reason.CLASS_UNSURE,
    )
    assert verdict.pattern_confidence == pytest.approx(0.82)
    assert verdict.headline == "acute"


def test_fail__acute_but_not_enough_of_it() -> None:
    verdict = pool([reading((0.35, 0.3, 0.35, 0.0, 0.0))], THRESHOLDS)
    assert (verdict.label, verdict.pattern, verdict.reason) == (None, None, Reason.LOW_CONFIDENCE)
    assert verdict.headline == "inconclusive"


def test_ok__fields_that_disagree_are_inconclusive() -> None:
    verdict = pool([reading(certain("CLL")), reading(certain("CML"))], THRESHOLDS)
    assert (verdict.label, verdict.pattern, verdict.reason) == (None, None, Reason.LOW_CONFIDENCE)


def test_ok__probably_normal_is_never_a_headline() -> None:
    verdict = pool([reading(certain("normal", 0.65))], Thresholds(label=0.8, pattern=0.6))
    assert (verdict.label, verdict.pattern) == (None, Pattern.NORMAL)
    assert verdict.headline == "inconclusive"


def test_ok__exactly_at_the_threshold() -> None:
    assert pool([reading(certain("CML", 0.5))], Thresholds(0.5, 0.5)).label == "CML"
