"""Uses red cells as a ruler: measures the median diameter of single, round red cells in pixels.

A dried red cell is 6.0 to 8.5 µm across; the mean of a healthy person is 7.2 to 7.5 µm (Bain, Blood Cells, ch. 3).
Slides differ by about 6 %, so the median of a few dozen cells gives a scale to about 6 %. That is enough to check a
scale measured with a micrometer, but not to replace it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.errors import CalibrationError
from leukoscope.field import Rgb
from leukoscope.imaging.background import BACKGROUND_LEVEL, estimate_background
from leukoscope.imaging.components import Component, components
from leukoscope.imaging.flat_field import flatten

DIAMETER_UM = 7.5
"""Mean diameter of a red cell on a dried film."""
MIN_CELLS = 20
"""Least number of cells for a median: with a spread of 8 % its standard error is 2 %."""
UNKNOWN_UM_PER_PX = 0.17
"""First guess when the scale is not known: within a factor of 2.1 of both 0.08 and 0.35."""
MAX_FACTOR = 2.3
"""Largest factor between a cell's diameter and the expected one: the scale may be wrong by 2, a cell by 15 %."""

TISSUE = 0.06
"""Least darkness in green, as a share of the background, of a cell. Anything paler may be noise."""
MAX_ASPECT = 1.3
"""Largest ratio of the sides of a cell's box."""
ROUND = (0.88, 1.06)
"""Limits of a cell's area over that of the ellipse in its box. It is 1 for a round cell, 0.97 for a slanted ellipse
of aspect 1.3, and 0.69 for two cells that touch diagonally."""
ALIKE = (0.7, 1.3)
"""Limits of a red cell's diameter over the common diameter. Platelets are smaller, most white cells larger."""
MAX_CORE = 1.7
"""Limit of the darkness of a cell's middle over the usual darkness. Nuclei are two to four times as dark as red
cells."""

_SIDE_PX = 1000


@dataclass(frozen=True)
class RedCellSize:
    """The size of red cells.

    Attributes:
        diameter_px: Median diameter of discs with the cells' areas, in pixels of the fields.
        count: Number of cells.
    """

    diameter_px: float
    count: int


def median_red_cell_px(fields: Sequence[Rgb], um_per_px: float | None = None) -> RedCellSize:
    """Measure the median diameter of the round, single, whole red cells of some fields that have one scale.

    Args:
        fields: Each of shape (height, width, 3), in focus, at 0.08 to 0.35 µm per pixel.
        um_per_px: The scale to a factor of 2; None when it is not known.

    Raises:
        CalibrationError: FEW RED CELLS: all fields together have fewer than 20 such cells.
    """
    guess = UNKNOWN_UM_PER_PX if um_per_px is None else um_per_px
    diameters = np.array([d for rgb in fields for d in _measure_diameters(rgb, guess)])
    if len(diameters):
        # Weighted by area, so that round specks and platelets have little influence on the common diameter.
        order = np.argsort(diameters)
        area = np.cumsum(diameters[order] ** 2)
        common = diameters[order][int(np.searchsorted(area, area[-1] / 2))]
        for _ in range(2):
            alike = (diameters > ALIKE[0] * common) & (diameters < ALIKE[1] * common)
            common = float(np.median(diameters[alike]))
        diameters = diameters[alike]
    if len(diameters) < MIN_CELLS:
        raise CalibrationError(
            f"only {len(diameters)} red cells are single, round and whole, and {MIN_CELLS} are "
            "needed: focus, move to where red cells do not touch, or take more fields",
            "FEW RED CELLS",
            "thinner part of smear",
        )
    return RedCellSize(float(np.median(diameters)), len(diameters))


def _measure_diameters(rgb: Rgb, um_per_px: float) -> list[float]:
    """Measure everything that may be a single red cell: diameters in pixels."""
    shrink = max(1, max(rgb.shape[:2]) // _SIDE_PX)
    small = np.asarray(Image.fromarray(rgb).reduce(shrink))
    scale = um_per_px * shrink
    even = flatten(small, estimate_background(small, scale))
    darkness: npt.NDArray[np.float32] = 1 - even[..., 1].astype(np.float32) / BACKGROUND_LEVEL
    tissue = darkness[darkness > TISSUE]
    if not tissue.size:
        return []
    # Half of the cell's darkness is taken as its edge, because blur does not move that place.
    usual = float(np.median(tissue))
    mask = darkness > usual / 2
    expected = DIAMETER_UM / scale
    holes = [hole for hole in components(~mask) if hole.area_px < expected**2]
    return [
        diameter * shrink
        for cell in components(mask)
        if expected / MAX_FACTOR
        < (diameter := _diameter(cell, holes, mask))
        < expected * MAX_FACTOR
        and _core(cell, darkness) < MAX_CORE * usual
    ]


def _diameter(cell: Component, holes: list[Component], mask: npt.NDArray[np.bool_]) -> float:
    """Return the diameter of a disc with the cell's area, its pale middle included; 0 if not round and whole."""
    height, width = mask.shape
    wide, tall = cell.x1 - cell.x0, cell.y1 - cell.y0
    cut = cell.x0 == 0 or cell.y0 == 0 or cell.x1 == width or cell.y1 == height
    if cut or max(wide, tall) > MAX_ASPECT * min(wide, tall):
        return 0.0
    inside = sum(
        hole.area_px
        for hole in holes
        if cell.x0 < hole.x0 and hole.x1 < cell.x1 and cell.y0 < hole.y0 and hole.y1 < cell.y1
    )
    area = cell.area_px + inside
    if not ROUND[0] <= area / (np.pi / 4 * wide * tall) <= ROUND[1]:
        return 0.0
    return float(2 * np.sqrt(area / np.pi))


def _core(cell: Component, darkness: npt.NDArray[np.float32]) -> float:
    """Return the mean darkness of the middle third of a cell's box."""
    wide, tall = (cell.x1 - cell.x0) // 3, (cell.y1 - cell.y0) // 3
    middle = darkness[cell.y0 + tall : cell.y1 - tall, cell.x0 + wide : cell.x1 - wide]
    return float(middle.mean())
