"""One field of several frames: their mean when nothing moved, else the sharpest of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.field import STILL_UM, Field, Rgb

LOOK_UM_PER_PX = 0.31
"""About the scale at which motion is looked for: sharp edges are there, pixel noise is not."""
LOOK_PX = 256
"""Side of the square, in the middle of the field, in which it is looked for."""

DETAIL_PX = 16
"""What is broader than this in a look is shading, which does not move with the stage."""
MIN_CONTRAST = 1.5
"""Least standard deviation, in levels, of detail that can be seen to move; noise stays below 1."""
MIN_CORRELATION = 0.3
"""Least correlation of two looks at the same glass; below it the stage moved out of the square."""


@dataclass(frozen=True)
class Motion:
    """How far frames of a burst lie apart at most, in µm, and which is the sharpest (from 0)."""

    um: float
    sharpest: int


def merge(frames: Sequence[Field]) -> Field:
    """The field of a burst: at least one frame, all of one shape and scale.

    The mean of all when they moved by less than `STILL_UM`, else the sharpest. `metadata` says
    which: Frames, FrameUsed ("mean", or the number from 1) and StageMovedUm.
    """
    if len(frames) == 1:
        return frames[0]
    motion = find_motion(frames)
    still = motion.um < STILL_UM
    chosen = frames[0 if still else motion.sharpest]
    used: object = "mean" if still else motion.sharpest + 1
    return replace(
        chosen,
        rgb=_mean([frame.rgb for frame in frames]) if still else chosen.rgb,
        metadata={
            **chosen.metadata,
            "Frames": len(frames),
            "FrameUsed": used,
            "StageMovedUm": round(motion.um, 2),
        },
        moved_um=motion.um,
    )


def find_motion(frames: Sequence[Field]) -> Motion:
    """How far the frames moved against the first, and the sharpest.

    By the peak of their cross-correlation, to a fraction of a pixel. Where there is nothing to see
    (empty glass) nothing moved. Glass that left the square counts as moved by half of it.
    """
    um_per_px = frames[0].um_per_px
    factor = max(1, round(LOOK_UM_PER_PX / um_per_px))
    looks = [_look(frame.rgb, factor) for frame in frames]
    slopes = [float(np.square(np.diff(look, axis=1)).mean()) for look in looks]
    sharpest = int(np.argmax(slopes))
    first = looks[0]
    if float(first.std()) < MIN_CONTRAST:
        return Motion(0.0, sharpest)
    spectra = [np.fft.rfft2(_windowed(look)) for look in looks]
    moved = max(_shift(spectra[0], other, first.shape) for other in spectra[1:])
    return Motion(moved * factor * um_per_px, sharpest)


def _look(rgb: Rgb, factor: int) -> npt.NDArray[np.float32]:
    """The detail in the green of the middle square, `factor` times smaller."""
    height, width = rgb.shape[:2]
    side = min(LOOK_PX * factor, height, width) // factor * factor
    top, left = (height - side) // 2, (width - side) // 2
    green = np.ascontiguousarray(rgb[top : top + side, left : left + side, 1])
    look = Image.fromarray(green).reduce(factor)
    shading = look.reduce(DETAIL_PX).resize(look.size, Image.Resampling.BILINEAR)
    return np.asarray(look, np.float32) - np.asarray(shading, np.float32)


def _windowed(look: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Without its mean, fading to the rim: a rim against a rim would be the strongest edge of all."""
    down, across = (np.hanning(n).astype(np.float32) for n in look.shape)
    return np.asarray((look - look.mean()) * down[:, None] * across)


def _shift(
    first: npt.NDArray[np.complexfloating],
    other: npt.NDArray[np.complexfloating],
    shape: tuple[int, ...],
) -> float:
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


def _energy(spectrum: npt.NDArray[np.complexfloating], width: int) -> float:
    """Sum over the whole spectrum, of which rfft2 gives half."""
    power = np.square(np.abs(spectrum))
    halved = power[:, 1 : (width + 1) // 2]
    return float(power.sum() + halved.sum())


def _peak(values: npt.NDArray[np.floating], at: int) -> float:
    """Where between its neighbours the top of a parabola through them lies, -0.5 to 0.5."""
    before, top, after = values[at - 1], values[at], values[(at + 1) % len(values)]
    bend = before - 2 * top + after
    return float((before - after) / (2 * bend)) if bend < 0 else 0.0


def _mean(pictures: Sequence[Rgb]) -> Rgb:
    """The mean, rounded; a band at a time, for the processor's cache."""
    result = np.empty_like(pictures[0])
    half = len(pictures) // 2
    for start in range(0, len(result), 64):
        rows = slice(start, start + 64)
        total = np.add(pictures[0][rows], pictures[1][rows], dtype=np.uint16)
        for picture in pictures[2:]:
            total += picture[rows]
        total += half
        total //= len(pictures)
        result[rows] = total
    return result
