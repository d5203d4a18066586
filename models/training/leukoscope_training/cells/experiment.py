"""Trains and tests one run of the cell reader, and writes its files."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tomli_w

from leukoscope_training.cells.dataset import Cells
from leukoscope_training.cells.runs import PREDICTIONS, RUN, WEIGHTS, CellRun
from leukoscope_training.cells.training import CellRecipe, make_input, predict, train
from leukoscope_training.shared import keras_runtime
from leukoscope_training.shared.errors import TrainingError
from leukoscope_training.shared.weights import save_weights


def run_experiment(
    run: CellRun, cells: Cells, out: Path, seed: int, recipe: CellRecipe, command: str
) -> None:
    """Train, test, and write the run's files below out/NAME. Continues where an earlier call was stopped.

    Args:
        run: Which cells are trained on and which are tested on.
        cells: All prepared cells.
        out: The runs' folder.
        seed: Decides everything that is random.
        recipe: How long to train.
        command: The command line, for run.toml.

    Raises:
        TrainingError: There is no cell to train on.
    """
    keras_runtime.set_up("bfloat16", 1)
    folder = out / run.name
    trained, tested = cells.take(run.trained_on(cells)), cells.take(run.tested_on(cells))
    if not len(trained):
        raise TrainingError(f"{run.name}: no cell to train on; prepare all sets")
    model = train(trained, folder, seed, ablation=run.ablation, recipe=recipe)
    save_weights(model.get_weights(), folder / WEIGHTS)
    if len(tested):
        _write_predictions(tested, model, run.ablation, folder / PREDICTIONS)
    facts = {
        "run": run.name,
        "left_out": run.left_out,
        "ablation": run.ablation,
        "seed": seed,
        **vars(recipe),
        "trained": f"Keras {keras.version()}, {keras_runtime.describe_device(model)}",
        "trained_on": len(trained),
        "tested_on": len(tested),
        "command": command,
    }
    (folder / RUN).write_text(tomli_w.dumps(facts), encoding="utf-8")


def _write_predictions(tested: Cells, model: keras.Model, ablation: bool, path: Path) -> None:
    """Write the network's probabilities, and all columns of the tested cells except pictures."""
    columns = {
        name: column
        for name, column in vars(tested).items()
        if name not in ("picture", "surroundings", "colour", "whole")
    }
    np.savez(path, probabilities=predict(model, make_input(tested, ablation)), **columns)
