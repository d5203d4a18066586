"""Measures white cells: area, shape, density and colour of their nuclei and cytoplasm.

These are the features that haematologists describe (ICSH 2015: size, N:C ratio, lobes, chromatin, granules,
basophilia). Each is measured relative to the field's own red cells or to the cell itself. A stronger stain or a
brighter lamp therefore changes it little.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from leukoscope.imaging.components import components
from leukoscope.imaging.morphology import Mask, Plane, box_mean, count_pixels, erode
from leukoscope.reading.cell_view import CellViews
from leukoscope.reading.results import Measurements

Values: TypeAlias = npt.NDArray[np.float64]

LOBE_UM = 0.7
"""How far a nucleus is eroded to separate its lobes. The filaments between lobes are thinner than twice that."""
LEAST_LOBE_UM2 = 1.5
LEAST_CYTOPLASM_PX = 20
"""With less cytoplasm, granularity and basophilia are 0."""

MIN_TEXTURE = 0.038
"""Least texture of a nucleus. Ink, pigment and other even discs have 0.00 to 0.03. Of the white cells of six
laboratories 3 in 5846 are below it."""
MAX_NUCLEUS_UM2 = 350.0
"""Largest area of a nucleus. The largest that was found in a white cell of these laboratories is 341 µm²."""

GEOMETRY_CENTRE = (math.log(65), math.log(110), 0.7, 1.3, 0.7)
GEOMETRY_SPREAD = (0.45, 0.45, 0.18, 0.7, 0.25)
"""About the mean and the standard deviation, over all white cells, of the numbers in `geometry`. Do not change them:
trained networks depend on them."""
MIN_AREA_UM2, MAX_LOBES = 5.0, 4.0


def measure_cells(views: CellViews) -> list[Measurements]:
    """Measure each cell. If a view shows no nucleus, `lobes` is 1 and all other measurements are 0."""
    nucleus, cytoplasm = views.nucleus, views.cell & ~views.nucleus
    red, green, blue = np.moveaxis(views.dense, -1, 0)
    total: Plane = red + green + blue
    red_total = max(float(views.red_cell.sum()), 0.05)
    inner = erode(nucleus, 1)
    inner |= nucleus & ~inner.any(axis=(1, 2), keepdims=True)
    chromatin = _mean(total, inner)
    level = np.maximum(_mean(total, cytoplasm), 0.02)
    nucleus_px, cytoplasm_px = count_pixels(nucleus), count_pixels(cytoplasm)
    cell_px = nucleus_px + cytoplasm_px
    granularity = _spread(total - box_mean(total, 2), cytoplasm) / level
    basophilia = _mean(red, cytoplasm) / level - float(views.red_cell[0]) / red_total
    enough = cytoplasm_px >= LEAST_CYTOPLASM_PX
    columns = (
        nucleus_px * views.um_per_px**2,
        cell_px * views.um_per_px**2,
        nucleus_px / np.maximum(cell_px, 1),
        _count_lobes(nucleus, views.um_per_px),
        _measure_roundness(nucleus),
        chromatin / red_total,
        _spread(total, inner) / np.maximum(chromatin, 0.02),
        np.where(enough, granularity, 0),
        np.where(enough, basophilia, 0),
    )
    return [
        Measurements(round(nuclear_area, 2), round(cell_area, 2), *(round(v, 4) for v in others))
        for nuclear_area, cell_area, *others in zip(*(c.tolist() for c in columns), strict=True)
    ]


def cannot_be_cell(measurements: Measurements) -> bool:
    """Return whether a find is an artefact whatever a network says: its nucleus is too even or too large."""
    return measurements.texture < MIN_TEXTURE or measurements.nuclear_area > MAX_NUCLEUS_UM2


def geometry(measurements: Measurements) -> tuple[float, ...]:
    """Return the numbers that a cell network gets beside the picture, each about -3 to 3 with a mean near 0.

    They are the logarithms of the nucleus's and of the cell's area, the N:C ratio, the lobes and the roundness.
    """
    values = (
        math.log(max(measurements.nuclear_area, MIN_AREA_UM2)),
        math.log(max(measurements.cell_area, MIN_AREA_UM2)),
        measurements.nc_ratio,
        min(measurements.lobes, MAX_LOBES),
        measurements.roundness,
    )
    return tuple(
        (value - centre) / spread
        for value, centre, spread in zip(values, GEOMETRY_CENTRE, GEOMETRY_SPREAD, strict=True)
    )


def _mean(values: Plane, masks: Mask) -> Values:
    """Return the mean of the values in each mask, shape (masks,); 0 for an empty mask."""
    sums: Values = (values * masks).sum(axis=(1, 2), dtype=np.float64)
    return sums / np.maximum(count_pixels(masks), 1)


def _spread(values: Plane, masks: Mask) -> Values:
    """Return the standard deviation of the values in each mask, shape (masks,); 0 for an empty mask."""
    middle = _mean(values, masks).astype(np.float32)
    spread: Values = np.sqrt(_mean(np.square(values - middle[:, None, None]), masks))
    return spread


def _count_lobes(nuclei: Mask, um_per_px: float) -> Values:
    """Count the large parts of each nucleus that remain without its filaments, at least 1; shape (nuclei,)."""
    lobes = np.pad(erode(nuclei, max(1, round(LOBE_UM / um_per_px))), ((0, 0), (0, 1), (0, 0)))
    count, rows, width = lobes.shape
    # All nuclei are put in one column, with an empty row between them.
    parts = components(lobes.reshape(count * rows, width))
    of = [part.y0 // rows for part in parts if part.area_px * um_per_px**2 >= LEAST_LOBE_UM2]
    return np.maximum(np.bincount(np.array(of, np.intp), minlength=count), 1).astype(np.float64)


def _measure_roundness(masks: Mask) -> Values:
    """Return 4 pi area / perimeter², shape (masks,).

    The perimeter is estimated from the number of edges that rows and columns cross (Crofton: pi/4 for each edge).
    """
    padded = np.pad(masks, ((0, 0), (1, 1), (1, 1)))
    edges = count_pixels(padded[:, 1:] != padded[:, :-1]) + count_pixels(
        padded[..., 1:] != padded[..., :-1]
    )
    perimeter = np.pi / 4 * np.maximum(edges, 1)
    roundness: Values = 4 * np.pi * count_pixels(masks) / perimeter**2
    return roundness
