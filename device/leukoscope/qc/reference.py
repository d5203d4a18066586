"""The reference: what normal cells measure here, in this stain, under this light and camera."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leukoscope.qc.slide_measures import GROUPS, MEASUREMENTS, SlideMeasures

FOUNDING_SLIDES = 3
"""Control slides that make a reference. The median of 3 normal slides errs by 0.67 of the spread between
slides, that of 5 by 0.54. Two more slides would gain little."""

FULL_SLIDES = 20
"""Slides after which the reference stays as it is. CLSI C24 (Statistical Quality Control for
Quantitative Measurement Procedures) asks for 20 values from 20 days; limits of fewer are provisional."""

PRIOR_CV = {
    "nuclear_area": 0.06,
    "cell_area": 0.06,
    "nc_ratio": 0.06,
    "lobes": 0.15,
    "roundness": 0.06,
    "nuclear_density": 0.06,
    "texture": 0.10,
    "granularity": 0.15,
}
"""Spread between normal slides, as share of the centre, that is assumed before there are slides to measure it.
Chosen, not measured."""

PRIOR_BASOPHILIA = 0.02
"""The assumed spread of basophilia, in its own unit: its centre may be 0."""

PRIOR_WEIGHT = 4
"""The assumed spread counts as much as this many slides."""


@dataclass(frozen=True)
class QcReference:
    """What control slides measure.

    Attributes:
        centre: Median over the slides of each of `MEASUREMENTS`, in its unit, and of each of `GROUPS`, as share
            0..1. One slide that is not normal shifts a median little.
        spread: How far the next good slide is expected from the centre: a standard deviation in the same unit,
            above 0.
        slides: Number of slides, `FOUNDING_SLIDES` or more.
    """

    centre: Mapping[str, float]
    spread: Mapping[str, float]
    slides: int

    def score(self, name: str, value: float) -> float:
        """Return how many spreads a value is above the centre."""
        return (value - self.centre[name]) / self.spread[name]


def make_reference(slides: Sequence[SlideMeasures]) -> QcReference | None:
    """Return the reference of control slides; None if there are too few."""
    if len(slides) < FOUNDING_SLIDES:
        return None
    centre, spread = {}, {}
    for name in MEASUREMENTS:
        values = [slide.medians[name] for slide in slides]
        centre[name] = statistics.median(values)
        prior = PRIOR_CV.get(name, 0.0) * abs(centre[name])
        spread[name] = _expected(values, prior or PRIOR_BASOPHILIA)
    cells = statistics.mean(slide.cells for slide in slides)
    for name in GROUPS:
        values = [slide.shares[name] for slide in slides]
        centre[name] = statistics.median(values)
        spread[name] = _expected(values, _counting_spread(statistics.mean(values), cells))
    return QcReference(centre, spread, len(slides))


def _expected(values: Sequence[float], prior: float) -> float:
    """How far the next value is expected from the centre of these (two or more).

    This is their standard deviation, pooled with the prior one by degrees of freedom: limits from three slides
    alone would reject good slides all the time, or never. It is widened by the error of the centre itself: a
    median's variance is pi / 2n of the values'.
    """
    freedom = len(values) - 1
    squares = PRIOR_WEIGHT * prior**2 + freedom * statistics.variance(values)
    variance = squares / (PRIOR_WEIGHT + freedom)
    return math.sqrt(variance * (1 + math.pi / 2 / len(values)))


def _counting_spread(share: float, cells: float) -> float:
    """Standard deviation of a share by counting alone, binomial.

    Jeffreys' half cell is added, for a share of 0 or 1.
    """
    likely = (share * cells + 0.5) / (cells + 1)
    return math.sqrt(likely * (1 - likely) / cells)
