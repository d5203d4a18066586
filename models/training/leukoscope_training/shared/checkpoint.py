"""Where a training stands, in one file that is replaced at once or not at all."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from leukoscope_training.shared.errors import TrainingError

Arrays = list[npt.NDArray[np.float32]]

History = list[dict[str, float]]
"""A row an epoch: epoch, accuracy, val_accuracy, loss, val_loss."""

PARTS = ("model", "optimiser", "best")


@dataclass(frozen=True)
class Checkpoint:
    """The state after an epoch.

    identity: says what is trained, and on what. best: weights of the best epoch's network.
    """

    identity: str
    history: History
    model: Arrays
    optimiser: Arrays
    best: Arrays


def write(checkpoint: Checkpoint, path: Path) -> None:
    """Write it beside `path` and then put it there."""
    arrays = {
        f"{part}{number:03d}": array
        for part in PARTS
        for number, array in enumerate(getattr(checkpoint, part))
    }
    arrays["identity"] = np.array(checkpoint.identity)
    arrays["history"] = np.array(json.dumps(checkpoint.history))
    fresh = path.with_suffix(".new.npz")
    np.savez(fresh, **arrays)
    fresh.replace(path)


def read(path: Path, identity: str) -> Checkpoint:
    """Read a checkpoint.

    Raises TrainingError where it is of another training, or is damaged.
    """
    try:
        with np.load(path) as arrays:
            parts = {part: [arrays[name] for name in _names(arrays.files, part)] for part in PARTS}
            found = Checkpoint(str(arrays["identity"]), json.loads(str(arrays["history"])), **parts)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{path}: not a whole checkpoint: {error}; remove it") from error
    if found.identity != identity:
        raise TrainingError(
            f"{path} is of another training ({found.identity}), not {identity}; choose another folder"
        )
    return found


def _names(files: Sequence[str], part: str) -> list[str]:
    return sorted(name for name in files if name.startswith(part))
