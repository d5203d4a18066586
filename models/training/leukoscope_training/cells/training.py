"""Trains the network. The same seed gives the same result, even after a stop and a restart."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from leukoscope.reading.cell_view import VIEW_UM

from leukoscope_training.cells.augmentation import augment, find_palette
from leukoscope_training.cells.dataset import CLUTTER, Bytes, Cells, Floats
from leukoscope_training.cells.network import build
from leukoscope_training.cells.targets import draw_weights, make_targets
from leukoscope_training.shared import checkpoint
from leukoscope_training.shared.checkpoint import Checkpoint
from leukoscope_training.shared.keras_runtime import describe_device, seed_dropout

CHECKPOINT = "checkpoint.npz"
HISTORY = "history.csv"

HISTORY_COLUMNS = ("epoch", "loss", "learning_rate")

LEARNING_RATE, WEIGHT_DECAY, SMOOTHING = 3e-3, 1e-2, 0.05
WARM_UP = 0.2
"""Share of the steps in which the learning rate rises."""
FAR = -1e4
"""Logit of a type that takes no part: its probability is 0 in every number format."""
PREDICTED_AT_ONCE = 64
"""Cells per prediction step. The feature maps of more cells do not fit into a processor's cache."""
HOLE_UM = 9.0
"""Radius of the hole that the ablation cuts out in addition to the cell itself. It is the same for all cells, so that
its size and outline do not show those of the cell."""


@dataclass(frozen=True)
class CellRecipe:
    """How long to train.

    Attributes:
        epochs: Their number.
        draws: Cells that are drawn in an epoch.
        batch: Cells per step.
    """

    epochs: int = 14
    draws: int = 6000
    batch: int = 128

    @property
    def steps(self) -> int:
        """Number of steps in an epoch."""
        return self.draws // self.batch


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """A network's input for n cells.

    Attributes:
        picture: Shape (n, 64, 64, 3), uint8.
        geometry: Shape (n, 5).
    """

    picture: Bytes
    geometry: Floats


def make_input(cells: Cells, ablation: bool) -> NetworkInput:
    """Make a network's input. In an ablation the cells are cut out, and their geometry is 0."""
    if ablation:
        side = cells.surroundings.shape[1]
        away = np.arange(side) - (side - 1) / 2
        kept = np.hypot(away[:, None], away) * (VIEW_UM / side) > HOLE_UM
        return NetworkInput(cells.surroundings * kept[..., None], np.zeros_like(cells.geometry()))
    return NetworkInput(cells.picture, cells.geometry())


def train(
    cells: Cells,
    out: Path,
    seed: int,
    *,
    ablation: bool = False,
    recipe: CellRecipe | None = None,
) -> keras.Model:
    """Train a network, or continue from out/checkpoint.npz.

    Writes the checkpoint and out/history.csv after each epoch.

    Args:
        cells: The cells to train on.
        out: The run's folder.
        seed: Decides everything that is random.
        ablation: Whether the cells are cut out.
        recipe: How long to train.

    Raises:
        TrainingError: The checkpoint belongs to another training.
    """
    recipe = recipe or CellRecipe()
    out.mkdir(parents=True, exist_ok=True)
    model = build(seed)
    steps = recipe.steps * recipe.epochs
    rise = max(1, round(WARM_UP * steps))
    optimiser = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(
            LEARNING_RATE / 25,
            max(1, steps - rise),
            warmup_target=LEARNING_RATE,
            warmup_steps=rise,
        ),
        weight_decay=WEIGHT_DECAY,
    )
    optimiser.build(model.trainable_variables)
    model.compile(optimiser, conditional_loss)
    shown = make_input(cells, ablation)
    path = out / CHECKPOINT
    state = Checkpoint(_identity(recipe, cells, ablation, seed), [], [], [], [])
    if path.exists():
        state = checkpoint.read(path, state.identity)
        model.set_weights(state.model)
        for variable, value in zip(optimiser.variables, state.optimiser, strict=True):
            variable.assign(value)
    print(f"{out}: {len(cells)} cells, on {describe_device(model)}", flush=True)
    targets = make_targets(cells)
    weights = draw_weights(cells, targets)
    colours = find_palette(cells.colour, cells.group, cells.source != CLUTTER)
    while len(state.history) < recipe.epochs:
        epoch = len(state.history)
        started = time.monotonic()
        rng = np.random.default_rng([seed, epoch])
        seed_dropout(model, epoch)
        drawn = rng.choice(len(cells), (recipe.steps, recipe.batch), p=weights)
        losses = []
        for rows in drawn:
            given = augment(
                shown.picture[rows], shown.geometry[rows], colours.own[rows], colours.all, rng
            )
            losses.append(model.train_on_batch(list(given), targets[rows]))
        row = {
            "epoch": epoch + 1,
            "loss": float(np.mean(losses)),
            "learning_rate": float(keras.ops.convert_to_numpy(optimiser.learning_rate)),
        }
        state = Checkpoint(
            identity=state.identity,
            history=[*state.history, row],
            model=model.get_weights(),
            optimiser=[keras.ops.convert_to_numpy(value) for value in optimiser.variables],
            best=[],
        )
        checkpoint.write(state, path)
        checkpoint.write_history(state.history, HISTORY_COLUMNS, out / HISTORY)
        spent = time.monotonic() - started
        print(f"epoch {epoch + 1}: loss {row['loss']:.4f} ({spent:.1f} s)", flush=True)
    return model


def conditional_loss(target: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Return the negative log-probability that a cell is of a taught type, given that it is of a compared type.

    A type that a cell is not compared with has no influence, so its logit is not taught. A small part of the loss,
    `SMOOTHING`, asks for equal probabilities of the compared types (label smoothing).

    Args:
        target: See `Targets`, shape (n, 2, types).
        logits: Shape (n, types).

    Returns:
        Shape (n,).
    """
    ops = keras.ops
    taught, compared = target[:, 0], target[:, 1]
    among = ops.where(compared > 0, logits, FAR)
    every = ops.logsumexp(among, axis=1)
    right = ops.logsumexp(ops.where(taught > 0, logits, FAR), axis=1)
    mean = ops.sum(ops.where(compared > 0, logits, 0.0), axis=1) / ops.sum(compared, axis=1)
    return every - (1 - SMOOTHING) * right - SMOOTHING * mean


def predict(model: keras.Model, shown: NetworkInput) -> Floats:
    """Return a network's probabilities for n cells, shape (n, types), each row with the sum 1.

    The last batch is filled up, so that only one shape is ever compiled.
    """
    parts = []
    for first in range(0, len(shown.picture), PREDICTED_AT_ONCE):
        rows = np.arange(first, first + PREDICTED_AT_ONCE) % len(shown.picture)
        picture = shown.picture[rows].astype(np.float32) / np.float32(255)
        logits = np.asarray(model.predict_on_batch([picture, shown.geometry[rows]]))
        parts.append(logits[: len(shown.picture) - first])
    return softmax(np.concatenate(parts))


def softmax(logits: Floats) -> Floats:
    """Convert logits to probabilities, each row with the sum 1."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _identity(recipe: CellRecipe, cells: Cells, ablation: bool, seed: int) -> str:
    """Return, as JSON, everything that must be the same for a training to be continued."""
    digest = hashlib.sha256(cells.picture.tobytes())
    digest.update(cells.measurements.tobytes())
    digest.update("\n".join([*cells.word.tolist(), *cells.group.tolist()]).encode())
    what = {"seed": seed, "ablation": ablation, **vars(recipe)}
    what |= {"trained_on": digest.hexdigest()[:12], "backend": keras.backend.backend()}
    return json.dumps(what)
