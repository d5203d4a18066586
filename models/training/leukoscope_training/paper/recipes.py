"""How the paper's network is trained: as the paper has it, and the nearest way that learns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperRecipe:
    """All that decides what is trained, but the pictures, the filters and the seed.

    normalised: with batch normalisation. one_cycle: the learning rate rises to `learning_rate` over the
    first tenth of the steps and falls to nothing as a cosine; else it is constant. patience: epochs
    without a better validation loss after which training stops; None: it runs to its end. The weights
    of the best validation loss are kept.
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
