"""The reference: the values that normal cells have on this device, with its stain, light and camera."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leukoscope.qc.slide_measures import GROUPS, MEASUREMENTS, SlideMeasures

FOUNDING_SLIDES = 3
"""Number of control slides that make the first reference. The median of 3 normal slides has an error of 0.67 times
the spread between slides, and that of 5 slides 0.54 times. Two more slides would gain little."""

FULL_SLIDES = 20
"""The reference grows up to this number of slides, and then stays as it is. CLSI C24 (Statistical Quality Control for
Quantitative Measurement Procedures) asks for 20 values from 20 days. Limits from fewer values are provisional."""

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
"""Assumed spread between normal slides, as a share of the centre, for when there are too few slides to measure it. The
values were chosen, not measured."""

PRIOR_BASOPHILIA = 0.02
"""Assumed spread of basophilia, in its own unit, because its centre may be 0."""

PRIOR_WEIGHT = 4
"""The assumed spread counts as much as this many slides."""


@dataclass(frozen=True)
class QcReference:
    """Centre and spread of what the control slides measure.

    Attributes:
        centre: Median over the slides, of each of `MEASUREMENTS` in its unit and of each of `GROUPS` as a share 0..1.
            A single slide that is not normal shifts a median little.
        spread: Expected distance of the next good slide from the centre: a standard deviation in the same unit,
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
    """Return the reference that these control slides make, or None if they are too few."""
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
    """Return the expected distance of the next value from the centre of these two or more values.

    It is their standard deviation, pooled with the assumed one (`prior`) by degrees of freedom. With limits from three
    slides alone, good slides would be rejected all the time, or bad ones never. It is widened by the error of the
    centre itself: the variance of a median is pi / 2n times that of the values.
    """
    freedom = len(values) - 1
    squares = PRIOR_WEIGHT * prior**2 + freedom * statistics.variance(values)
    variance = squares / (PRIOR_WEIGHT + freedom)
    return math.sqrt(variance * (1 + math.pi / 2 / len(values)))


def _counting_spread(share: float, cells: float) -> float:
    """Return the binomial standard deviation of a share, which comes from counting alone.

    Jeffreys' half cell is added, so that it is above 0 for a share of 0 or 1.
    """
    likely = (share * cells + 0.5) / (cells + 1)
    return math.sqrt(likely * (1 - likely) / cells)
