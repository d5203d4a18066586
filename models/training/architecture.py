"""The network of Alkareem & Al-Dergazly (2024): its sizes, and its weights in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FILTERS = (200, 150, 120, 80, 50)
DENSE = (256, 128, 64)
"""Sizes of the three dense layers; the paper does not state them."""

CLASSES = 5
DROPOUT = 0.5
"""Share of the dense layers' values that is dropped; the paper does not state it."""

KERNEL_PX = 3
FLAT_PX = 4
"""Side of the last feature map for a 200x200 input, padding 'valid'."""

LayerWeights: TypeAlias = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
"""Kernel (height, width, in, out) or (in, out), and bias (out,), as Keras has them."""


def save_weights(weights: Sequence[LayerWeights], path: Path) -> None:
    """Write weights, in the order of the layers, to an .npz file."""
    np.savez(path, *(array for layer in weights for array in layer))


def load_weights(path: Path) -> list[LayerWeights]:
    """Read what `save_weights` wrote."""
    with np.load(path) as arrays:
        values = [arrays[f"arr_{number}"] for number in range(len(arrays))]
    return list(zip(values[::2], values[1::2], strict=True))
