"""Measures how far pictures of one specimen are shifted against each other, by cross-correlation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.field import Rgb

LOOK_UM_PER_PX = 0.31
"""Scale, about, at which motion is measured: it shows sharp edges, but no pixel noise."""
LOOK_PX = 256
"""Side of the square in the middle of the picture in which motion is measured."""

DETAIL_PX = 16
"""Anything broader than this is taken for shading, which does not move with the stage."""
MIN_CONTRAST = 1.5
"""Least standard deviation of the detail, in levels, for motion to be seen. Noise stays below 1."""
MIN_CORRELATION = 0.3
"""Least correlation of two squares that show the same part of the slide. Below it the stage moved out of the square."""

_Plane = npt.NDArray[np.float32]
_Spectrum = npt.NDArray[np.complexfloating]


@dataclass(frozen=True)
class Motion:
    """How pictures are shifted against the first.

    Attributes:
        um: The largest shift, in micrometres.
        sharpest: Number of the sharpest picture, from 0.
    """

    um: float
    sharpest: int


def find_motion(pictures: Sequence[Rgb], um_per_px: float) -> Motion:
    """Measure how far pictures moved against the first, to a fraction of a pixel, and find the sharpest.

    Where there is nothing to see (empty glass), the motion is 0. A specimen that left the square counts as moved
    by half the square's side.

    Args:
        pictures: Two or more pictures of one shape, (height, width, 3).
        um_per_px: Their scale, micrometres per pixel.
    """
    factor = max(1, round(LOOK_UM_PER_PX / um_per_px))
    looks = [_extract_detail(rgb, factor) for rgb in pictures]
    slopes = [float(np.square(np.diff(look, axis=1)).mean()) for look in looks]
    sharpest = int(np.argmax(slopes))
    first = looks[0]
    if float(first.std()) < MIN_CONTRAST:
        return Motion(0.0, sharpest)
    spectra = [np.fft.rfft2(_fade(look)) for look in looks]
    moved = max(_measure_shift(spectra[0], other, first.shape) for other in spectra[1:])
    return Motion(moved * factor * um_per_px, sharpest)


def _extract_detail(rgb: Rgb, factor: int) -> _Plane:
    """Return the detail of the middle square in green, `factor` times smaller."""
    height, width = rgb.shape[:2]
    side = min(LOOK_PX * factor, height, width) // factor * factor
    top, left = (height - side) // 2, (width - side) // 2
    green = np.ascontiguousarray(rgb[top : top + side, left : left + side, 1])
    look = Image.fromarray(green).reduce(factor)
    shading = look.reduce(DETAIL_PX).resize(look.size, Image.Resampling.BILINEAR)
    return np.asarray(look, np.float32) - np.asarray(shading, np.float32)


def _fade(look: _Plane) -> _Plane:
    """Subtract the mean and fade to 0 at the rim. Otherwise the two rims would be the strongest edges of all."""
    down, across = (np.hanning(n).astype(np.float32) for n in look.shape)
    return np.asarray((look - look.mean()) * down[:, None] * across)


def _measure_shift(first: _Spectrum, other: _Spectrum, shape: tuple[int, ...]) -> float:
    """Return the distance in pixels between two squares of `shape`, given their spectra."""
    height, width = shape
    correlation = np.fft.irfft2(other * first.conj(), (height, width))
    y, x = divmod(int(correlation.argmax()), width)
    energy = np.sqrt(_energy(first, width) * _energy(other, width))
    if correlation[y, x] * correlation.size < MIN_CORRELATION * energy:
        return min(height, width) / 2
    row, column = correlation[y], correlation[:, x]
    down = (y + height // 2) % height - height // 2 + _find_peak(column, y)
    across = (x + width // 2) % width - width // 2 + _find_peak(row, x)
    return float(np.hypot(down, across))


def _energy(spectrum: _Spectrum, width: int) -> float:
    """Sum the power of the whole spectrum, of which rfft2 gives one half."""
    power = np.square(np.abs(spectrum))
    halved = power[:, 1 : (width + 1) // 2]
    return float(power.sum() + halved.sum())


def _find_peak(values: npt.NDArray[np.floating], at: int) -> float:
    """Find the top of a parabola through the value `at` and its two neighbours: its distance from `at`, -0.5..0.5."""
    before, top, after = values[at - 1], values[at], values[(at + 1) % len(values)]
    bend = before - 2 * top + after
    return float((before - after) / (2 * bend)) if bend < 0 else 0.0
