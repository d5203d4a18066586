"""Numbers counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.metrics import class_numbers, confusion, group_interval


def test_ok__confusion_has_the_truth_by_row() -> None:
    table = confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    assert table.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_ok__class_numbers() -> None:
    first = class_numbers(np.array([[6, 2], [1, 11]]))[0]
    assert first.recall == pytest.approx(6 / 8)
    assert first.precision == pytest.approx(6 / 7)
    assert first.f1 == pytest.approx(12 / 15)
    assert first.specificity == pytest.approx(11 / 12)


def test_ok__a_class_without_fields_has_no_recall() -> None:
    assert np.isnan(class_numbers(np.array([[3, 0], [0, 0]]))[1].recall)


def test_ok__one_patient_a_class_gives_no_width() -> None:
    right = np.array([True, False, True, True])
    label = np.array([0, 0, 1, 1])
    low, high = group_interval(right, label, np.array(["a", "a", "b", "b"]))
    assert low == high == pytest.approx(0.75)


def test_ok__patients_that_differ_give_width() -> None:
    right = np.array([True] * 10 + [False] * 10)
    group = np.array(["a"] * 10 + ["b"] * 10)
    low, high = group_interval(right, np.zeros(20, np.int64), group)
    assert (low, high) == (0.0, 1.0)
