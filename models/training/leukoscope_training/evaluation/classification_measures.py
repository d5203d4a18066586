"""Measures how well a model classifies labelled fields, with intervals over patients and slides.

Fields of one patient are similar, so an interval over fields would be much too narrow. The bootstrap draws whole
patients and slides, within their class. A class with one patient or slide gets no interval.

The confusion tables of all resamples are measured at once, and the value itself in the same way. scikit-learn's
`confusion_matrix` and `precision_recall_fscore_support` take only one sample, which must not be empty. So they are
used only in tests.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from leukoscope.reading.results import LABELS

from leukoscope_training.evaluation.intervals import (
    RESAMPLES,
    Counts,
    Estimate,
    Floats,
    Groups,
    draw_groups,
    make_estimate,
    number_groups,
    one_each,
    ratio,
    replace_nan,
)

Labels = npt.NDArray[np.int64]

NORMAL = "normal"


@dataclass(frozen=True)
class ClassMeasures:
    """The five measures of one class against all others.

    Each has its own number of fields (n). Accuracy: all fields. Precision: those predicted to be of the class. Recall:
    those that are of the class. F1: those that are of it or are predicted to be. Specificity: those that are not of it.
    """

    accuracy: Estimate
    precision: Estimate
    recall: Estimate
    f1: Estimate
    specificity: Estimate


NAMES = tuple(field.name for field in dataclasses.fields(ClassMeasures))
"""The five measures in the order of the paper's tables."""


@dataclass(frozen=True, eq=False)
class Measures:
    """All measures of one set of fields.

    Attributes:
        classes: The names of the k classes.
        confusion: Shape (k, k); rows are the truth, columns the prediction.
        groups: Patients or slides of each class.
        accuracy: Share of fields whose class was predicted.
        per_class: The measures of each class against all others.
        macro: The means over the classes that are in the truth. A class that is never predicted has no precision, and
            counts 0 in this mean.
        leukaemia: Any leukaemia against normal; None when "normal" is not among the classes.
    """

    classes: tuple[str, ...]
    confusion: Counts
    groups: dict[str, int]
    accuracy: Estimate
    per_class: dict[str, ClassMeasures]
    macro: ClassMeasures
    leukaemia: ClassMeasures | None

    def as_dict(self) -> dict[str, object]:
        """For JSON; null stands for NaN."""
        plain: dict[str, object] = dataclasses.asdict(self)
        plain |= {"classes": list(self.classes), "confusion": self.confusion.tolist()}
        return {key: replace_nan(value) for key, value in plain.items()}


def measure(
    truth: Labels,
    predicted: Labels,
    group: Groups,
    *,
    classes: Sequence[str] = LABELS,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Measures:
    """Measure n fields (n may be 0). Intervals are 95 % percentile bootstraps over groups within their class.

    Args:
        truth: Shape (n,), places in `classes`.
        predicted: Shape (n,), places in `classes`.
        group: Shape (n,), each field's patient or slide. The same name under two classes is two groups.
        classes: The names of the classes.
        resamples: Draws of the bootstrap.
        seed: Seed of the bootstrap.

    Raises:
        ValueError: The shapes differ, or a class is out of range.
    """
    k = len(classes)
    if not truth.shape == predicted.shape == group.shape == (len(truth),):
        raise ValueError(
            f"truth {truth.shape}, predicted {predicted.shape} and group {group.shape} must be of one length"
        )
    for name, places in (("truth", truth), ("predicted", predicted)):
        if places.size and not 0 <= places.min() <= places.max() < k:
            raise ValueError(f"{name} must be 0 to {k - 1}, not {places.min()} to {places.max()}")
    counts, of_class = _count(truth, predicted, group, k)
    tables = _resample(counts, of_class, resamples, np.random.default_rng(seed))
    per_class = {
        name: _measure_classes(counts, of_class, tables, np.arange(k) == place)
        for place, name in enumerate(classes)
    }
    leukaemia = None
    if NORMAL in classes:
        ill = np.arange(k) != list(classes).index(NORMAL)
        leukaemia = _measure_classes(counts, of_class, tables, ill)
    table = _tabulate(counts, of_class, k)
    return Measures(
        classes=tuple(classes),
        confusion=table,
        groups={name: int((of_class == place).sum()) for place, name in enumerate(classes)},
        accuracy=make_estimate(
            _accuracy(table),
            _accuracy(tables),
            len(truth),
            len(counts),
            stuck=one_each(of_class),
        ),
        per_class=per_class,
        macro=_measure_macro(table, tables, of_class),
        leukaemia=leukaemia,
    )


def _count(truth: Labels, predicted: Labels, group: Groups, k: int) -> tuple[Counts, Labels]:
    """Count the predictions of each group, shape (groups, k), and find its class, shape (groups,)."""
    row, of_class = number_groups(truth, group)
    counts = np.zeros((len(of_class), k), np.int64)
    np.add.at(counts, (row, predicted), 1)
    return counts, of_class


def _tabulate(counts: Counts, of_class: Labels, k: int) -> Counts:
    table = np.zeros((k, k), np.int64)
    np.add.at(table, of_class, counts)
    return table


def _resample(counts: Counts, of_class: Labels, resamples: int, rng: np.random.Generator) -> Counts:
    """Draw groups with replacement within their class; return their confusion tables, (resamples, k, k)."""
    k = counts.shape[1]
    tables = np.zeros((resamples, k, k), np.int64)
    for place in np.unique(of_class):
        own = counts[of_class == place]
        tables[:, place] = draw_groups(len(own), resamples, rng) @ own
    return tables


def _five_measures(table: Counts, own: npt.NDArray[np.bool_]) -> Floats:
    """Compute the five measures of the classes `own` together against the others; (5, …) from (…, k, k)."""
    hit = table[..., own, :][..., own].sum((-2, -1))
    missed = table[..., own, :][..., ~own].sum((-2, -1))
    wrong = table[..., ~own, :][..., own].sum((-2, -1))
    others = table[..., ~own, :][..., ~own].sum((-2, -1))
    return np.stack(
        [
            ratio(hit + others, hit + missed + wrong + others),
            ratio(hit, hit + wrong),
            ratio(hit, hit + missed),
            ratio(2 * hit, 2 * hit + missed + wrong),
            ratio(others, others + wrong),
        ]
    )


def _accuracy(table: Counts) -> Floats:
    return ratio(np.trace(table, axis1=-2, axis2=-1), table.sum((-2, -1)))


def _measure_classes(
    counts: Counts, of_class: Labels, tables: Counts, own: npt.NDArray[np.bool_]
) -> ClassMeasures:
    """Measure the classes `own`, shape (k,), together against the others."""
    is_own, predicted_own = own[of_class], counts[:, own].sum(1)
    size = counts.sum(1)
    over = {  # the fields of each group that a measure counts
        "accuracy": size,
        "precision": predicted_own,
        "recall": np.where(is_own, size, 0),
        "f1": np.where(is_own, size, predicted_own),
        "specificity": np.where(is_own, 0, size),
    }
    stuck = dict.fromkeys(NAMES, one_each(of_class))
    # With one patient of the class, their interval would show only how the other classes vary.
    stuck |= dict.fromkeys(("precision", "recall", "f1"), one_each(of_class[is_own]))
    stuck["specificity"] = one_each(of_class[~is_own])
    values = _five_measures(_tabulate(counts, of_class, len(own)), own)
    drawn = _five_measures(tables, own)
    return ClassMeasures(
        **{
            name: make_estimate(
                values[i],
                drawn[i],
                int(over[name].sum()),
                int((over[name] > 0).sum()),
                stuck=stuck[name],
            )
            for i, name in enumerate(NAMES)
        }
    )


def _measure_macro(table: Counts, tables: Counts, of_class: Labels) -> ClassMeasures:
    present = np.flatnonzero(table.sum(1))
    n, groups, stuck = int(table.sum()), len(of_class), one_each(of_class)
    if not len(present):
        nothing = Estimate(math.nan, math.nan, math.nan, 0, 0)
        return ClassMeasures(**dict.fromkeys(NAMES, nothing))
    values, drawn = (_average_classes(counted, present) for counted in (table, tables))
    return ClassMeasures(
        **{
            name: make_estimate(values[i], drawn[i], n, groups, stuck=stuck)
            for i, name in enumerate(NAMES)
        }
    )


def _average_classes(table: Counts, present: Labels) -> Floats:
    k = table.shape[-1]
    five = np.stack([_five_measures(table, np.arange(k) == place) for place in present])
    precision = NAMES.index("precision")
    five[:, precision] = np.nan_to_num(five[:, precision])
    return np.asarray(five.mean(0))
