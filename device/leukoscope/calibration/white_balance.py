"""White balance: the gains of red and blue that make empty glass grey."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from leukoscope.errors import CalibrationError
from leukoscope.field import Rgb

MIN_GAIN, MAX_GAIN = 0.1, 8.0
"""Gains of a white LED on a Pi camera are 1 to 4; beyond these the light is not white."""
NEUTRAL = 0.01
"""How far red and blue may be from green, linear: one level of 225 is 1.1 %."""
CLIPPED_LEVEL = 254
"""Level from which a channel is clipped."""
MAX_CLIPPED = 0.01
"""Most pixels, as a share, that may be clipped: glints and hot pixels."""
MIN_GREEN = 0.05
"""Least linear level of green by which a colour can be told from noise."""
NEAR_MEDIAN = (0.5, 1.5)
"""Pixels of these shares of the median, linear, are glass: shading stays in, dust does not."""


class Gains(NamedTuple):
    """Gains of red and blue, relative to green."""

    red: float
    blue: float


def linear(levels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Linear light, 0..1, of sRGB levels, 0..255, any shape (IEC 61966-2-1)."""
    share = levels / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def next_gains(rgb: Rgb, gains: Gains) -> Gains:
    """The gains that would have made an empty field grey.

    rgb: the empty field, shape (height, width, 3). gains: those that it was made with. One round is
    enough when nothing was clipped; a red or blue that is clipped has its gain halved, so go on
    until `is_neutral`.

    Raises CalibrationError: TOO BRIGHT when green is clipped, TOO DARK when there is too little
    light to tell a colour, ODD COLOUR when a gain would leave 0.1 to 8.
    """
    counts = _counts(rgb)
    clipped = _clipped(counts)
    if clipped[1]:
        raise CalibrationError(
            f"empty glass is clipped (green at {CLIPPED_LEVEL} or more): find the exposure first, "
            "and keep stray light out",
            "TOO BRIGHT",
            "shorten exposure",
        )
    red, green, blue = _means(counts)
    if green < MIN_GREEN:
        raise CalibrationError(
            f"empty glass is too dark to tell its colour (green at {green:.1%} of white): find the "
            "exposure first, and check the LED",
            "TOO DARK",
            "check LED and slide",
        )
    wanted = Gains(
        gains.red / 2 if clipped[0] else gains.red * green / max(red, 1e-6),
        gains.blue / 2 if clipped[2] else gains.blue * green / max(blue, 1e-6),
    )
    if not all(MIN_GAIN <= gain <= MAX_GAIN for gain in wanted):
        raise CalibrationError(
            f"white balance would need gains of {wanted.red:.2f} (red) and {wanted.blue:.2f} (blue), "
            f"beyond {MIN_GAIN:g} to {MAX_GAIN:g}: use a white LED, without a colour filter, and empty glass",
            "ODD COLOUR",
            "use a white LED",
        )
    return wanted


def is_neutral(rgb: Rgb, tolerance: float = NEUTRAL) -> bool:
    """Whether an empty field is grey: red and blue within `tolerance` of green, none clipped.

    rgb: shape (height, width, 3). tolerance: share of green, linear.
    """
    counts = _counts(rgb)
    red, green, blue = _means(counts)
    off = max(abs(red - green), abs(blue - green))
    return green >= MIN_GREEN and not any(_clipped(counts)) and off <= tolerance * green


def _counts(rgb: Rgb) -> npt.NDArray[np.int64]:
    """How many pixels have each level, per channel; shape (3, 256)."""
    return np.stack([np.bincount(rgb[..., c].ravel(), minlength=256) for c in range(3)])


def _clipped(counts: npt.NDArray[np.int64]) -> list[bool]:
    return [bool(n[CLIPPED_LEVEL:].sum() > MAX_CLIPPED * n.sum()) for n in counts]


def _means(counts: npt.NDArray[np.int64]) -> list[float]:
    """Linear means of R, G, B over what is near each median: finer than a level, robust to dust."""
    light = linear(np.arange(256.0))
    means = []
    for levels in counts:
        median = light[int(np.searchsorted(levels.cumsum(), levels.sum() / 2))]
        near = (light >= NEAR_MEDIAN[0] * median) & (light <= NEAR_MEDIAN[1] * median)
        means.append(float(np.average(light[near], weights=levels[near])))
    return means
