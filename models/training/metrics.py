"""Numbers of a classifier on labelled fields, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]

RESAMPLES = 2000


@dataclass(frozen=True)
class ClassNumbers:
    """One class against the rest, each 0..1; NaN where nothing was there to count."""

    recall: float
    precision: float
    f1: float
    specificity: float


def confusion(label: Labels, said: Labels, classes: int) -> npt.NDArray[np.int64]:
    """Counts, shape (classes, classes): row the truth, column what was said."""
    table = np.zeros((classes, classes), np.int64)
    np.add.at(table, (label, said), 1)
    return table


def class_numbers(table: npt.NDArray[np.int64]) -> list[ClassNumbers]:
    """Recall, precision, F1 and specificity of each class of a confusion table."""
    numbers = []
    for k in range(len(table)):
        hit = int(table[k, k])
        missed, wrong = int(table[k].sum()) - hit, int(table[:, k].sum()) - hit
        others = int(table.sum()) - hit - missed - wrong
        numbers.append(
            ClassNumbers(
                recall=_share(hit, hit + missed),
                precision=_share(hit, hit + wrong),
                f1=_share(2 * hit, 2 * hit + missed + wrong),
                specificity=_share(others, others + wrong),
            )
        )
    return numbers


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def group_interval(
    right: npt.NDArray[np.bool_], label: Labels, group: npt.NDArray[np.str_], *, seed: int = 0
) -> tuple[float, float]:
    """95 % bootstrap interval of the accuracy over patients or slides, drawn anew within a class.

    right: one a field. A class with one patient always keeps that patient: the interval then says
    nothing of how another patient would do.
    """
    rng = np.random.default_rng(seed)
    classes = []
    for k in np.unique(label):
        names = np.unique(group[label == k])
        of_name = [right[(label == k) & (group == name)] for name in names]
        classes.append((np.array([r.sum() for r in of_name]), np.array([len(r) for r in of_name])))
    accuracies = []
    for _ in range(RESAMPLES):
        hits = fields = 0
        for hit, size in classes:
            drawn = rng.integers(len(hit), size=len(hit))
            hits, fields = hits + int(hit[drawn].sum()), fields + int(size[drawn].sum())
        accuracies.append(hits / fields)
    low, high = np.percentile(accuracies, (2.5, 97.5))
    return float(low), float(high)
