"""A measure with its 95 % interval: the percentile bootstrap over patients and slides."""

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
    """A measure, 0..1, with its 95 % interval; NaN where there is nothing to count.

    n: fields that it is counted over. groups: patients or slides that these are of. low, high: NaN
    when the class it is of, or each class it is over, has one patient or slide: nothing says how another
    would do.
    """

    value: float
    low: float
    high: float
    n: int
    groups: int

    def __str__(self) -> str:
        """`0.912 (0.850-0.950)`, for tables; `-` for what is NaN."""
        if math.isnan(self.value):
            return "-"
        interval = "-" if math.isnan(self.low) else f"{self.low:.3f}-{self.high:.3f}"
        return f"{self.value:.3f} ({interval})"


def draw_groups(groups: int, resamples: int, rng: np.random.Generator) -> Counts:
    """How often each of `groups` (>= 1) is drawn in each resample; shape (resamples, groups)."""
    return rng.multinomial(groups, np.full(groups, 1 / groups), resamples)


def number_groups(truth: Counts, group: Groups) -> tuple[Counts, Counts]:
    """Each field's group as a row from 0, shape (n,), and each row's class, shape (groups,).

    truth, group: shape (n,). The same name under two classes is two groups.
    """
    names, place = np.unique(group, return_inverse=True)
    keys, row = np.unique(truth * max(len(names), 1) + place, return_inverse=True)
    return row, keys // max(len(names), 1)


def one_each(of_class: Counts) -> bool:
    """Whether no class has a second group, so that no draw can differ; of_class: one a group."""
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
    """The share of the fields `among` that are `hit` too, with its interval. All of shape (n,)."""
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
    """part / whole; NaN where the whole is 0."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0))


def make_estimate(
    value: npt.ArrayLike, drawn: Floats, n: int, groups: int, *, stuck: bool
) -> Estimate:
    """A value and the same counted of each draw, shape (resamples,), NaN where a draw has none to count.

    stuck: whether no draw can differ (see `one_each`): then there is no interval.
    """
    number = float(np.asarray(value))
    low = high = math.nan
    if not (stuck or math.isnan(number)):
        low, high = (float(bound) for bound in np.nanpercentile(drawn, INTERVAL_PERCENT))
    return Estimate(number, low, high, n, groups)


def replace_nan(value: object) -> object:
    """`value` with None for each float in it, at any depth, that is not finite: JSON has no NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: replace_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [replace_nan(part) for part in value]
    return value
