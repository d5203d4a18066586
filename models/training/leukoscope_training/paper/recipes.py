"""How the paper's network is trained: as written, and the nearest way that learns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperRecipe:
    """The settings of a training, except pictures, filters and seed. The weights of the best validation loss are kept.

    Attributes:
        normalised: Whether there is batch normalisation.
        epochs: At most.
        batch: Pictures a step.
        learning_rate: The highest.
        one_cycle: Whether the learning rate rises over the first tenth of the steps and falls to 0 as a cosine; else
            it is constant.
        dropout: Share of values dropped after each dense layer.
        patience: Epochs without a better validation loss after which training stops; None to run all epochs.
    """

    normalised: bool
    epochs: int
    batch: int
    learning_rate: float
    one_cycle: bool
    dropout: float
    patience: int | None


RECIPES = {
    "as-written": PaperRecipe(
        normalised=False,
        epochs=8,
        batch=64,
        learning_rate=1e-3,
        one_cycle=False,
        dropout=0.5,
        patience=5,
    ),
    "nearest": PaperRecipe(
        normalised=True,
        epochs=28,
        batch=16,
        learning_rate=2e-3,
        one_cycle=True,
        dropout=0.1,
        patience=None,
    ),
}
