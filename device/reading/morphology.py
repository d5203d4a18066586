"""Growing, shrinking and smoothing of small masks and planes, with numpy alone."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Mask: TypeAlias = npt.NDArray[np.bool_]
Plane: TypeAlias = npt.NDArray[np.float32]


def grown(mask: Mask, steps: int) -> Mask:
    """`mask` grown by `steps` pixels each way: alternately by a cross and a square, near a disc."""
    result = mask.copy()
    for step in range(steps):
        before = result.copy()
        result[1:] |= before[:-1]
        result[:-1] |= before[1:]
        if step % 2:
            before = result.copy()
        result[:, 1:] |= before[:, :-1]
        result[:, :-1] |= before[:, 1:]
    return result


def shrunk(mask: Mask, steps: int) -> Mask:
    """`mask` shrunk by `steps` pixels each way; what lies beyond the picture counts as mask."""
    return ~grown(~mask, steps)


def box_mean(plane: npt.NDArray[np.float32] | Mask, radius: int) -> Plane:
    """Mean over the square of 2 radius + 1 pixels around each pixel; at the rim the last pixel goes on."""
    side = 2 * radius + 1
    padded = np.pad(plane, radius, mode="edge").astype(np.float32)
    rows = np.cumsum(np.pad(padded, ((1, 0), (0, 0))), axis=0, dtype=np.float32)
    down = rows[side:] - rows[:-side]
    columns = np.cumsum(np.pad(down, ((0, 0), (1, 0))), axis=1, dtype=np.float32)
    mean: Plane = (columns[:, side:] - columns[:, :-side]) / np.float32(side * side)
    return mean
