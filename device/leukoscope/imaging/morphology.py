"""Growing, shrinking and smoothing of small masks and planes, or of stacks of them, with numpy alone.

Rows and columns are the last two axes; any axes before them count masks of their own.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Mask: TypeAlias = npt.NDArray[np.bool_]
Plane: TypeAlias = npt.NDArray[np.float32]


def dilate(mask: Mask, steps: int) -> Mask:
    """Dilate `mask` by `steps` pixels each way: alternately by a cross and a square, which is nearly a disc."""
    *stack, height, width = mask.shape
    # All pixels in one line, with an empty one after each row and an empty row after each mask: a shift of
    # the line is a shift of every mask, and numpy is several times as fast at one long line as at many rows.
    framed = np.zeros((*stack, height + 1, width + 1), np.bool_)
    framed[..., :-1, :-1] = mask
    line, row = framed.reshape(-1), width + 1
    for step in range(steps):
        before = line.copy()
        line[row:] |= before[:-row]
        line[:-row] |= before[row:]
        if step % 2:
            before = line.copy()
        line[1:] |= before[:-1]
        line[:-1] |= before[1:]
        framed[..., -1, :] = False
        framed[..., -1] = False
    return framed[..., :-1, :-1].copy()


def erode(mask: Mask, steps: int) -> Mask:
    """Erode `mask` by `steps` pixels each way; beyond the picture everything counts as mask."""
    return ~dilate(~mask, steps)


def touched(mask: Mask, by: Mask) -> Mask:
    """Return the 4-connected parts of `mask` that have a pixel of `by`; both of the same shape."""
    part, more = np.zeros_like(mask), mask & by
    while not np.array_equal(part, more):
        part, more = more, dilate(more, 1) & mask
    return part


def pixels(masks: Mask) -> npt.NDArray[np.intp]:
    """Return the number of pixels of each of a stack of masks, shape (masks,)."""
    return np.array([np.count_nonzero(mask) for mask in masks], np.intp)


def box_mean(plane: npt.NDArray[np.float32] | Mask, radius: int) -> Plane:
    """Return the mean over the square of 2 radius + 1 pixels around each pixel; the rim is repeated outwards."""
    *stack, height, width = plane.shape
    side = 2 * radius + 1
    margins = [(0, 0)] * len(stack) + [(radius, radius)] * 2
    padded: Plane = np.pad(plane.astype(np.float32), margins, mode="edge")
    down = padded[..., :height, :].copy()
    for row in range(1, side):
        down += padded[..., row : row + height, :]
    mean = down[..., :width].copy()
    for column in range(1, side):
        mean += down[..., column : column + width]
    return mean / np.float32(side * side)
