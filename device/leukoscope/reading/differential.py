"""The differential: how many white cells of each type are in the fields of a slide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, NOT_COUNTED, CellType
from leukoscope.reading.relative_size import types_by_relative_size
from leukoscope.reading.results import FieldReading

ABNORMAL = {
    "blasts": BLASTS,
    "immature_granulocytes": frozenset({CellType.MYELOCYTE}),
    "atypical_lymphocytes": frozenset({CellType.ATYPICAL_LYMPHOCYTE}),
}
"""Groups of types that are almost absent from normal blood, by name."""

NORMAL_SHARE = 0.02
"""If a reader sees no larger share of such a group in normal blood, nothing is corrected."""

Baseline: TypeAlias = Mapping[str, float]
"""For each group of `ABNORMAL`, the share (0..1) of a control slide's counted cells that was read as it."""


@dataclass(frozen=True)
class Differential:
    """How many of a slide's finds are of each type.

    Attributes:
        counts: One per `CellType`, >= 0. They are sums of the finds' probabilities, so they are not whole numbers.
    """

    counts: tuple[float, ...]

    def count(self, *types: CellType) -> float:
        """Return how many finds are of one of these types."""
        return sum(self.counts[CELL_TYPES.index(cell_type)] for cell_type in types)

    @property
    def cells(self) -> float:
        """Number of white cells counted: all finds except smudge cells and artefacts."""
        return sum(self.counts) - self.count(*NOT_COUNTED)

    def share(self, *types: CellType) -> float:
        """Return the share of the counted cells that are of these types, 0..1; 0 if no cell was counted."""
        return self.count(*types) / self.cells if self.cells else 0.0


def differential_of(
    readings: Sequence[FieldReading], baseline: Baseline | None = None
) -> Differential:
    """Count the cells of some fields of one slide, whose cells were read one by one.

    Their types are first corrected for the size of nuclei on this slide (see relative_size.py).

    If the baseline has a larger share of an abnormal group than `NORMAL_SHARE`, the probability of that group is
    lowered in every cell by the same factor (correction of prior probabilities, Saerens et al., Neural
    Computation 14, 2002, 21-41).

    Args:
        readings: The readings of the fields. Cells without types are left out.
        baseline: How this device reads normal blood; None when that is not known.
    """
    cells = [cell for reading in readings for cell in reading.white_cells if cell.types]
    if not cells:
        return Differential((0.0,) * len(CELL_TYPES))
    rows = types_by_relative_size(cells)
    if baseline is not None:
        rows = rows * _weights(baseline)
        rows /= rows.sum(axis=1, keepdims=True)
    # A find that is probably not a white cell (> 0.5) does not count at all, not even in part.
    no_cell = rows[:, _NOT_COUNTED].sum(axis=1) > 0.5
    rows[no_cell] = np.where(_NOT_COUNTED, rows[no_cell], 0)
    rows[~no_cell] = np.where(_NOT_COUNTED, 0, rows[~no_cell])
    rows /= rows.sum(axis=1, keepdims=True)
    return Differential(tuple(float(count) for count in rows.sum(axis=0)))


def _weights(baseline: Baseline) -> npt.NDArray[np.float64]:
    weights = np.ones(len(CELL_TYPES))
    for name, types in ABNORMAL.items():
        for cell_type in types:
            weights[CELL_TYPES.index(cell_type)] = NORMAL_SHARE / max(baseline[name], NORMAL_SHARE)
    return weights


_NOT_COUNTED = np.array([cell_type in NOT_COUNTED for cell_type in CELL_TYPES])
