"""Dilates, erodes and smooths small masks and planes, or stacks of them, with numpy alone.

The last two axes are rows and columns. If there are more axes, each mask of the stack is treated by itself.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Mask: TypeAlias = npt.NDArray[np.bool_]
Plane: TypeAlias = npt.NDArray[np.float32]


def dilate(mask: Mask, steps: int) -> Mask:
    """Dilate `mask` by `steps` pixels. Crosses and squares alternate, which is nearly a disc."""
    *stack, height, width = mask.shape
    # All pixels are put in one line, with an empty pixel after each row and an empty row after each mask. A shift
    # of the line then shifts every mask, and numpy is several times faster with one long line than with many rows.
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
    """Erode `mask` by `steps` pixels. Everything outside the picture counts as mask."""
    return ~dilate(~mask, steps)


def select_touched(mask: Mask, marks: Mask) -> Mask:
    """Return the 4-connected parts of `mask` that contain a pixel of `marks`; both have the same shape."""
    part, more = np.zeros_like(mask), mask & marks
    while not np.array_equal(part, more):
        part, more = more, dilate(more, 1) & mask
    return part


def count_pixels(masks: Mask) -> npt.NDArray[np.intp]:
    """Count the pixels of each mask of a stack; shape (masks,)."""
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
