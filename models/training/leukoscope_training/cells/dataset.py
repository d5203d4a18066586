"""The prepared cells: what they are, and their file in the cache."""

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
"""Sources whose cells no slide of glass holds: the simulator's, and finds in pictures that show nothing."""

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Texts = npt.NDArray[np.str_]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Cells:
    """n finds of the device's cell finder.

    picture: shape (n, 64, 64, 3), uint8, as the device shows it to a network. surroundings: the same
    shape, everything but the cell. measurements: shape (n, 9), in the order of `Measurements`. colour:
    shape (n, 3), mean density of the cell in R, G, B, 0..1. The others have shape (n,): whole: nothing on
    its picture's rim; gates: its field passed the picture's gates; box: type of the expert's box
    around it, a value of `CellType` or `UNTYPED`, "" without one; source: the set; kind: set and
    diagnosis; group: patient, slide or seed; path: of its field; sha256: of its field's
    file, "" of a rendered one.
    """

    picture: Bytes
    surroundings: Bytes
    measurements: Floats
    colour: Floats
    whole: Flags
    gates: Flags
    box: Texts
    source: Texts
    kind: Texts
    group: Texts
    path: Texts
    sha256: Texts

    def __len__(self) -> int:
        return len(self.box)

    def take(self, rows: Numbers | Flags) -> Cells:
        """The cells with these numbers, shape (m,), or of these flags, shape (n,)."""
        return Cells(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def geometry(self) -> Floats:
        """What a network is told beside the picture, shape (n, 5)."""
        rows = [geometry(Measurements(*map(float, row))) for row in self.measurements]
        return np.array(rows, np.float32).reshape(len(self), -1)


def join(parts: Sequence[Cells]) -> Cells:
    """All cells of these, one after the other; at least one of them."""
    return Cells(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Cells)
        }
    )


def save(cells: Cells, cache: Path) -> Path:
    """Write the cells below a cache folder; returns the file's path."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / CELLS
    np.savez_compressed(path, **vars(cells))
    return path


def load(cache: Path) -> Cells:
    """Read what `save` wrote. Raises TrainingError where it is not there."""
    path = cache / CELLS
    if not path.exists():
        raise TrainingError(f"{path} is not there: run `leukoscope-train cells prepare` first")
    with np.load(path) as arrays:
        return Cells(**arrays)
