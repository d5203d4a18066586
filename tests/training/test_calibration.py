"""Temperature and thresholds on logits whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from device.reading.results import LABELS, PATTERN_OF_LABEL, Pattern
from models.training.calibration import (
    PATTERNS,
    even_weights,
    fit_temperature,
    fit_threshold,
    patterns,
    softmax,
)


def test_ok__temperature_of_overconfident_logits_is_found() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, (4000, 5))
    label = np.array([rng.choice(5, p=row) for row in softmax(honest)])
    found = fit_temperature(3 * honest, label, np.full(4000, 1 / 4000))
    assert found == pytest.approx(3, rel=0.1)


def test_ok__threshold_is_the_least_that_is_right_often_enough() -> None:
    confidence = np.linspace(0.5, 1, 501)
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    label = np.where(confidence < 0.8, 1, 0)
    found = fit_threshold(probabilities, label, np.full(501, 1 / 501))
    named = confidence >= found
    assert (label[named] == 0).mean() >= 0.95
    assert (label[confidence >= found - 0.011] == 0).mean() < 0.95


def test_fail__threshold_that_nothing_reaches_is_the_highest() -> None:
    probabilities = np.tile([0.99, 0.01], (10, 1))
    assert fit_threshold(probabilities, np.ones(10, np.int64), np.full(10, 0.1)) == 0.95


def test_ok__acute_is_the_sum_of_all_and_aml() -> None:
    assert patterns(np.array([[0.1, 0.2, 0.3, 0.15, 0.25]])).tolist() == [
        pytest.approx([0.1, 0.5, 0.15, 0.25])
    ]


def test_ok__patterns_are_the_devices() -> None:
    assert [list(Pattern)[p] for p in PATTERNS] == [PATTERN_OF_LABEL[name] for name in LABELS]


def test_ok__kinds_weigh_the_same() -> None:
    assert even_weights(np.array([3, 3, 3, 7])).tolist() == pytest.approx([1 / 6] * 3 + [1 / 2])
