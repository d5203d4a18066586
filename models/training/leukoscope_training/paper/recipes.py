"""How the paper's network is trained: as the paper describes it, and the most similar way that learns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperRecipe:
    """The settings of a training, except pictures, filters and seed. The weights of the best epoch are kept.

    Attributes:
        normalised: Whether there is batch normalisation.
        epochs: Most epochs.
        batch: Pictures per step.
        learning_rate: The highest learning rate.
        one_cycle: Whether the learning rate rises over the first tenth of the steps and then falls to 0 as a cosine.
            Otherwise it is constant.
        dropout: Share of values dropped after each dense layer.
        patience: Training stops after this number of epochs without a better validation loss; None: never.
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
