"""Renders fields on which calibration is measured: slides, single cells, and the camera's frames of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from leukoscope.field import Rgb
from leukoscope.simulator import red_cells, white_cells
from leukoscope.simulator.hematology import Diagnosis, RenderedCellType
from leukoscope.simulator.micrometer import MicrometerSlide, render_micrometer
from leukoscope.simulator.optics import (
    defocus,
    expose,
)
from leukoscope.simulator.sheet import Sheet
from leukoscope.simulator.smear import SmearSlide, prepare, render_field
from leukoscope.simulator.stage import Slide

UM_PER_PX, SHAPE = 0.155, (760, 1014)
"""Size of a field that the device captures: 157 x 118 µm."""
LIVE_UM_PER_PX, LIVE_SHAPE = 0.31, (380, 507)
"""Size of a frame of the simulated camera's live stream, which the self-test uses."""
VIEW_UM = (118.0, 157.0)

FIRST_SEED = 40400
CLASSES = tuple(diagnosis for diagnosis in Diagnosis if diagnosis is not Diagnosis.EMPTY)

Light = npt.NDArray[np.float32]
"""Linear light, shape (height, width, 3); the background is 1."""

SHADINGS = (0.15, 0.3, 0.5)
"""Loss of light in the corners: little, some, much."""


def render_light(
    slide: Slide,
    defocus_um: float = 0.0,
    *,
    um_per_px: float = UM_PER_PX,
    shape: tuple[int, int] = SHAPE,
) -> Light:
    """Render a slide's first field as the objective images it."""
    if isinstance(slide, MicrometerSlide):
        sharp = render_micrometer(slide, 0, um_per_px=um_per_px, shape=shape)
    elif isinstance(slide, SmearSlide):
        sharp = render_field(slide, 0, um_per_px=um_per_px, shape=shape).transmittance
    else:
        return np.ones((*shape, 3), np.float32)
    return defocus(sharp, defocus_um, um_per_px)


def render_live_light(slide: Slide, defocus_um: float = 0.0) -> Light:
    """Render a slide's first field at the scale of the live stream."""
    return render_light(slide, defocus_um, um_per_px=LIVE_UM_PER_PX, shape=LIVE_SHAPE)


def list_slides(number: int) -> list[tuple[int, SmearSlide]]:
    """List slides of each class with their seeds. All seeds differ, so no two have the same stain or red cells."""
    return [
        (seed, SmearSlide(diagnosis, seed))
        for place, diagnosis in enumerate(CLASSES)
        for seed in range(FIRST_SEED + 100 * place, FIRST_SEED + 100 * place + number)
    ]


def photograph(
    light: Light,
    seed: int,
    *,
    exposure: float = 1.0,
    shading: float = 0.15,
    tint: tuple[float, float] = (1.0, 1.0),
) -> Rgb:
    """Photograph some light. With an exposure of 1 the background has level 225."""
    rng = np.random.default_rng(seed)
    return expose(light, led_level=1.0, exposure=exposure, shading=shading, rng=rng, led_tint=tint)


def render_white_cell(
    cell_type: RenderedCellType,
    seed: int,
    reach_um: tuple[float, float] = (60.0, 40.0),
    shape: tuple[int, int] = SHAPE,
) -> Light:
    """Render one white cell of 11 µm on clear glass, in focus, at most reach_um (across, down) from the middle."""
    x, y = np.random.default_rng(seed).uniform(-np.array(reach_um), reach_um)
    canvas = Sheet(shape, UM_PER_PX)
    stain = prepare(SmearSlide(Diagnosis.NORMAL, seed)).stain
    cell = white_cells.RenderedWhiteCell(cell_type, x, y, 11.0, seed)
    white_cells.draw(canvas, cell, stain, 0.0)
    return canvas.transmittance()


def render_red_cell(
    seed: int, reach_um: tuple[float, float] = (60.0, 40.0), shape: tuple[int, int] = SHAPE
) -> Light:
    """Render one red cell of 7.2 µm on clear glass, in focus, at most reach_um (across, down) from the middle."""
    x, y = np.random.default_rng(seed).uniform(-np.array(reach_um), reach_um)
    look = prepare(SmearSlide(Diagnosis.NORMAL, seed))
    values = (x, y, 3.6, 1.1, 0.0, 0.0, 0.0, 0.0, 0.8, 0.0, 0.0, 1.0)
    cell = red_cells.RedCells(*(np.array([value]) for value in values))
    canvas = Sheet(shape, UM_PER_PX)
    red_cells.draw(canvas, cell, look.red_cells, look.stain.red_cell)
    return canvas.transmittance()
