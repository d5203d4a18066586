"""Trains and tests one run of the paper's system, and writes its files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tomli_w
from leukoscope.reading.results import LABELS

from leukoscope_training.paper.network import (
    build_with_weights,
    count_filters,
    fold_normalisation,
)
from leukoscope_training.paper.pictures import PictureSet
from leukoscope_training.paper.recipes import RECIPES
from leukoscope_training.paper.runs import PREDICTIONS, RUN, WEIGHTS, PaperRun, divide
from leukoscope_training.paper.training import LabelledPictures, train
from leukoscope_training.shared import keras_runtime
from leukoscope_training.shared.weights import save_weights


@dataclass(frozen=True)
class TrainingOptions:
    """How the runs are trained. Each run's run.toml repeats these options."""

    recipe: str
    width: float
    seed: int
    epochs: int | None
    precision: str
    devices: int
    command: str


def run_experiment(
    run: PaperRun,
    pictures: PictureSet,
    part_of: Mapping[str, str],
    options: TrainingOptions,
    out: Path,
) -> None:
    """Train, test, and write the run's files below out/NAME. Continues where an earlier call was stopped.

    The tested network is the one that will be converted: in float32, with its batch normalisation folded in.
    """
    folder = out / run.name
    recipe = RECIPES[options.recipe]
    if options.epochs is not None:
        recipe = replace(recipe, epochs=options.epochs)
    parts = divide(pictures, run, part_of, options.seed)
    shown = pictures.cut_out if run.ablation else pictures.whole
    keras_runtime.set_up(options.precision, options.devices)
    model = train(
        recipe,
        count_filters(options.width),
        LabelledPictures(shown[parts.train], pictures.label[parts.train]),
        LabelledPictures(shown[parts.val], pictures.label[parts.val]),
        folder,
        options.seed,
    )
    weights = fold_normalisation(model.get_weights()) if recipe.normalised else model.get_weights()
    save_weights(weights, folder / WEIGHTS)
    trained_on = keras_runtime.describe_device(model)
    keras_runtime.set_up("float32", options.devices)
    tested = build_with_weights(weights, softmax=True)
    given = keras_runtime.predict(tested, shown[parts.test])
    _write_predictions(pictures.take(parts.test), given, folder / PREDICTIONS)
    facts = {
        "protocol": run.split,
        "direction": " to ".join(run.direction),
        "ablation": run.ablation,
        "recipe": options.recipe,
        "width": options.width,
        "filters": list(count_filters(options.width)),
        "seed": options.seed,
        "epochs": recipe.epochs,
        "batch": recipe.batch,
        "learning_rate": recipe.learning_rate,
        "dropout": recipe.dropout,
        "precision": options.precision,
        "trained": f"Keras {keras.version()}, {trained_on}",
        "trained_on": len(parts.train),
        "validated_on": len(parts.val),
        "tested_on": len(parts.test),
        "command": options.command,
    }
    (folder / RUN).write_text(tomli_w.dumps(facts), encoding="utf-8")


def _write_predictions(tested: PictureSet, given: npt.NDArray[np.float32], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image", "group", "truth", "said", *(f"p_{name}" for name in LABELS)])
        for image, group, truth, row in zip(
            tested.image, tested.group, tested.label, given, strict=True
        ):
            said = LABELS[int(row.argmax())]
            writer.writerow([image, group, LABELS[truth], said, *(f"{p:.6f}" for p in row)])
