"""Keeps a network's weights in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from leukoscope_training.shared.errors import TrainingError

Weights = list[npt.NDArray[np.float32]]
"""Weights in the order of Keras' `get_weights`."""


def save_weights(weights: Weights, path: Path) -> None:
    """Write weights to an .npz file."""
    np.savez(path, *weights)


def load_weights(path: Path) -> Weights:
    """Read what `save_weights` wrote.

    Raises:
        TrainingError: There is no such file.
    """
    if not path.exists():
        raise TrainingError(f"{path} is not there: train that run first")
    with np.load(path) as arrays:
        return [arrays[f"arr_{number}"] for number in range(len(arrays.files))]
