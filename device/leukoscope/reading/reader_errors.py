"""How wrong a cell reader is, and where it learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LABORATORIES = 2
"""A class is named only if it was learned in at least so many laboratories. What was learned in one may be the look of
that laboratory's stain."""


BASELINE_SPREAD = 0.04
"""Standard deviation of the baseline's share of blasts if none is given: that of counting 10 %, the most that a control
slide may have, on 50 cells, the fewest that it may have."""


@dataclass(frozen=True)
class Rate:
    """A rate that is known only roughly.

    Attributes:
        mean: Its mean, 0..1.
        spread: Its standard deviation, 0 or more.
    """

    mean: float
    spread: float

    def draw(self, rng: np.random.Generator, number: int) -> npt.NDArray[np.float64]:
        """Draw values that it could have: shape (number,), 0..1. A normal distribution, cut off at 0 and 1."""
        return np.clip(rng.normal(self.mean, self.spread, number), 0.0, 1.0)


@dataclass(frozen=True)
class ReaderErrors:
    """How wrong a cell reader's shares are, and in how many laboratories it learned each class. From the model's card.

    Attributes:
        blast_sensitivity: Share of true blasts that the reader calls blasts, mean over laboratories.
        blast_sensitivity_spread: Standard deviation of that share between laboratories.
        false_blasts: Share of other cells that it calls blasts, mean over laboratories.
        false_blasts_spread: Standard deviation of that share between laboratories.
        effective_cells: Beyond this number of cells, more cells hardly make its shares more exact.
        lymphoblast_share: Share of lymphoblasts, among the cells it calls blasts, at which ALL and AML are
            equally probable.
        lymphoblast_spread: Standard deviation of that share between patients.
        laboratories: For each of `LABELS`, the number of laboratories it was learned in.
    """

    blast_sensitivity: float
    blast_sensitivity_spread: float
    false_blasts: float
    false_blasts_spread: float
    effective_cells: float
    lymphoblast_share: float
    lymphoblast_spread: float
    laboratories: Mapping[str, int]

    @property
    def sensitivity_rate(self) -> Rate:
        """The sensitivity to blasts in a laboratory that the reader has not seen."""
        return Rate(self.blast_sensitivity, self.blast_sensitivity_spread)

    @property
    def false_blast_rate(self) -> Rate:
        """The rate of false blasts in a laboratory that the reader has not seen."""
        return Rate(self.false_blasts, self.false_blasts_spread)

    def seen_share(self, true_share: float, false_blasts: float) -> float:
        """Return the share of blasts, 0..1, that the reader sees on average where this share is true.

        Args:
            true_share: True share of blasts, 0..1.
            false_blasts: Share of other cells that it calls blasts, 0..1.
        """
        return false_blasts + true_share * (self.blast_sensitivity - false_blasts)

    def tells_apart(self, *labels: str) -> bool:
        """Return whether each of these classes was learned in enough laboratories (`LABORATORIES`)."""
        return all(self.laboratories[label] >= LABORATORIES for label in labels)
