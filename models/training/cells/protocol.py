"""The runs: which cells are trained on and which are tested on, and what a run leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from models.training.errors import TrainingError
from models.training.paper import runtime
from models.training.paper.toml_file import write_toml

from .dataset import SIMULATED, Cells, Flags
from .experts import read_counts
from .network import save_weights
from .training import Recipe, probabilities, seen, train

WEIGHTS = "weights.npz"
PREDICTIONS = "predictions.npz"
RUN = "run.toml"


@dataclass(frozen=True)
class Run:
    """One training and its test, always of whole cells; the simulator's are in each training.

    halves: those of the patient-disjoint split that are trained on. left_out: a set of which nothing
    is trained on. Tested on is what is real and not trained on, but for fields of no part.
    """

    name: str
    halves: str
    left_out: str
    control: bool = False

    def trained_on(self, cells: Cells) -> Flags:
        """Which cells are trained on, shape (n,)."""
        half = np.isin(cells.part, [*self.halves]) | (cells.part == "external")
        real = half & (cells.source != self.left_out)
        return cells.whole & (real | (cells.source == SIMULATED))

    def tested_on(self, cells: Cells) -> Flags:
        """Which cells are tested on, shape (n,): none of their slides is trained on."""
        known = (cells.part != "") & (cells.source != SIMULATED)
        return cells.whole & known & ~self.trained_on(cells)


RUNS = {
    run.name: run
    for run in (
        Run("a-to-b", "A", "bccd"),
        Run("b-to-a", "B", "bccd"),
        Run("a-to-b-control", "A", "bccd", control=True),
        Run("b-to-a-control", "B", "bccd", control=True),
        Run("a-to-b-without-chula-pi", "A", "chula-pi"),
        Run("b-to-a-without-chula-pi", "B", "chula-pi"),
        Run("final", "AB", ""),
    )
}


def run_one(
    run: Run, cells: Cells, data: Path, out: Path, seed: int, recipe: Recipe, command: str
) -> None:
    """Train, test, and write the run's files below out/NAME; goes on where it was stopped.

    data: the folder of the sets, for lld-40x's patients.csv. Raises TrainingError.
    """
    runtime.set_up("float32", 1)
    folder = out / run.name
    counts = {
        f"lld-40x/{patient}": count
        for patient, count in read_counts(data / "lld-40x" / "patients.csv").items()
    }
    trained, tested = cells.take(run.trained_on(cells)), cells.take(run.tested_on(cells))
    if not len(trained):
        raise TrainingError(f"{run.name}: no cell to train on; prepare all sets")
    model = train(trained, counts, folder, seed, control=run.control, recipe=recipe)
    save_weights(model.get_weights(), folder / WEIGHTS)
    if len(tested):
        _write_predictions(tested, model, run.control, folder / PREDICTIONS)
    write_toml(
        folder / RUN,
        {
            "run": run.name,
            "halves": run.halves,
            "left_out": run.left_out,
            "control": run.control,
            "seed": seed,
            **vars(recipe),
            "trained": f"Keras {keras.version()}, {runtime.placed_on(model)}",
            "trained_on": len(trained),
            "tested_on": len(tested),
            "command": command,
        },
    )


def _write_predictions(tested: Cells, model: keras.Model, control: bool, path: Path) -> None:
    """Every column of the tested cells but their pictures, and what the network says of them."""
    columns = {
        name: column
        for name, column in vars(tested).items()
        if name not in ("picture", "surroundings", "colour", "whole")
    }
    np.savez(path, probabilities=probabilities(model, seen(tested, control)), **columns)
