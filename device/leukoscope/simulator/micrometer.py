"""Renders a stage micrometer: glass with ruled lines, with which a microscope's scale is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LINE_UM = 2.0
"""Width of a line on the usual stage micrometer of 1 mm in 100 divisions."""

_LENGTHS_UM = (50.0, 70.0, 90.0)
"""Length of a line, of every fifth and of every tenth line. The longest fits into the height of a field."""

_INK = 0.02
"""Share of the light that passes a line of chrome."""

_FIELD = 4
"""First word of the seeds. It differs from those of smears."""


@dataclass(frozen=True)
class MicrometerSlide:
    """Clear glass with upright dark lines, 2 µm wide, side by side.

    Attributes:
        pitch_um: Distance from the middle of one line to the next, µm, above 4.
        angle_deg: How far the slide is turned, degrees, anticlockwise in the picture.
        seed: Decides where the lines are in a field; 0 or more.
    """

    pitch_um: float = 10.0
    angle_deg: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 2.0 * LINE_UM < self.pitch_um < np.inf:
            raise ValueError(
                f"a micrometer's pitch must be above {2.0 * LINE_UM:g} µm, not {self.pitch_um}"
            )
        if not np.isfinite(self.angle_deg):
            raise ValueError(f"a micrometer's angle must be a number, not {self.angle_deg}")
        if self.seed < 0:
            raise ValueError(f"a slide's seed must be 0 or more, not {self.seed}")


def render_micrometer(
    slide: MicrometerSlide, index: int, *, um_per_px: float, shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Render one field of a stage micrometer. The scale crosses the field from side to side.

    Args:
        slide: The micrometer.
        index: Number of the field, 0 or more. The lines are at another place in each field.
        um_per_px: Scale, micrometres per pixel.
        shape: Height and width in pixels.

    Returns:
        Transmittance, shape (height, width, 3), float32, linear light 0..1, the same in R, G and B. A pixel on an
        edge has the share of the line that covers it (exact if the slide is not turned).
    """
    height, width = shape
    rng = np.random.default_rng(np.random.SeedSequence((_FIELD, slide.seed, index)))
    # The marks repeat every ten divisions, so this covers every place along the scale.
    along_um, below_um = rng.uniform(0.0, 10.0 * slide.pitch_um), rng.uniform(-5.0, 5.0)
    turn = np.deg2rad(slide.angle_deg)
    cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    x = ((np.arange(width) - (width - 1) / 2) * um_per_px).astype(np.float32)[None, :]
    y = ((np.arange(height) - (height - 1) / 2) * um_per_px).astype(np.float32)[:, None]
    across = x * cosine - y * sine + np.float32(along_um)
    down = x * sine + y * cosine + np.float32(below_um)
    line = np.rint(across / np.float32(slide.pitch_um))
    across -= line * np.float32(slide.pitch_um)
    length = np.full(line.shape, _LENGTHS_UM[0], dtype=np.float32)
    length[line % 5 == 0] = _LENGTHS_UM[1]
    length[line % 10 == 0] = _LENGTHS_UM[2]
    # The lower ends of all lines are at one height, and the longest line is in the middle of the field.
    foot = np.float32(_LENGTHS_UM[2] / 2)
    # A turned pixel is treated as an upright one that is as wide as the turned one.
    pixel = float(um_per_px * (abs(cosine) + abs(sine)))
    covered = _measure_overlap(across, np.float32(-LINE_UM / 2), np.float32(LINE_UM / 2), pixel)
    covered *= _measure_overlap(down, foot - length, foot, pixel)
    passed = (1.0 - np.float32(1.0 - _INK) * covered)[:, :, None]
    return np.repeat(passed, 3, axis=2)


def _measure_overlap(
    at: npt.NDArray[np.float32],
    low: npt.NDArray[np.float32] | np.float32,
    high: npt.NDArray[np.float32] | np.float32,
    pixel: float,
) -> npt.NDArray[np.float32]:
    """Return the share, 0..1, of a pixel that is between low and high.

    Args:
        at: Middle of the pixel.
        low: Lower limit.
        high: Upper limit.
        pixel: Width of the pixel.
    """
    half = np.float32(pixel / 2)
    inside = np.minimum(at + half, high) - np.maximum(at - half, low)
    return np.asarray(np.maximum(inside, 0.0) / np.float32(pixel), dtype=np.float32)
