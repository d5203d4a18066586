"""How a network is trained: the paper's way, and the nearest way that learns."""

from __future__ import annotations

from dataclasses import dataclass

from .architecture import DROPOUT
from .augment import CELL, CELL_STRONG, FIELD, PAPER, Augmentation
from .drawing import Mixture


@dataclass(frozen=True)
class Stage:
    """A part of the training.

    side_px: side of the windows, 200 as the device sees them, or 94 (32 µm) around single cells.
    windows: how many are drawn an epoch. learning_rate: with `cosine` it rises to this over the
    first tenth of the steps and falls to nothing; else it is constant.
    """

    side_px: int
    epochs: int
    windows: int
    batch: int
    dropout: float
    learning_rate: float
    cosine: bool
    augmentation: Augmentation
    mixture: Mixture


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what is trained.

    normalised: with batch normalisation (folded away afterwards). smoothing: share of each target
    spread evenly over all classes. stages: one after the other, on the same network.
    """

    normalised: bool
    smoothing: float
    stages: tuple[Stage, ...]


RECIPES = {
    "paper": Recipe(
        normalised=False,
        smoothing=0.0,
        stages=(
            Stage(
                side_px=200,
                epochs=8,
                windows=1024,
                batch=64,
                dropout=DROPOUT,
                learning_rate=1e-3,
                cosine=False,
                augmentation=PAPER,
                mixture=Mixture(rendered=0.5, erased=0.0, decoy=0.0),
            ),
        ),
    ),
    "shipped": Recipe(
        normalised=True,
        smoothing=0.05,
        stages=(
            Stage(
                side_px=94,
                epochs=10,
                windows=2048,
                batch=64,
                dropout=0.25,
                learning_rate=3e-3,
                cosine=True,
                augmentation=CELL_STRONG,
                mixture=Mixture(rendered=0.5, erased=0.0, decoy=0.0),
            ),
            Stage(
                side_px=94,
                epochs=8,
                windows=2048,
                batch=64,
                dropout=0.25,
                learning_rate=2e-3,
                cosine=True,
                augmentation=CELL,
                mixture=Mixture(rendered=0.5, erased=0.0, decoy=0.0),
            ),
            Stage(
                side_px=200,
                epochs=8,
                windows=1024,
                batch=32,
                dropout=0.25,
                learning_rate=1e-3,
                cosine=True,
                augmentation=FIELD,
                mixture=Mixture(rendered=0.45, erased=0.12, decoy=0.25),
            ),
            Stage(
                side_px=200,
                epochs=17,
                windows=1024,
                batch=16,
                dropout=0.1,
                learning_rate=1e-3,
                cosine=True,
                augmentation=FIELD,
                mixture=Mixture(rendered=0.5, erased=0.08, decoy=0.12),
            ),
            Stage(
                side_px=200,
                epochs=12,
                windows=1024,
                batch=16,
                dropout=0.1,
                learning_rate=8e-4,
                cosine=True,
                augmentation=FIELD,
                mixture=Mixture(rendered=0.5, erased=0.08, decoy=0.12),
            ),
        ),
    ),
}
