"""The paper's protocol by image, the same by patient, and the ablation of each: six runs, one table."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from leukoscope.reading.results import LABELS

from leukoscope_training.paper.network import (
    build_with_weights,
    count_filters,
    fold_normalisation,
    save_weights,
)
from leukoscope_training.paper.pictures import Numbers, PictureSet
from leukoscope_training.paper.recipes import RECIPES
from leukoscope_training.paper.training import LabelledPictures, train
from leukoscope_training.shared import keras_runtime
from leukoscope_training.shared.errors import TrainingError
from leukoscope_training.shared.toml_file import write_toml

WEIGHTS = "weights.npz"
PREDICTIONS = "predictions.csv"
RUN = "run.toml"

VALIDATION_SHARE = 0.15
"""Of the training half's fields, by class; the epoch is chosen by them."""


@dataclass(frozen=True)
class PaperRun:
    """One training and its test. direction: the half trained on and the half tested on, or ""."""

    name: str
    split: str
    direction: str
    ablation: bool


RUNS = {
    run.name: run
    for name, split, direction in (
        ("image-level", "image-level", ""),
        ("a-to-b", "patient-disjoint", "AB"),
        ("b-to-a", "patient-disjoint", "BA"),
    )
    for run in (
        PaperRun(name, split, direction, ablation=False),
        PaperRun(f"{name}-ablation", split, direction, ablation=True),
    )
}


@dataclass(frozen=True)
class TrainingOptions:
    """How the runs are trained; each is said in its run.toml."""

    recipe: str
    width: float
    seed: int
    epochs: int | None
    precision: str
    devices: int
    command: str


@dataclass(frozen=True, eq=False)
class Division:
    """Numbers of the pictures to train on, to validate on and to test on; no picture twice."""

    train: Numbers
    val: Numbers
    test: Numbers


def divide(pictures: PictureSet, run: PaperRun, part_of: Mapping[str, str], seed: int) -> Division:
    """Deal the pictures out. part_of: each picture's SHA-256 and its part in the run's split.

    Validation never comes from the half that is tested on. Of the training half it has other
    fields of the same patients, for most classes have a single patient there. An ablation leaves out
    the fields in which no white cell was found, from which none was cut out. Raises TrainingError
    where a part has no picture.
    """
    part = np.array([part_of.get(sha256, "") for sha256 in pictures.sha256])
    usable = pictures.cells > 0 if run.ablation else np.ones(len(pictures), np.bool_)
    names = tuple(run.direction) or ("train", "test", "val")
    rows = {name: np.flatnonzero(usable & (part == name)) for name in names}
    if run.direction:
        val = _choose_validation(pictures.label, rows[names[0]], seed)
        parts = Division(np.setdiff1d(rows[names[0]], val), val, rows[names[1]])
    else:
        parts = Division(rows["train"], rows["val"], rows["test"])
    for name, numbers in vars(parts).items():
        if not len(numbers):
            raise TrainingError(
                f"{run.name}: no picture to {name} on; prepare all sets that the split names"
            )
    return parts


def _choose_validation(label: Numbers, rows: Numbers, seed: int) -> Numbers:
    rng = np.random.default_rng([seed, 15])
    chosen = []
    for value in np.unique(label[rows]):
        own = rng.permutation(rows[label[rows] == value])
        chosen.append(own[: round(VALIDATION_SHARE * len(own))])
    return np.sort(np.concatenate(chosen))


def run_experiment(
    run: PaperRun,
    pictures: PictureSet,
    part_of: Mapping[str, str],
    options: TrainingOptions,
    out: Path,
) -> None:
    """Train, test, and write the run's files below out/NAME; goes on where it was stopped.

    The tested network is the one that is converted: float32, its normalisation folded in.
    """
    folder = out / run.name
    recipe = RECIPES[options.recipe]
    if options.epochs is not None:
        recipe = replace(recipe, epochs=options.epochs)
    parts = divide(pictures, run, part_of, options.seed)
    seen = pictures.cut_out if run.ablation else pictures.whole
    keras_runtime.set_up(options.precision, options.devices)
    model = train(
        recipe,
        count_filters(options.width),
        LabelledPictures(seen[parts.train], pictures.label[parts.train]),
        LabelledPictures(seen[parts.val], pictures.label[parts.val]),
        folder,
        options.seed,
    )
    weights = fold_normalisation(model.get_weights()) if recipe.normalised else model.get_weights()
    save_weights(weights, folder / WEIGHTS)
    trained_on = keras_runtime.describe_device(model)
    keras_runtime.set_up("float32", options.devices)
    tested = build_with_weights(weights, softmax=True)
    given = keras_runtime.predict(tested, seen[parts.test])
    _write_predictions(pictures.take(parts.test), given, folder / PREDICTIONS)
    write_toml(
        folder / RUN,
        {
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
        },
    )


def _write_predictions(tested: PictureSet, given: npt.NDArray[np.float32], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image", "group", "truth", "said", *(f"p_{name}" for name in LABELS)])
        for image, group, truth, row in zip(
            tested.image, tested.group, tested.label, given, strict=True
        ):
            said = LABELS[int(row.argmax())]
            writer.writerow([image, group, LABELS[truth], said, *(f"{p:.6f}" for p in row)])
