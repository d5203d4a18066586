"""The prepared cells, and their file in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
from leukoscope.reading.measurements import geometry
from leukoscope.reading.results import Measurements

from leukoscope_training.shared.errors import TrainingError

CELLS = "cells.npz"
"""Name of the file below the cache folder."""

SIMULATED = "simulated"
CLUTTER = "clutter"
"""Sources without a real slide: the simulator, and pictures of random shapes."""

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Texts = npt.NDArray[np.str_]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells (n finds of the device's cell finder) and everything known of them.

    Attributes:
        picture: The input that the device gives a network, shape (n, 64, 64, 3), uint8.
        surroundings: The same square with everything except the cell, same shape.
        measurements: The values of `Measurements`, in their order, shape (n, 9).
        colour: Mean density of the cell in R, G, B, 0..1, shape (n, 3).
        whole: Whether the picture's edge does not cut it, shape (n,).
        gates: Whether its field passed the picture's gates, shape (n,).
        word: The expert's word for it, a key of `laboratories.TAUGHT`, shape (n,).
        source: Folder of its laboratory, `SIMULATED` or `CLUTTER`, shape (n,).
        group: Source and patient, slide or seed, shape (n,).
        path: Path of its picture, shape (n,).
    """

    picture: Bytes
    surroundings: Bytes
    measurements: Floats
    colour: Floats
    whole: Flags
    gates: Flags
    word: Texts
    source: Texts
    group: Texts
    path: Texts

    def __len__(self) -> int:
        return len(self.word)

    def take(self, rows: Numbers | Flags) -> Cells:
        """Return the cells with these numbers, shape (m,), or with a true flag, shape (n,)."""
        return Cells(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def geometry(self) -> Floats:
        """Compute the network's second input, shape (n, 5)."""
        rows = [geometry(Measurements(*map(float, row))) for row in self.measurements]
        return np.array(rows, np.float32).reshape(len(self), -1)


def join(parts: Sequence[Cells]) -> Cells:
    """Concatenate these cells; at least one part is needed."""
    return Cells(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Cells)
        }
    )


def save(cells: Cells, cache: Path) -> Path:
    """Write the cells below a cache folder.

    Returns:
        The file's path.
    """
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / CELLS
    np.savez_compressed(path, **vars(cells))
    return path


def load(cache: Path) -> Cells:
    """Read what `save` wrote.

    Raises:
        TrainingError: There is no such file.
    """
    path = cache / CELLS
    if not path.exists():
        raise TrainingError(f"{path} is not there: run `leukoscope-train cells prepare` first")
    with np.load(path) as arrays:
        return Cells(**arrays)
