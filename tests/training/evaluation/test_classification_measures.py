"""Measures counted by hand, and what must hold of any."""

from __future__ import annotations

import json
import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("sklearn", reason="scikit-learn, of the [dev] extra, is not installed")

from leukoscope.reading.results import LABELS
from leukoscope_training.evaluation.classification_measures import (
    NAMES,
    ClassMeasures,
    Measures,
    measure,
)
from leukoscope_training.evaluation.intervals import estimate_share
from leukoscope_training.evaluation.probabilities import (
    calibration_error,
    estimate_auc,
    reliability,
    roc,
)
from sklearn import calibration, metrics

# By hand: of 6 normal fields 4 are called normal, 1 ALL, 1 AML; of 3 ALL 2 are called ALL, 1 normal; the AML is right.
TRUTH = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 2])
SAID = np.array([0, 0, 0, 0, 1, 2, 1, 1, 0, 2])
GROUP = np.array(["a", "a", "a", "b", "b", "b", "c", "c", "d", "e"])


def by_hand() -> Measures:
    return measure(TRUTH, SAID, GROUP)


def values(measures: ClassMeasures) -> list[float]:
    return [getattr(measures, name).value for name in NAMES]


def test_ok__the_truth_is_by_row() -> None:
    table = by_hand().confusion
    assert table[:3, :3].tolist() == [[4, 1, 1], [1, 2, 0], [0, 0, 1]]
    assert table.sum() == 10


def test_ok__the_five_measures_of_a_class() -> None:
    assert by_hand().accuracy.value == pytest.approx(7 / 10)
    # ALL: 2 hit, 1 missed, 1 wrong, 6 others.
    assert values(by_hand().per_class["ALL"]) == pytest.approx([8 / 10, 2 / 3, 2 / 3, 4 / 6, 6 / 7])
    # normal: 4 hit, 2 missed, 1 wrong, 3 others.
    assert values(by_hand().per_class["normal"]) == pytest.approx(
        [7 / 10, 4 / 5, 4 / 6, 8 / 11, 3 / 4]
    )


def test_ok__leukaemia_against_normal() -> None:
    # 4 leukaemias: 3 called a leukaemia; 6 normal: 2 called a leukaemia.
    leukaemia = by_hand().leukaemia
    assert leukaemia is not None
    assert values(leukaemia) == pytest.approx([7 / 10, 3 / 5, 3 / 4, 6 / 9, 4 / 6])


def test_ok__macro_is_the_mean_of_the_classes_that_are_there() -> None:
    assert by_hand().macro.recall.value == pytest.approx((4 / 6 + 2 / 3 + 1) / 3)
    assert by_hand().macro.specificity.value == pytest.approx((3 / 4 + 6 / 7 + 8 / 9) / 3)


def test_ok__a_class_never_said_has_no_precision_and_counts_0_in_the_mean() -> None:
    measured = measure(np.array([0, 1]), np.array([0, 0]), np.array(["a", "b"]))
    assert math.isnan(measured.per_class["ALL"].precision.value)
    assert measured.macro.precision.value == pytest.approx((1 / 2 + 0) / 2)


def test_ok__a_class_that_is_not_there_has_no_recall() -> None:
    assert math.isnan(by_hand().per_class["CLL"].recall.value)
    assert by_hand().per_class["CLL"].recall.n == 0


def test_ok__what_each_measure_is_counted_over() -> None:
    fields = {name: getattr(by_hand().per_class["ALL"], name).n for name in NAMES}
    assert fields == {"accuracy": 10, "precision": 3, "recall": 3, "f1": 4, "specificity": 7}
    groups = {name: getattr(by_hand().per_class["ALL"], name).groups for name in NAMES}
    assert groups == {"accuracy": 5, "precision": 2, "recall": 2, "f1": 3, "specificity": 3}


def test_ok__one_patient_of_a_class_has_no_interval_and_says_so() -> None:
    assert by_hand().groups == {"normal": 2, "ALL": 2, "AML": 1, "CML": 0, "CLL": 0}
    recall = by_hand().per_class["AML"].recall
    assert (recall.value, recall.groups) == (1.0, 1)
    assert math.isnan(recall.low)
    assert math.isnan(recall.high)
    assert str(recall) == "1.000 (-)"


def test_ok__two_patients_one_right_one_wrong_say_nothing() -> None:
    measured = measure(
        np.zeros(20, np.int64), np.repeat([0, 1], 10), np.repeat(np.array(["a", "b"]), 10)
    )
    assert (measured.accuracy.low, measured.accuracy.high) == (0.0, 1.0)
    assert str(measured.accuracy) == "0.500 (0.000-1.000)"


def test_ok__the_interval_is_of_patients_not_of_fields() -> None:
    rng = np.random.default_rng(3)
    truth = np.zeros(400, np.int64)
    patient = np.repeat(np.arange(8), 50)
    said = (rng.random(400) < np.linspace(0.1, 0.9, 8)[patient]).astype(np.int64)
    by_patient = measure(truth, said, patient.astype(str)).accuracy
    by_field = measure(truth, said, np.arange(400).astype(str)).accuracy
    assert by_patient.high - by_patient.low > 2 * (by_field.high - by_field.low)


def test_ok__one_name_under_two_classes_is_two_groups() -> None:
    measured = measure(np.array([0, 1]), np.array([0, 1]), np.array(["1", "1"]))
    assert measured.accuracy.groups == 2


def test_ok__no_field_at_all_gives_no_number() -> None:
    nothing = np.empty(0, np.int64)
    measured = measure(nothing, nothing, np.empty(0, np.str_))
    assert math.isnan(measured.accuracy.value)
    assert math.isnan(measured.macro.f1.value)
    assert str(measured.accuracy) == "-"


def test_ok__classes_of_ones_own_have_no_leukaemia() -> None:
    measured = measure(
        np.array([0, 1]), np.array([0, 1]), np.array(["a", "b"]), classes=("blast", "other")
    )
    assert measured.leukaemia is None
    assert set(measured.per_class) == {"blast", "other"}


def test_ok__json_knows_no_nan() -> None:
    plain = json.loads(json.dumps(by_hand().as_dict(), allow_nan=False))
    assert plain["per_class"]["CLL"]["recall"]["value"] is None
    assert plain["confusion"][0] == [4, 1, 1, 0, 0]
    assert plain["classes"] == list(LABELS)


def test_fail__lengths_that_differ() -> None:
    with pytest.raises(ValueError, match="one length"):
        measure(TRUTH, SAID[:3], GROUP)


def test_fail__a_class_out_of_range() -> None:
    with pytest.raises(ValueError, match="predicted must be 0 to 4, not 0 to 5"):
        measure(TRUTH, np.where(SAID == 2, 5, SAID), GROUP)


fields = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from("abcdef")), max_size=40
)


@given(fields)
def test_ok__any_measure_lies_in_its_interval_and_in_0_to_1(
    rows: list[tuple[int, int, str]],
) -> None:
    truth, said, group = (np.array([row[i] for row in rows]) for i in range(3))
    measured = measure(
        truth.astype(np.int64), said.astype(np.int64), group.astype(str), resamples=60
    )
    assert measured.confusion.sum() == len(rows)
    for of in (*measured.per_class.values(), measured.macro, measured.leukaemia):
        assert of is not None
        for name in NAMES:
            value = getattr(of, name)
            assert math.isnan(value.value) or 0 <= value.value <= 1
            assert math.isnan(value.low) or 0 <= value.low <= value.high <= 1
            assert value.n or math.isnan(value.value)


@given(fields.filter(len), st.randoms())
def test_ok__the_order_of_the_fields_changes_no_value(
    rows: list[tuple[int, int, str]], random: Random
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    first, second = (
        measure(*(np.array([row[i] for row in order]) for i in range(3)), resamples=10)
        for order in (rows, shuffled)
    )
    assert json.dumps(first.as_dict()) == json.dumps(second.as_dict())


@given(fields.filter(len))
def test_ok__the_values_are_those_of_scikit_learn(rows: list[tuple[int, int, str]]) -> None:
    truth, said, group = (np.array([row[i] for row in rows]) for i in range(3))
    measured = measure(truth, said, group.astype(str), resamples=60)
    expected = metrics.confusion_matrix(truth, said, labels=range(5))
    assert measured.confusion.tolist() == expected.tolist()
    columns = metrics.precision_recall_fscore_support(
        truth, said, labels=range(5), zero_division=math.nan
    )
    for name, column in zip(("precision", "recall", "f1"), columns, strict=False):
        ours = [getattr(measured.per_class[label], name).value for label in LABELS]
        assert ours == pytest.approx(column.tolist(), nan_ok=True)


def test_ok__calibration_error_by_hand() -> None:
    # Bin 0.5-0.6: 2 fields, confidence 0.6, half right. Bin 0.9-1: 2 fields, 0.95, both right.
    probabilities = np.array([[0.6, 0.4], [0.4, 0.6], [0.95, 0.05], [0.95, 0.05]])
    truth = np.array([0, 0, 0, 0])
    bins = reliability(probabilities, truth)
    assert bins.count.tolist() == [0, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert bins.accuracy[5] == 0.5
    assert np.isnan(bins.accuracy[0])
    assert calibration_error(probabilities, truth) == pytest.approx((2 * 0.1 + 2 * 0.05) / 4)


def test_ok__the_bins_are_those_of_scikit_learn() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 300)
    truth = np.random.default_rng(1).integers(0, 5, 300)
    bins = reliability(probabilities, truth)
    right = probabilities.argmax(1) == truth
    accuracy, confidence = calibration.calibration_curve(right, probabilities.max(1), n_bins=10)
    filled = bins.count > 0
    assert bins.accuracy[filled] == pytest.approx(accuracy)
    assert bins.confidence[filled] == pytest.approx(confidence)


def test_ok__who_is_sure_and_right_is_calibrated() -> None:
    assert calibration_error(np.eye(5), np.arange(5)) == 0


def test_ok__no_field_has_no_calibration_error() -> None:
    assert math.isnan(calibration_error(np.empty((0, 5)), np.empty(0, np.int64)))


def test_ok__area_by_hand_with_a_tie() -> None:
    # Pairs: 0.9 beats both; 0.4 ties with 0.4 and beats 0.1: (2 + 1.5) / 4.
    area = estimate_auc(
        np.array([0.9, 0.4, 0.4, 0.1]),
        np.array([True, True, False, False]),
        np.array(["a", "b", "c", "d"]),
    )
    assert area.value == pytest.approx(3.5 / 4)
    assert (area.n, area.groups) == (4, 4)


def test_ok__no_area_without_both_kinds_and_no_interval_of_one_patient_each() -> None:
    one_kind = estimate_auc(np.array([0.5, 0.7]), np.array([True, True]), np.array(["a", "b"]))
    assert math.isnan(one_kind.value)
    one_each = estimate_auc(np.array([0.5, 0.7]), np.array([False, True]), np.array(["a", "b"]))
    assert (one_each.value, one_each.n, one_each.groups) == (1.0, 2, 2)
    assert math.isnan(one_each.low)
    assert math.isnan(one_each.high)


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.booleans(), st.sampled_from("abcd")), min_size=2
    ).filter(lambda rows: 0 < sum(row[1] for row in rows) < len(rows))
)
def test_ok__the_area_is_that_under_the_curve(rows: list[tuple[int, bool, str]]) -> None:
    scores = np.array([row[0] / 6 for row in rows])
    positive = np.array([row[1] for row in rows])
    false, true = roc(scores, positive)
    under = float(np.sum(np.diff(false) * (true[1:] + true[:-1]) / 2))
    area = estimate_auc(scores, positive, np.array([row[2] for row in rows]), resamples=40)
    assert area.value == pytest.approx(under)
    assert math.isnan(area.low) or 0 <= area.low <= area.high <= 1 + 1e-12


def test_fail__no_curve_of_one_kind() -> None:
    with pytest.raises(ValueError, match="both kinds"):
        roc(np.array([0.1]), np.array([True]))


def test_ok__a_share_has_its_interval_over_patients() -> None:
    truth = np.array([0, 0, 0, 0, 1])
    group = np.array(["a", "a", "b", "b", "a"])
    hit = np.array([True, True, False, True, False])
    named = estimate_share(hit, np.array([True, True, True, False, False]), truth, group)
    assert (named.value, named.n, named.groups) == (pytest.approx(2 / 3), 3, 2)
    assert (named.low, named.high) == (0.0, 1.0)


def test_ok__a_share_of_nothing_is_no_number() -> None:
    nobody = np.zeros(2, np.bool_)
    assert math.isnan(estimate_share(nobody, nobody, np.array([0, 0]), np.array(["a", "b"])).value)
