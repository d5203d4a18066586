"""Connected components of a mask, by runs; here so that the device needs no SciPy or OpenCV."""

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
    """The 4-connected blobs of `mask`, shape (height, width), in the order of their first pixel."""
    height, width = mask.shape
    edges = np.zeros((height, width + 2), np.int8)
    edges[:, 1:-1] = mask
    steps = np.diff(edges, axis=1)
    row_of, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    if not len(starts):
        return []
    roots = _joined(np.searchsorted(row_of, np.arange(height + 1)), starts, ends)
    _, blob_of = np.unique(roots, return_inverse=True)
    count = int(blob_of.max()) + 1
    area = np.bincount(blob_of, weights=ends - starts, minlength=count)
    x0, y0 = np.full(count, width), np.full(count, height)
    x1, y1 = np.zeros(count, np.intp), np.zeros(count, np.intp)
    np.minimum.at(x0, blob_of, starts)
    np.minimum.at(y0, blob_of, row_of)
    np.maximum.at(x1, blob_of, ends)
    np.maximum.at(y1, blob_of, row_of + 1)
    return [
        Component(int(area[i]), int(x0[i]), int(y0[i]), int(x1[i]), int(y1[i]))
        for i in range(count)
    ]


def _joined(
    first_of_row: npt.NDArray[np.intp], starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    """For each run, the first run of its blob: overlapping runs of neighbouring rows are joined."""
    parent = list(range(len(starts)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    bounds, start, end = first_of_row.tolist(), starts.tolist(), ends.tolist()
    for row in range(1, len(bounds) - 1):
        above, below = bounds[row - 1], bounds[row]
        while above < bounds[row] and below < bounds[row + 1]:
            if start[above] < end[below] and start[below] < end[above]:
                first, second = sorted((root(above), root(below)))
                parent[second] = first
            if end[above] < end[below]:
                above += 1
            else:
                below += 1
    return np.array([root(run) for run in range(len(parent))])
