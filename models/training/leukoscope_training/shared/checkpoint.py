"""Keeps the state of a training in one file, which is always replaced as a whole."""

from __future__ import annotations

import csv
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
"""One row per epoch, with a value per column."""

PARTS = ("model", "optimiser", "best")


@dataclass(frozen=True)
class Checkpoint:
    """The state after an epoch.

    Attributes:
        identity: Which training this is: what is trained, and on which pictures.
        history: What was measured in each epoch.
        model: The network's weights.
        optimiser: The optimiser's variables.
        best: The weights of the best epoch.
    """

    identity: str
    history: History
    model: Arrays
    optimiser: Arrays
    best: Arrays


def write(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint. If the process crashes meanwhile, the old one remains."""
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

    Raises:
        TrainingError: It belongs to another training, or is damaged.
    """
    try:
        with np.load(path) as arrays:
            parts = {part: [arrays[name] for name in _names(arrays.files, part)] for part in PARTS}
            found = Checkpoint(str(arrays["identity"]), json.loads(str(arrays["history"])), **parts)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{path}: damaged checkpoint: {error}; remove it") from error
    if found.identity != identity:
        raise TrainingError(
            f"{path} belongs to another training ({found.identity}), not {identity}; choose another folder"
        )
    return found


def write_history(history: History, columns: Sequence[str], path: Path) -> None:
    """Write the epochs as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)


def _names(files: Sequence[str], part: str) -> list[str]:
    return sorted(name for name in files if name.startswith(part))
