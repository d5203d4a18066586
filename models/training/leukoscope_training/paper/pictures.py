"""The paper's prepared pictures, and their file in the cache."""

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

    Attributes:
        whole: The fields as taken, shape (n, 200, 200, 3), uint8.
        cut_out: The fields with all white cells that were found cut out, same shape.
        cells: Number of white cells found, shape (n,), int64.
        label: Places in `LABELS`, 0..4, shape (n,), int64.
        image: As in the manifest, shape (n,).
        group: As in the manifest, shape (n,).
        sha256: As in the manifest, shape (n,).
        short_side_um: Short side of the field, shape (n,), float64.
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
        """Return the pictures with these numbers, shape (m,)."""
        return PictureSet(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def save(pictures: PictureSet, cache: Path) -> Path:
    """Write the pictures below a cache folder, uncompressed.

    Returns:
        The file's path.
    """
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / PICTURES
    np.savez(path, **vars(pictures))
    return path


def load(cache: Path) -> PictureSet:
    """Read what `save` wrote.

    Raises:
        TrainingError: There is no such file.
    """
    path = cache / PICTURES
    if not path.exists():
        raise TrainingError(f"{path} is not there: run `leukoscope-train paper prepare` first")
    with np.load(path) as arrays:
        return PictureSet(**arrays)
