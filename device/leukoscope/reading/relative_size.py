"""Relates the size of nuclei to that of the neutrophils on the same slide.

How large nuclei are depends on how a smear was spread, dried and fixed. The median neutrophil has a nucleus of 58 µm²
in one laboratory's pictures and of 77 µm² in another's, with red cells of the same size. Lymphocytes and blasts differ
in the same way. So a nucleus that is large for one slide is not for another, and a network that sees one cell cannot
know this. All numbers here were chosen on runs that left a laboratory out
(`leukoscope-train cells tables`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, CellType
from leukoscope.reading.results import WhiteCell

NEUTROPHIL_UM2 = 55.0
"""Area of a neutrophil's nucleus where the slide has none, µm²."""
PRIOR_NEUTROPHILS = 5.0
"""Weight of `NEUTROPHIL_UM2` in the reference, as a number of cells."""
NEUTRAL_RATIO = 1.5
"""At this many times the reference, size says nothing for or against a blast."""
STEEPNESS = 3.0
"""How much the logarithm of the odds of a blast rises with the logarithm of the relative area."""
LEAST_UM2 = 5.0
"""A smaller nucleus counts as one of this area, µm²."""


def neutrophil_reference(cells: Sequence[WhiteCell]) -> float:
    """Return the area of a neutrophil's nucleus on a slide, µm².

    It is the median over the cells that were read as neutrophils, drawn towards `NEUTROPHIL_UM2` where they are few.

    Args:
        cells: The cells of the slide.
    """
    areas = [_area(cell) for cell in cells if cell.cell_type is CellType.NEUTROPHIL]
    if not areas:
        return NEUTROPHIL_UM2
    count = len(areas)
    logs = count * math.log(float(np.median(areas))) + PRIOR_NEUTROPHILS * math.log(NEUTROPHIL_UM2)
    return math.exp(logs / (count + PRIOR_NEUTROPHILS))


def types_by_relative_size(cells: Sequence[WhiteCell]) -> npt.NDArray[np.float64]:
    """Return the probabilities of the types, corrected for the size of nuclei relative to the slide's neutrophils.

    The odds of "blast" against all other types are multiplied by (relative area / `NEUTRAL_RATIO`) to the power
    `STEEPNESS`. The proportions among blasts, and among the other types, stay.

    Args:
        cells: All read cells of a slide; each has types.

    Returns:
        Shape (cells, types), rows sum to 1.
    """
    rows = np.array([cell.types for cell in cells], np.float64).reshape(-1, len(CELL_TYPES))
    if not len(rows):
        return rows
    reference = neutrophil_reference(cells)
    relative = np.array([_area(cell) / reference for cell in cells])
    rows[:, _BLASTS] *= (relative / NEUTRAL_RATIO)[:, None] ** STEEPNESS
    return np.asarray(rows / rows.sum(axis=1, keepdims=True))


def _area(cell: WhiteCell) -> float:
    area = cell.nucleus_um2 if cell.measurements is None else cell.measurements.nuclear_area
    return max(area, LEAST_UM2)


_BLASTS = [number for number, cell_type in enumerate(CELL_TYPES) if cell_type in BLASTS]
