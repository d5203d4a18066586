"""Estimates a measure with its 95 % interval, by the percentile bootstrap over patients and slides."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Counts = npt.NDArray[np.int64]
Groups = npt.NDArray[np.str_]
Flags = npt.NDArray[np.bool_]

RESAMPLES = 2000
INTERVAL_PERCENT = (2.5, 97.5)


@dataclass(frozen=True)
class Estimate:
    """A measure, 0..1, with its 95 % interval; NaN when there is nothing to count.

    Attributes:
        value: The measure.
        low: Lower end of the interval. NaN when each class that is counted has only one patient or slide, because the
            next one could give any result.
        high: Upper end of the interval, or NaN as in `low`.
        n: Number of fields that are counted.
        groups: Number of patients or slides of these fields.
    """

    value: float
    low: float
    high: float
    n: int
    groups: int

    def __str__(self) -> str:
        """Return `0.912 (0.850-0.950)`, for tables, with `-` in place of NaN."""
        if math.isnan(self.value):
            return "-"
        interval = "-" if math.isnan(self.low) else f"{self.low:.3f}-{self.high:.3f}"
        return f"{self.value:.3f} ({interval})"


def draw_groups(groups: int, resamples: int, rng: np.random.Generator) -> Counts:
    """Draw groups with replacement: how often each of `groups` (>= 1) is drawn, shape (resamples, groups)."""
    return rng.multinomial(groups, np.full(groups, 1 / groups), resamples)


def number_groups(truth: Counts, group: Groups) -> tuple[Counts, Counts]:
    """Number the groups of n fields.

    Args:
        truth: Each field's class, shape (n,).
        group: Each field's patient or slide, shape (n,). The same name under two classes is two groups.

    Returns:
        Each field's group as a number from 0, shape (n,), and each group's class, shape (groups,).
    """
    names, place = np.unique(group, return_inverse=True)
    keys, row = np.unique(truth * max(len(names), 1) + place, return_inverse=True)
    return row, keys // max(len(names), 1)


def one_each(of_class: Counts) -> bool:
    """Return whether no class has a second group, so that all draws are equal.

    Args:
        of_class: Each group's class, shape (groups,).
    """
    return len(np.unique(of_class)) == len(of_class)


def estimate_share(
    hit: Flags,
    among: Flags,
    truth: Counts,
    group: Groups,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Estimate the share of the fields `among` that are also `hit`. All arrays have shape (n,)."""
    row, of_class = number_groups(truth, group)
    size = len(of_class)
    hits, fields = (np.bincount(row[flags], minlength=size) for flags in (hit & among, among))
    rng = np.random.default_rng(seed)
    drawn = np.zeros((2, resamples))
    for place in np.unique(of_class):
        own = of_class == place
        drawn += (
            draw_groups(int(own.sum()), resamples, rng) @ np.stack([hits[own], fields[own]], 1)
        ).T
    return make_estimate(
        ratio(hits.sum(), fields.sum()),
        ratio(*drawn),
        int(fields.sum()),
        int((fields > 0).sum()),
        stuck=one_each(of_class),
    )


def ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> Floats:
    """Divide part by whole; NaN where the whole is 0."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0))


def make_estimate(
    value: npt.ArrayLike, drawn: Floats, n: int, groups: int, *, stuck: bool
) -> Estimate:
    """Combine a measure and its draws to an estimate.

    Args:
        value: The measure of all fields.
        drawn: The measure of each draw, shape (resamples,); NaN when a draw has nothing to count.
        n: Number of fields that are counted.
        groups: Number of patients or slides of these fields.
        stuck: Whether all draws are equal (see `one_each`). Then there is no interval.
    """
    number = float(np.asarray(value))
    low = high = math.nan
    if not (stuck or math.isnan(number)):
        low, high = (float(bound) for bound in np.nanpercentile(drawn, INTERVAL_PERCENT))
    return Estimate(number, low, high, n, groups)


def replace_nan(value: object) -> object:
    """Replace floats that are not finite, at any depth, by None, because JSON has no NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: replace_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [replace_nan(part) for part in value]
    return value
