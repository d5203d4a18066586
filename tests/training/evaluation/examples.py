"""Outcomes made by hand, in place of what a bundle reads of fields."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

pytest.importorskip("sklearn", reason="scikit-learn, of the [dev] extra, is not installed")

from leukoscope.reading.pooling import pool
from leukoscope.reading.results import LABELS, FieldReading, Gate, GateName, Verdict, WhiteCell
from leukoscope.reading.thresholds import Thresholds
from leukoscope_training.data.manifest import Sample
from leukoscope_training.evaluation.bundle_evaluation import Evaluation, FieldOutcome, evaluate

BLURRED = Gate(GateName.FOCUS, 0.1, "", 0.5, None, "OUT OF FOCUS", "turn the focus")


def sample(number: int, label: str, group: str, source: str = "one") -> Sample:
    return Sample(f"{source}/{group}/{number}.png", label, group, 0.31, source, "CC0")


def reading(said: str, confidence: float = 0.92) -> FieldReading:
    """A field with one white cell that is read as `said`."""
    rest = (1 - confidence) / 4
    probabilities = tuple(confidence if label == said else rest for label in LABELS)
    return FieldReading((), (WhiteCell(0, 0, 9, 9, 50.0),), None, probabilities)


def outcome(
    number: int, label: str, said: str, confidence: float = 0.92, ablation: str = "normal"
) -> FieldOutcome:
    """A field of patient `label`-0 or `label`-1, by its number."""
    own = sample(number, label, f"{label}-{number % 2}")
    return FieldOutcome(own, reading(said, confidence), reading(ablation))


def refused(number: int, label: str) -> FieldOutcome:
    own = sample(number, label, f"{label}-{number % 2}")
    return FieldOutcome(own, FieldReading((BLURRED,), (), None, None), None)


def judge(readings: Sequence[FieldReading]) -> Verdict:
    return pool(readings, Thresholds(0.8, 0.7))


def an_evaluation() -> Evaluation:
    """Ten fields: 7 right, 1 wrong and sure, 1 unsure and right, 1 of the right pattern only; and 4 more."""
    rows = [outcome(n, "normal", "normal") for n in range(4)]
    rows += [outcome(n, "ALL", "ALL") for n in range(3)]
    rows += [outcome(4, "normal", "CML", 0.95), outcome(5, "normal", "normal", 0.6)]
    acute = FieldReading((), (), None, (0.05, 0.45, 0.45, 0.03, 0.02))
    rows.append(FieldOutcome(sample(3, "ALL", "ALL-1"), acute, None))
    rows += [refused(6, "normal"), refused(7, "ALL")]
    rows.append(FieldOutcome(sample(8, "ALL", "ALL-0"), None, None, "<b>gone</b>"))
    rows.append(FieldOutcome(sample(9, "", "nobody"), reading("ALL"), None))
    return evaluate(rows, judge)
