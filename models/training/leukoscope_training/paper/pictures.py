"""The paper's prepared pictures: what they are, and their file in the cache."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from leukoscope_training.shared.errors import TrainingError

SIDE_PX = 200

PICTURES = "paper-pictures.npz"
"""Name of the file below the cache folder."""

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Texts = npt.NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class PictureSet:
    """n prepared fields.

    whole, cut_out: shape (n, 200, 200, 3), uint8: as taken, and with every white cell that was found
    cut out. cells: shape (n,), int64, white cells found. label: shape (n,), int64, 0..4 in the order of
    `LABELS`. image, group, sha256: shape (n,), as in the manifest. short_side_um: shape (n,), float64,
    of the field.
    """

    whole: Bytes
    cut_out: Bytes
    cells: Numbers
    label: Numbers
    image: Texts
    group: Texts
    sha256: Texts
    short_side_um: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: Numbers) -> PictureSet:
        """The pictures with these numbers, shape (m,)."""
        return PictureSet(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def save(pictures: PictureSet, cache: Path) -> Path:
    """Write the pictures below a cache folder, uncompressed; returns the file's path."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / PICTURES
    np.savez(path, **vars(pictures))
    return path


def load(cache: Path) -> PictureSet:
    """Read what `save` wrote. Raises TrainingError where it is not there."""
    path = cache / PICTURES
    if not path.exists():
        raise TrainingError(f"{path} is not there: run `leukoscope-train paper prepare` first")
    with np.load(path) as arrays:
        return PictureSet(**arrays)
