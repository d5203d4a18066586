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
    return labelled(mask)[1]


def labelled(mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int32], list[Component]]:
    """Which blob each pixel of `mask` is of, shape (height, width), and the blobs as `components` has them.

    0 is no blob; the pixels of the first blob are 1.
    """
    height, width = mask.shape
    labels = np.zeros((height, width), np.int32)
    # One empty pixel before the first row and after each row: no run goes on into the next row.
    line = np.zeros(1 + height * (width + 1), np.bool_)
    line[1:].reshape(height, width + 1)[:, :-1] = mask
    changes = np.flatnonzero(line[1:] != line[:-1])
    if not changes.size:
        return labels, []
    row_of, starts = np.divmod(changes[::2], width + 1)
    ends = changes[1::2] - row_of * (width + 1)
    roots = _joined(row_of, starts, ends)
    _, blob_of = np.unique(roots, return_inverse=True)
    count = int(blob_of.max()) + 1
    area = np.bincount(blob_of, weights=ends - starts, minlength=count)
    x0, y0 = np.full(count, width), np.full(count, height)
    x1, y1 = np.zeros(count, np.intp), np.zeros(count, np.intp)
    np.minimum.at(x0, blob_of, starts)
    np.minimum.at(y0, blob_of, row_of)
    np.maximum.at(x1, blob_of, ends)
    np.maximum.at(y1, blob_of, row_of + 1)
    labels[mask] = np.repeat(blob_of + 1, ends - starts)
    return labels, [
        Component(int(area[i]), int(x0[i]), int(y0[i]), int(x1[i]), int(y1[i]))
        for i in range(count)
    ]


def _joined(
    row_of: npt.NDArray[np.intp], starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    """For each run, the first run of its blob: overlapping runs of neighbouring rows are joined.

    row_of, starts, ends: of the runs in reading order, ends exclusive.
    """
    parent = list(range(len(starts)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    row, start, end = row_of.tolist(), starts.tolist(), ends.tolist()
    above = below = 0
    while below < len(parent):
        if row[above] < row[below] - 1:
            above += 1
        elif row[above] >= row[below]:
            below += 1
        else:
            if start[above] < end[below] and start[below] < end[above]:
                first, second = sorted((root(above), root(below)))
                parent[second] = first
            if end[above] < end[below]:
                above += 1
            else:
                below += 1
    return np.array([root(run) for run in range(len(parent))])
