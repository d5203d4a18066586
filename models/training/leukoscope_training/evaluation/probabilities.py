"""Measures how good a model's probabilities are: their calibration, and how well they rank fields (ROC).

The bins are counted here because the plot and the JSON also need empty bins and counts, which scikit-learn's
`calibration_curve` does not give. The interval of the area is computed here because scikit-learn has no bootstrap over
patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn import metrics

from leukoscope_training.evaluation.intervals import (
    RESAMPLES,
    Estimate,
    Flags,
    Floats,
    Groups,
    draw_groups,
    make_estimate,
)

BINS = 10


@dataclass(frozen=True, eq=False)
class Reliability:
    """Fields sorted by confidence into bins of equal width over 0..1. All arrays have shape (bins,).

    Attributes:
        count: Fields in a bin.
        confidence: Their mean confidence; NaN in an empty bin.
        accuracy: The share of them that are right; NaN in an empty bin.
    """

    count: npt.NDArray[np.int64]
    confidence: Floats
    accuracy: Floats


def reliability(
    probabilities: Floats, truth: npt.NDArray[np.int64], bins: int = BINS
) -> Reliability:
    """Count how often the most probable class is right, by its probability.

    A confidence on an edge falls into the bin below it (Guo et al., On Calibration of Modern Neural Networks,
    ICML 2017, section 2).

    Args:
        probabilities: Shape (n, k), rows sum to 1.
        truth: Shape (n,), 0..k-1.
        bins: Number of bins.
    """
    confidence = probabilities.max(1) if len(truth) else np.empty(0)
    right = probabilities.argmax(1) == truth if len(truth) else np.empty(0, np.bool_)
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, values, minlength=bins) for values in (confidence, right)]
    means = [np.divide(s, count, out=np.full(bins, np.nan), where=count > 0) for s in sums]
    return Reliability(count, *means)


def calibration_error(
    probabilities: Floats, truth: npt.NDArray[np.int64], bins: int = BINS
) -> float:
    """Return the expected calibration error, 0..1: each bin's |accuracy - confidence|, weighted by its fields.

    Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015, with the
    confidence of the most probable class, as in Guo et al. 2017. NaN without fields.
    """
    table = reliability(probabilities, truth, bins)
    if not table.count.sum():
        return float("nan")
    gaps = np.nan_to_num(np.abs(table.accuracy - table.confidence))
    return float(table.count @ gaps / table.count.sum())


def roc(scores: Floats, positive: Flags) -> tuple[Floats, Floats]:
    """Return the ROC curve: false and true positive rates at each distinct score, from (0, 0) to (1, 1).

    Args:
        scores: Shape (n,).
        positive: Shape (n,).

    Raises:
        ValueError: There are only positives, or only negatives.
    """
    if positive.all() or not positive.any():
        raise ValueError("a ROC curve needs fields of both kinds")
    false, true, _ = metrics.roc_curve(positive, scores, drop_intermediate=False)
    return false, true


def estimate_auc(
    scores: Floats, positive: Flags, group: Groups, *, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """Estimate the area under the ROC curve; NaN unless there are positive and negative fields.

    The area is the probability that a positive's score is above a negative's; a tie counts half (Mann-Whitney).
    The bootstrap draws patients and slides with replacement, separately from positive and negative ones.

    Args:
        scores: Shape (n,).
        positive: Shape (n,).
        group: Each field's patient or slide, shape (n,).
        resamples: Draws of the bootstrap.
        seed: Seed of the bootstrap.
    """
    kinds = [(scores[kind], *_number_groups(group[kind])) for kind in (positive, ~positive)]
    (high, high_row, highs), (low, low_row, lows) = kinds
    groups = highs + lows
    if not (highs and lows):
        return make_estimate(np.nan, np.empty(0), len(scores), groups, stuck=True)
    wins = np.empty((highs, lows))
    for column in range(lows):
        against = np.sort(low[low_row == column])
        below = np.searchsorted(against, high, "left") + np.searchsorted(against, high, "right")
        wins[:, column] = np.bincount(high_row, below / 2, minlength=highs)
    rng = np.random.default_rng(seed)
    drawn_high, drawn_low = draw_groups(highs, resamples, rng), draw_groups(lows, resamples, rng)
    pairs = (drawn_high @ np.bincount(high_row)) * (drawn_low @ np.bincount(low_row))
    drawn = ((drawn_high @ wins) * drawn_low).sum(1) / pairs
    area = metrics.roc_auc_score(positive, scores)
    return make_estimate(area, drawn, len(scores), groups, stuck=highs == lows == 1)


def _number_groups(group: Groups) -> tuple[npt.NDArray[np.int64], int]:
    """Number each field's group from 0, and count the groups."""
    names, row = np.unique(group, return_inverse=True)
    return row, len(names)
