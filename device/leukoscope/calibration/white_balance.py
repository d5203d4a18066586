"""White balance: finds the gains of red and blue that make empty glass grey."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from leukoscope.errors import CalibrationError
from leukoscope.field import Rgb

MIN_GAIN, MAX_GAIN = 0.1, 8.0
"""Limits of the gains. A white LED on a Pi camera needs 1 to 4. Outside these limits the light is not white."""
NEUTRAL = 0.01
"""How far red and blue may be from green, as a share of linear light. One level of 225 is 1.1 %."""
CLIPPED_LEVEL = 254
"""Level from which a channel is clipped."""
MAX_CLIPPED = 0.01
"""Largest share of clipped pixels. They may be glints or hot pixels."""
MIN_GREEN = 0.05
"""Least linear level of green, 0..1. With less, noise hides the colour."""
NEAR_MEDIAN = (0.5, 1.5)
"""Pixels from the first to the second share of the median, linear, are background. Shading is within, dust is not."""


class Gains(NamedTuple):
    """Gains of red and blue, relative to green."""

    red: float
    blue: float


def linear(levels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the linear light, 0..1, of sRGB levels, 0..255, of any shape (IEC 61966-2-1)."""
    share = levels / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def next_gains(rgb: Rgb, gains: Gains) -> Gains:
    """Return the gains that would have made an empty field grey.

    If red or blue is clipped, its gain is halved. So capture again and repeat until `is_neutral`. Without clipping one
    round is enough.

    Args:
        rgb: The empty field, shape (height, width, 3).
        gains: The gains that it was made with.

    Raises:
        CalibrationError: TOO BRIGHT: green is clipped. TOO DARK: there is too little light to measure a colour.
            ODD COLOUR: a gain would be outside 0.1 to 8.
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
            f"empty glass is too dark to measure its colour (green at {green:.1%} of white): find the "
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
            f"outside {MIN_GAIN:g} to {MAX_GAIN:g}: use a white LED, without a colour filter, and empty glass",
            "ODD COLOUR",
            "use a white LED",
        )
    return wanted


def is_neutral(rgb: Rgb, tolerance: float = NEUTRAL) -> bool:
    """Return whether an empty field is grey: red and blue near green, and no channel clipped.

    Args:
        rgb: Shape (height, width, 3).
        tolerance: How far red and blue may be from green, as a share of green's linear light.
    """
    counts = _counts(rgb)
    red, green, blue = _means(counts)
    off = max(abs(red - green), abs(blue - green))
    return green >= MIN_GREEN and not any(_clipped(counts)) and off <= tolerance * green


def _counts(rgb: Rgb) -> npt.NDArray[np.int64]:
    """Return how many pixels have each level, for each channel, shape (3, 256)."""
    return np.stack([np.bincount(rgb[..., c].ravel(), minlength=256) for c in range(3)])


def _clipped(counts: npt.NDArray[np.int64]) -> list[bool]:
    return [bool(n[CLIPPED_LEVEL:].sum() > MAX_CLIPPED * n.sum()) for n in counts]


def _means(counts: npt.NDArray[np.int64]) -> list[float]:
    """Return the linear means of R, G, B near each median: finer than a level, and without dust."""
    light = linear(np.arange(256.0))
    means = []
    for levels in counts:
        median = light[int(np.searchsorted(levels.cumsum(), levels.sum() / 2))]
        near = (light >= NEAR_MEDIAN[0] * median) & (light <= NEAR_MEDIAN[1] * median)
        means.append(float(np.average(light[near], weights=levels[near])))
    return means
