"""The six runs and their pictures: the paper's split by image, two runs split by patient, and the ablation of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from leukoscope_training.paper.pictures import Numbers, PictureSet
from leukoscope_training.shared.errors import TrainingError

WEIGHTS = "weights.npz"
PREDICTIONS = "predictions.csv"
RUN = "run.toml"

VALIDATION_SHARE = 0.15
"""Share of the training half's fields of each class that are used for validation, to choose the best epoch."""


@dataclass(frozen=True)
class PaperRun:
    """One training and its test.

    Attributes:
        name: Name of the run.
        split: The committed split.
        direction: The half to train on and the half to test on: "AB" or "BA"; "" for the split by image.
        ablation: Whether the white cells are cut out.
    """

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


@dataclass(frozen=True, eq=False)
class Division:
    """The numbers of the pictures to train, validate and test on. No picture is in two of them."""

    train: Numbers
    val: Numbers
    test: Numbers


def divide(pictures: PictureSet, run: PaperRun, part_of: Mapping[str, str], seed: int) -> Division:
    """Divide the pictures of a run.

    Validation pictures come from the training half. They are other fields of the same patients, because most classes
    have only one patient there. An ablation leaves out the fields in which no white cell was found.

    Args:
        pictures: All prepared pictures.
        run: The run.
        part_of: The part of each picture in the run's split, by its SHA-256.
        seed: Chooses the validation pictures.

    Raises:
        TrainingError: A part has no picture.
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
