"""Measuring a white cell: area, shape, density and colour of its nucleus and cytoplasm.

The measures are those of hematology's morphology (ICSH 2015: size, N:C ratio, lobes, chromatin, granules,
basophilia), each relative to the field's own red cells or to itself, so that a stronger stain or
a brighter lamp changes them little.
"""

from __future__ import annotations

import math

import numpy as np

from device.reading.cell_view import CellView
from device.reading.components import components
from device.reading.morphology import Mask, Plane, box_mean, shrunk
from device.reading.results import Measurements

LOBE_UM = 0.7
"""How far a nucleus is shrunk to part its lobes: filaments between them are thinner than twice that."""
LEAST_LOBE_UM2 = 1.5
LEAST_CYTOPLASM_PX = 20
"""Below it nothing is said of cytoplasm: granularity and basophilia are 0."""

GEOMETRY_CENTRE = (math.log(65), math.log(110), 0.7, 1.3, 0.7)
GEOMETRY_SPREAD = (0.45, 0.45, 0.18, 0.7, 0.25)
"""Of the numbers in `geometry`: about the middle and the standard deviation of all white cells'. Trained
networks depend on them."""
MIN_AREA_UM2, MAX_LOBES = 5.0, 4.0


def measured(view: CellView) -> Measurements:
    """The measurements of a cell; a nucleus of at least one pixel is in the view."""
    px_um2 = view.um_per_px**2
    nucleus = int(np.count_nonzero(view.nucleus))
    cell = int(np.count_nonzero(view.cell))
    total: Plane = view.dense[..., 0] + view.dense[..., 1] + view.dense[..., 2]
    inner = shrunk(view.nucleus, 1)
    chromatin = total[inner if inner.any() else view.nucleus]
    red_total = max(float(view.red_cell.sum()), 0.05)
    cytoplasm = view.cell & ~view.nucleus
    granularity = basophilia = 0.0
    if np.count_nonzero(cytoplasm) >= LEAST_CYTOPLASM_PX:
        detail = total - box_mean(total, 2)
        level = max(float(total[cytoplasm].mean()), 0.02)
        granularity = float(detail[cytoplasm].std()) / level
        colour = view.dense[cytoplasm].mean(axis=0)
        basophilia = float(colour[0] / max(float(colour.sum()), 0.02)) - float(
            view.red_cell[0] / red_total
        )
    return Measurements(
        nuclear_area=round(nucleus * px_um2, 2),
        cell_area=round(cell * px_um2, 2),
        nc_ratio=round(nucleus / cell, 4),
        lobes=_lobes(view.nucleus, view.um_per_px),
        roundness=round(_roundness(view.nucleus), 4),
        nuclear_density=round(float(chromatin.mean()) / red_total, 4),
        texture=round(float(chromatin.std()) / max(float(chromatin.mean()), 0.02), 4),
        granularity=round(granularity, 4),
        basophilia=round(basophilia, 4),
    )


def geometry(measurements: Measurements) -> tuple[float, ...]:
    """What a cell network is told beside the picture, each about -3 to 3 with a mean near 0.

    Logarithms of the nuclear and of the cell's area, N:C ratio, lobes, roundness.
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


def _lobes(nucleus: Mask, um_per_px: float) -> float:
    parts = components(shrunk(nucleus, max(1, round(LOBE_UM / um_per_px))))
    large = [part for part in parts if part.area_px * um_per_px**2 >= LEAST_LOBE_UM2]
    return float(max(1, len(large)))


def _roundness(mask: Mask) -> float:
    """4 pi area / perimeter², the perimeter from the edges crossed by rows and columns (Crofton: pi/4 each)."""
    padded = np.pad(mask, 1)
    edges = np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(
        padded[:, 1:] != padded[:, :-1]
    )
    perimeter = np.pi / 4 * edges
    return float(4 * np.pi * np.count_nonzero(mask) / perimeter**2)
