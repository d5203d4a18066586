"""Measures the errors of background maps."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from leukoscope.calibration import empty_field
from leukoscope.calibration.empty_field import background_map, shrink_to_grid
from leukoscope.calibration.steps import EMPTY_FIELDS
from leukoscope.imaging.background import (
    SRGB_OFFSET,
    BackgroundMap,
)
from leukoscope.simulator.calibration_slides import CLEAN_SLIDE_DEFOCUS_UM
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import (
    SHADING_CAST,
    WELL_EXPOSED,
)
from leukoscope.simulator.smear import SmearSlide
from PIL import Image

from tests.measuring.calibration_fields import (
    FIRST_SEED,
    SHAPE,
    photograph,
    render_light,
)
from tests.measuring.calibration_tables import (
    choose_some,
    group_by_kind,
)
from tests.measuring.tables import markdown_table

MAP_SHADINGS = (0.15, 0.3, 0.5, 0.7)
DEGREES = (2, 4, 5, 6, 8)


def render_background(shading: float, shape: tuple[int, int] = SHAPE) -> npt.NDArray[np.float64]:
    """Return the true level of every pixel of the rendered background, without noise; shape (height, width, 3)."""
    down, across = (np.linspace(-1, 1, n) ** 2 / 2 for n in shape)
    loss = (down[:, None] + across)[..., None] * np.array(SHADING_CAST) * shading
    levels: npt.NDArray[np.float64] = (WELL_EXPOSED + SRGB_OFFSET) * (1 - loss) ** (
        1 / 2.4
    ) - SRGB_OFFSET
    return levels


def resize_map(
    background: BackgroundMap, shape: tuple[int, int] = SHAPE
) -> npt.NDArray[np.float64]:
    """Resize a background map to every pixel, as is done when a field is corrected."""
    planes = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(background[..., channel])).resize(
                shape[::-1], Image.Resampling.BILINEAR
            )
        )
        for channel in range(3)
    ]
    return np.stack(planes, axis=-1).astype(np.float64)


def tabulate_rendered_maps(repeats: int = 3) -> str:
    """Tabulate the errors of background maps from five rendered fields, in percent of the level."""
    rows = []
    for shading in MAP_SHADINGS:
        off = []
        for n in range(repeats):
            seeds = range(FIRST_SEED + 10 * n, FIRST_SEED + 10 * n + EMPTY_FIELDS)
            fields = [
                photograph(
                    render_light(SmearSlide(Diagnosis.EMPTY, s), CLEAN_SLIDE_DEFOCUS_UM),
                    s,
                    shading=shading,
                )
                for s in seeds
            ]
            off.append(100 * (resize_map(background_map(fields)) / render_background(shading) - 1))
        every = np.array(off)
        tall, wide = (round(n / cells / 2) for n, cells in zip(SHAPE, (24, 32), strict=True))
        inside = every[:, tall:-tall, wide:-wide]
        rms = [f"{float(np.sqrt(np.square(part).mean())):.3f}" for part in (every, inside)]
        most = [f"{float(np.abs(part).max()):.2f}" for part in (inside, every)]
        rows.append((f"{100 * shading:g} %", repeats, *rms, *most))
    head = (
        "shading",
        "maps",
        "rms, %",
        "rms without the rim, %",
        "max without the rim, %",
        "max, %",
    )
    return markdown_table(head, rows)


def tabulate_real_maps(data: Path, number: int = 100) -> str:
    """Tabulate the shading of a Pi camera that polynomials leave, from the median of many fields of chula-pi."""
    pictures = []
    for field in choose_some(group_by_kind(data)["chula-pi"], number):
        image = Image.open(field.path)
        image.draft("RGB", (image.width // 4, image.height // 4))
        pictures.append(np.asarray(image.convert("RGB")))
    typical = np.median(pictures, axis=0).round().astype(np.uint8)
    levels = shrink_to_grid(typical, empty_field.ROWS, empty_field.COLUMNS)
    rows = []
    for degree in DEGREES:
        with patch.object(empty_field, "DEGREE", degree):
            off = 100 * (levels / background_map([typical]) - 1)
        force = " (in force)" if degree == empty_field.DEGREE else ""
        rows.append((f"{degree}{force}", *np.sqrt(np.square(off).mean(axis=(0, 1))).round(2)))
    return markdown_table(("degree", "R, rms %", "G, rms %", "B, rms %"), rows)
