"""What the tests of the paper's system share: Keras on PyTorch, tiny pictures, a tiny recipe."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch", reason="PyTorch, of the [train] extra, is not installed")
pytest.importorskip("keras", reason="Keras, of the [train] extra, is not installed")

from leukoscope_training.paper.recipes import RECIPES
from leukoscope_training.paper.training import LabelledPictures

SIDE_PX = 94
"""The least that five convolutions with pooling leave a pixel of."""

FILTERS = (4, 4, 4, 4, 4)

TINY = replace(RECIPES["nearest"], epochs=3, batch=4)


def labelled(count: int, seed: int = 0) -> LabelledPictures:
    """Pictures of random noise on a ground whose colour is the class's."""
    rng = np.random.default_rng(seed)
    label = np.arange(count) % 5
    pictures = rng.integers(0, 60, (count, SIDE_PX, SIDE_PX, 3), np.uint8)
    pictures[..., 0] += (40 * label).astype(np.uint8)[:, None, None]
    return LabelledPictures(pictures, label)
