"""Finds the connected components of a mask, with numpy alone, so that the device needs no SciPy or OpenCV.

A run is a row of neighbouring pixels of the mask, as long as it can be. Runs that touch runs of the row above
belong to one component. There are far fewer runs than pixels, which makes this fast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Component:
    """One 4-connected blob: area in pixels and its box (x1, y1 exclusive)."""

    area_px: int
    x0: int
    y0: int
    x1: int
    y1: int


def components(mask: npt.NDArray[np.bool_]) -> list[Component]:
    """Return the 4-connected blobs of `mask`, shape (height, width), in the order of their first pixel."""
    return label(mask)[1]


def label(mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int32], list[Component]]:
    """Label the 4-connected blobs of `mask`, shape (height, width).

    Returns:
        The number of each pixel's blob, in the shape of `mask`: 0 outside all blobs, 1 for the first blob. And the
        blobs, as from `components`.
    """
    height, width = mask.shape
    labels = np.zeros((height, width), np.int32)
    # One empty pixel before the first row and after each row keeps a run from continuing in the next row.
    line = np.zeros(1 + height * (width + 1), np.bool_)
    line[1:].reshape(height, width + 1)[:, :-1] = mask
    changes = np.flatnonzero(line[1:] != line[:-1])
    starts, ends = changes[::2], changes[1::2]
    first_of = _first_runs(starts, ends, width + 1)
    is_first = first_of == np.arange(len(starts))
    blob_of = (np.cumsum(is_first) - 1)[first_of]
    count = int(np.count_nonzero(is_first))
    area = np.bincount(blob_of, weights=ends - starts, minlength=count)
    row_of, left = np.divmod(starts, width + 1)
    x0, x1, y1 = np.full(count, width), np.zeros(count, np.intp), np.zeros(count, np.intp)
    np.minimum.at(x0, blob_of, left)
    np.maximum.at(x1, blob_of, left + ends - starts)
    np.maximum.at(y1, blob_of, row_of + 1)
    labels[mask] = np.repeat(blob_of + 1, ends - starts)
    boxes = zip(
        area.tolist(), x0.tolist(), row_of[is_first].tolist(), x1.tolist(), y1.tolist(), strict=True
    )
    return labels, [Component(int(pixels), *box) for pixels, *box in boxes]


def _first_runs(
    starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp], row: int
) -> npt.NDArray[np.intp]:
    """Find the first run of each run's blob.

    Args:
        starts: First pixel of each run, in reading order, all rows in one line.
        ends: The pixel after the last of each run.
        row: Distance in that line from a pixel to the pixel below it.

    Returns:
        The number of the first run of its blob, one per run.
    """
    # Each run touches a range of earlier runs: the runs of the row above that it overlaps.
    low = np.searchsorted(ends + row, starts, side="right")
    touching = np.searchsorted(starts + row, ends, side="left") - low
    below = np.repeat(np.arange(len(starts)), touching)
    above = np.arange(len(below)) - np.repeat(np.cumsum(touching) - touching - low, touching)
    first = np.arange(len(starts))
    while not np.array_equal(first[above], first[below]):
        # In each round every piece joins an earlier piece that it touches: about log2(pieces) rounds are enough.
        np.minimum.at(first, first[below], first[above])
        np.minimum.at(first, first[above], first[below])
        while not np.array_equal(first, first[first]):
            first = first[first]
    return first
