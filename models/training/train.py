"""Train a recipe; stops early on the validation loss and can be stopped and started again.

python -m models.training.train paper
python -m models.training.train shipped
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from .architecture import CLASSES, save_weights
from .cache import WINDOW_PX, fixed_windows, load_split
from .calibration import even_weights
from .drawing import Drawer
from .network import FieldCnn, keras_weights
from .recipes import RECIPES, Recipe, Stage
from .sources import Split

PATIENCE = 5
"""Epochs without a better validation loss after which training stops, as in the paper; a stage with
a falling learning rate runs to its end, for only there does it settle. The best epoch is kept."""

MICRO_PIXELS = 16 * 200 * 200
"""Pixels computed at a time: more do not fit the processor's cache. Gradients are summed."""


class Validation:
    """The windows of the validation fields; each class, real and rendered, weighs the same."""

    def __init__(self, folder: Path) -> None:
        sets = load_split(folder, Split.VAL)
        self._windows = np.concatenate([fixed_windows(ready) for ready in sets.values()])
        self._label = np.concatenate([ready.label for ready in sets.values()])
        self._weight = even_weights(
            np.concatenate([r.label + CLASSES * (name == "rendered") for name, r in sets.items()])
        )

    def measure(self, model: FieldCnn, side: int) -> tuple[float, float]:
        """Loss (cross-entropy, nats) and accuracy (0..1), both weighted.

        side: of the windows in px; the device's windows are centred on a cell, and so is a part.
        """
        rim = (WINDOW_PX - side) // 2
        part = slice(rim, rim + side)
        logits = predict(model, self._windows[:, part, part])
        label = torch.from_numpy(self._label)
        weight = torch.from_numpy(self._weight)
        losses = functional.cross_entropy(logits, label, reduction="none")
        right = logits.argmax(1) == label
        return float((losses * weight).sum()), float((right * weight).sum())


def predict(model: FieldCnn, windows: np.ndarray) -> torch.Tensor:
    """Logits, shape (n, 5), float32, of windows of shape (n, side, side, 3), uint8."""
    model.eval()
    size = _micro_batch(windows.shape[1])
    parts = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(windows), size):
            part = torch.from_numpy(windows[start : start + size])
            parts.append(model(part.permute(0, 3, 1, 2).float() / 255).float())
    return torch.cat(parts)


def _micro_batch(side: int) -> int:
    return MICRO_PIXELS // side**2


def rate_at(stage: Stage, done: float) -> float:
    """The learning rate when the share `done` (0..1) of a stage's steps is over."""
    if not stage.cosine:
        return stage.learning_rate
    if done < 0.1:
        return stage.learning_rate * (0.05 + 0.95 * done / 0.1)
    return stage.learning_rate * (1 + math.cos(math.pi * (done - 0.1) / 0.9)) / 2


def train_epoch(
    model: FieldCnn,
    optimiser: torch.optim.Adam,
    stage: Stage,
    drawer: Drawer,
    epoch: int,
    smoothing: float,
) -> float:
    """One epoch; returns the mean training loss."""
    model.train()
    model.dropout.p = stage.dropout
    steps = stage.windows // stage.batch
    micro = _micro_batch(stage.side_px)
    total = 0.0
    for step, (pictures, targets) in enumerate(drawer.batches(steps, stage.batch)):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(stage, (epoch + step / steps) / stage.epochs)
        optimiser.zero_grad()
        for start in range(0, stage.batch, micro):
            part = slice(start, start + micro)
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(pictures[part]).float()
            loss = functional.cross_entropy(
                logits, targets[part], label_smoothing=smoothing, reduction="sum"
            )
            (loss / stage.batch).backward()
            total += float(loss.detach())
        optimiser.step()
    return total / (steps * stage.batch)


@dataclass
class Progress:
    """Where training stands: epochs done in the stage, its best validation loss and epoch."""

    stage: int = 0
    epoch: int = 0
    best: float = math.inf
    best_epoch: int = 0


class Training:
    """Training a recipe; goes on from out/last.pt where that is there.

    Leaves the weights of the last stage's best epoch in out/weights.npz, and a line an epoch in
    out/log.jsonl.
    """

    def __init__(self, recipe: Recipe, cache: Path, out: Path, seed: int) -> None:
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(seed)
        self._recipe, self._out, self._seed = recipe, out, seed
        self._model = FieldCnn(recipe.normalised)
        self._optimiser = torch.optim.Adam(self._model.parameters(), eps=1e-7)
        self._progress = Progress()
        self._validation = Validation(cache)
        self._sets = load_split(cache, Split.TRAIN)
        if (out / "last.pt").exists():
            state = torch.load(out / "last.pt")
            self._model.load_state_dict(state["model"])
            self._optimiser.load_state_dict(state["optimiser"])
            self._progress = Progress(**state["progress"])

    def run(self) -> None:
        """Train to the end."""
        for number, stage in enumerate(self._recipe.stages):
            if number > self._progress.stage:
                self._progress = Progress(stage=number)
            while number == self._progress.stage and self._more(stage):
                self._epoch(stage)

    def _more(self, stage: Stage) -> bool:
        progress = self._progress
        patient = progress.epoch - progress.best_epoch < PATIENCE
        return progress.epoch < stage.epochs and (stage.cosine or patient)

    def _epoch(self, stage: Stage) -> None:
        started = time.monotonic()
        progress = self._progress
        words = [self._seed, progress.stage, progress.epoch]
        torch.manual_seed(int(np.random.SeedSequence(words).generate_state(1)[0]))
        rng = np.random.default_rng(words)
        drawer = Drawer(self._sets, stage.mixture, stage.augmentation, stage.side_px, rng)
        smoothing = self._recipe.smoothing
        loss = train_epoch(self._model, self._optimiser, stage, drawer, progress.epoch, smoothing)
        val_loss, val_accuracy = self._validation.measure(self._model, stage.side_px)
        progress.epoch += 1
        if val_loss < progress.best:
            progress.best, progress.best_epoch = val_loss, progress.epoch
            save_weights(keras_weights(self._model), self._out / "weights.npz")
        self._save()
        line = {
            "stage": progress.stage + 1,
            "epoch": progress.epoch,
            "loss": round(loss, 4),
            "val_loss": round(val_loss, 4),
            "val_accuracy": round(val_accuracy, 4),
            "seconds": round(time.monotonic() - started),
        }
        with (self._out / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")
        print(line, flush=True)

    def _save(self) -> None:
        state = {
            "model": self._model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "progress": asdict(self._progress),
        }
        torch.save(state, self._out / "last.pt")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("recipe", choices=list(RECIPES))
    parser.add_argument("--cache", type=Path, default=Path("build/training"))
    parser.add_argument("--out", type=Path, help="default: the recipe's folder below --cache")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    out = arguments.out or arguments.cache / arguments.recipe
    Training(RECIPES[arguments.recipe], arguments.cache, out, arguments.seed).run()


if __name__ == "__main__":
    main()
