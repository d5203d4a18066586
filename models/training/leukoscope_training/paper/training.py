"""Trains the network. The same seed gives the same result, even after a stop and a restart."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from leukoscope_training.paper.augmentation import augment
from leukoscope_training.paper.network import CLASSES, build
from leukoscope_training.paper.recipes import PaperRecipe
from leukoscope_training.shared import checkpoint
from leukoscope_training.shared.checkpoint import Checkpoint, History
from leukoscope_training.shared.keras_runtime import describe_device, predict, seed_dropout

CHECKPOINT = "checkpoint.npz"
HISTORY = "history.csv"

HISTORY_COLUMNS = ("epoch", "accuracy", "val_accuracy", "loss", "val_loss")


@dataclass(frozen=True, eq=False)
class LabelledPictures:
    """Pictures, shape (n, side, side, 3), uint8, and their labels, shape (n,), int64, 0..4."""

    pictures: npt.NDArray[np.uint8]
    label: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.label)

    def sha256(self) -> str:
        """Return the SHA-256 of pictures and labels."""
        digest = hashlib.sha256(self.pictures.tobytes())
        digest.update(self.label.tobytes())
        return digest.hexdigest()


class Epoch(keras.utils.PyDataset):
    """The augmented batches of one epoch. Each depends only on seed, epoch and its number.

    The pictures that are left after the last whole batch are not used in this epoch.
    """

    def __init__(self, given: LabelledPictures, batch: int, seed: int, epoch: int) -> None:
        super().__init__()
        self._given, self._batch, self._words = given, batch, [seed, epoch]
        self._order = np.random.default_rng(self._words).permutation(len(given))

    def __len__(self) -> int:
        return len(self._order) // self._batch

    def __getitem__(self, number: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return pictures (batch, side, side, 3), 0..1, and one-hot labels (batch, 5)."""
        rows = self._order[number * self._batch : (number + 1) * self._batch]
        rng = np.random.default_rng([*self._words, number])
        shown = np.stack([augment(self._given.pictures[row], rng) for row in rows])
        label = np.eye(CLASSES, dtype=np.float32)[self._given.label[rows]]
        return shown.astype(np.float32) / np.float32(255), label


def train(
    recipe: PaperRecipe,
    filters: Sequence[int],
    train_on: LabelledPictures,
    validate_on: LabelledPictures,
    out: Path,
    seed: int,
) -> keras.Sequential:
    """Train a network, or continue from out/checkpoint.npz.

    Writes the checkpoint and out/history.csv after each epoch.

    Args:
        recipe: How it is trained.
        filters: Number of filters of each convolution.
        train_on: The pictures to train on.
        validate_on: The pictures that choose the best epoch.
        out: The run's folder.
        seed: Decides everything that is random.

    Returns:
        The network with the weights of the best epoch.

    Raises:
        TrainingError: The checkpoint belongs to another training.
    """
    out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    model = build(
        filters,
        normalised=recipe.normalised,
        dropout=recipe.dropout,
        side_px=train_on.pictures.shape[1],
        seed=seed,
    )
    batch = min(recipe.batch, len(train_on))
    optimiser = keras.optimizers.Adam(_learning_rate(recipe, len(train_on) // batch))
    optimiser.build(model.trainable_variables)
    model.compile(optimiser, "categorical_crossentropy", metrics=["accuracy"])
    path = out / CHECKPOINT
    state = Checkpoint(
        _identity(recipe, filters, train_on, validate_on, seed), [], [], [], model.get_weights()
    )
    if path.exists():
        state = checkpoint.read(path, state.identity)
        model.set_weights(state.model)
        for variable, value in zip(optimiser.variables, state.optimiser, strict=True):
            variable.assign(value)
    print(f"{out}: {len(train_on)} pictures, on {describe_device(model)}", flush=True)
    while _goes_on(recipe, state.history):
        state = _train_epoch(
            model, state, Epoch(train_on, batch, seed, len(state.history)), validate_on
        )
        checkpoint.write(state, path)
        checkpoint.write_history(state.history, HISTORY_COLUMNS, out / HISTORY)
    model.set_weights(state.best)
    return model


def _learning_rate(
    recipe: PaperRecipe, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    if not recipe.one_cycle:
        return recipe.learning_rate
    rise = max(1, recipe.epochs * steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20,
        max(1, recipe.epochs * steps - rise),
        warmup_target=recipe.learning_rate,
        warmup_steps=rise,
    )


def _identity(
    recipe: PaperRecipe,
    filters: Sequence[int],
    train_on: LabelledPictures,
    validate_on: LabelledPictures,
    seed: int,
) -> str:
    """Return, as JSON, everything that must be the same for a training to be continued."""
    what = {"filters": list(filters), "seed": seed, **asdict(recipe)}
    what |= {"trained_on": train_on.sha256()[:12], "validated_on": validate_on.sha256()[:12]}
    what |= {"backend": keras.backend.backend(), "precision": keras.config.dtype_policy().name}
    return json.dumps(what)


def _goes_on(recipe: PaperRecipe, history: History) -> bool:
    if recipe.patience is None or not history:
        return len(history) < recipe.epochs
    best = min(history, key=lambda row: row["val_loss"])["epoch"]
    return len(history) < recipe.epochs and len(history) - best < recipe.patience


def _train_epoch(
    model: keras.Sequential, state: Checkpoint, batches: Epoch, validate_on: LabelledPictures
) -> Checkpoint:
    """Train and validate one epoch.

    Returns:
        The new state.
    """
    started = time.monotonic()
    epoch = len(state.history) + 1
    seed_dropout(model, epoch)
    trained = model.fit(batches, shuffle=False, verbose=0).history
    val_loss, val_accuracy = validate(model, validate_on)
    row = {
        "epoch": epoch,
        "accuracy": float(trained["accuracy"][0]),
        "val_accuracy": val_accuracy,
        "loss": float(trained["loss"][0]),
        "val_loss": val_loss,
    }
    spent = time.monotonic() - started
    print(
        ", ".join(f"{key} {value:.4g}" for key, value in row.items()),
        f"({spent:.0f} s)",
        flush=True,
    )
    best = min((past["val_loss"] for past in state.history), default=np.inf)
    weights = model.get_weights()
    return Checkpoint(
        identity=state.identity,
        history=[*state.history, row],
        model=weights,
        optimiser=[keras.ops.convert_to_numpy(value) for value in model.optimizer.variables],
        best=weights if val_loss < best else state.best,
    )


def validate(model: keras.Sequential, validate_on: LabelledPictures) -> tuple[float, float]:
    """Return the cross-entropy in nats, and the accuracy, 0..1."""
    given = predict(model, validate_on.pictures).astype(np.float64)
    of_truth = given[np.arange(len(given)), validate_on.label]
    loss = -np.log(np.maximum(of_truth, 1e-7)).mean()
    return float(loss), float((given.argmax(1) == validate_on.label).mean())
