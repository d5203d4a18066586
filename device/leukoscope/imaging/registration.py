"""How far pictures of one specimen are shifted against each other, by the peak of their cross-correlation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.field import Rgb

LOOK_UM_PER_PX = 0.31
"""Scale at which motion is looked for, about: sharp edges are there, pixel noise is not."""
LOOK_PX = 256
"""Side of the square, in the middle of the picture, in which motion is looked for."""

DETAIL_PX = 16
"""What is broader than this is shading, which does not move with the stage."""
MIN_CONTRAST = 1.5
"""Least standard deviation, in levels, of detail whose motion can be seen; noise stays below 1."""
MIN_CORRELATION = 0.3
"""Least correlation of two squares that show the same glass; below it the stage moved out of the square."""

_Plane = npt.NDArray[np.float32]
_Spectrum = npt.NDArray[np.complexfloating]


@dataclass(frozen=True)
class Motion:
    """How far pictures are shifted against the first at most, in µm, and which is the sharpest (from 0)."""

    um: float
    sharpest: int


def find_motion(pictures: Sequence[Rgb], um_per_px: float) -> Motion:
    """Measure how far pictures moved against the first, to a fraction of a pixel, and find the sharpest.

    Without anything to see (empty glass) nothing moved. Glass that left the square counts as moved by half of it.

    Args:
        pictures: Two or more, each of shape (height, width, 3), all of one shape.
        um_per_px: Their scale.
    """
    factor = max(1, round(LOOK_UM_PER_PX / um_per_px))
    looks = [_look(rgb, factor) for rgb in pictures]
    slopes = [float(np.square(np.diff(look, axis=1)).mean()) for look in looks]
    sharpest = int(np.argmax(slopes))
    first = looks[0]
    if float(first.std()) < MIN_CONTRAST:
        return Motion(0.0, sharpest)
    spectra = [np.fft.rfft2(_fade(look)) for look in looks]
    moved = max(_shift(spectra[0], other, first.shape) for other in spectra[1:])
    return Motion(moved * factor * um_per_px, sharpest)


def _look(rgb: Rgb, factor: int) -> _Plane:
    """The detail in the green of the middle square, `factor` times smaller."""
    height, width = rgb.shape[:2]
    side = min(LOOK_PX * factor, height, width) // factor * factor
    top, left = (height - side) // 2, (width - side) // 2
    green = np.ascontiguousarray(rgb[top : top + side, left : left + side, 1])
    look = Image.fromarray(green).reduce(factor)
    shading = look.reduce(DETAIL_PX).resize(look.size, Image.Resampling.BILINEAR)
    return np.asarray(look, np.float32) - np.asarray(shading, np.float32)


def _fade(look: _Plane) -> _Plane:
    """Take the mean out and fade to the rim: a rim against a rim would be the strongest edge of all."""
    down, across = (np.hanning(n).astype(np.float32) for n in look.shape)
    return np.asarray((look - look.mean()) * down[:, None] * across)


def _shift(first: _Spectrum, other: _Spectrum, shape: tuple[int, ...]) -> float:
    """Distance in pixels from one look to another, by their spectra."""
    height, width = shape
    correlation = np.fft.irfft2(other * first.conj(), (height, width))
    y, x = divmod(int(correlation.argmax()), width)
    energy = np.sqrt(_energy(first, width) * _energy(other, width))
    if correlation[y, x] * correlation.size < MIN_CORRELATION * energy:
        return min(height, width) / 2
    row, column = correlation[y], correlation[:, x]
    down = (y + height // 2) % height - height // 2 + _peak(column, y)
    across = (x + width // 2) % width - width // 2 + _peak(row, x)
    return float(np.hypot(down, across))


def _energy(spectrum: _Spectrum, width: int) -> float:
    """Sum over the whole spectrum, of which rfft2 gives half."""
    power = np.square(np.abs(spectrum))
    halved = power[:, 1 : (width + 1) // 2]
    return float(power.sum() + halved.sum())


def _peak(values: npt.NDArray[np.floating], at: int) -> float:
    """Top of a parabola through a value and its two neighbours, as a distance from the value, -0.5 to 0.5."""
    before, top, after = values[at - 1], values[at], values[(at + 1) % len(values)]
    bend = before - 2 * top + after
    return float((before - after) / (2 * bend)) if bend < 0 else 0.0
