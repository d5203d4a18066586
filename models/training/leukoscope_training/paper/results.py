"""Shows the results of finished runs, as a table and as the paper's figures."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from leukoscope.reading.results import LABELS

from leukoscope_training.evaluation.classification_measures import Measures, measure
from leukoscope_training.paper.pictures import PictureSet
from leukoscope_training.paper.runs import PREDICTIONS, RUN, RUNS
from leukoscope_training.paper.training import HISTORY
from leukoscope_training.shared.errors import TrainingError

TABLE = "table.md"


@dataclass(frozen=True, eq=False)
class PaperPredictions:
    """A run's predictions.

    Attributes:
        truth: Shape (n,), int64, 0..4.
        predicted: Shape (n,), int64, 0..4.
        group: Each picture's patient or slide, shape (n,).
        probabilities: Shape (n, 5).
    """

    truth: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    group: npt.NDArray[np.str_]
    probabilities: npt.NDArray[np.float64]

    def measures(self) -> Measures:
        """Compute the five measures and their intervals."""
        return measure(self.truth, self.predicted, self.group)


def read_predictions(path: Path) -> PaperPredictions:
    """Read a run's predictions.csv.

    Raises:
        TrainingError: It is not valid.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        return PaperPredictions(
            truth=np.array([LABELS.index(row["truth"]) for row in rows], np.int64),
            predicted=np.array([LABELS.index(row["said"]) for row in rows], np.int64),
            group=np.array([row["group"] for row in rows], np.str_),
            probabilities=np.array([[float(row[f"p_{name}"]) for name in LABELS] for row in rows]),
        )
    except (KeyError, ValueError) as error:
        raise TrainingError(f"{path}: not a run's predictions: {error}; run it again") from error


def list_finished(out: Path) -> list[str]:
    """List the names of the finished runs below a folder, in the order of `RUNS`."""
    return [name for name in RUNS if (out / name / RUN).exists()]


def tabulate_runs(out: Path) -> str:
    """Tabulate the finished runs in Markdown.

    Raises:
        TrainingError: There is none.
    """
    names = list_finished(out)
    if not names:
        raise TrainingError(f"{out}: no finished run: run `leukoscope-train paper protocols` first")
    heading = ["run", "trained on", "tested on", "accuracy (95 %)", "macro F1 (95 %)"]
    heading += [f"recall {label} (95 %)" for label in LABELS]
    lines = [_line(heading), _line(["---"] * len(heading))]
    for name in names:
        facts = tomllib.loads((out / name / RUN).read_text(encoding="utf-8"))
        predictions = read_predictions(out / name / PREDICTIONS)
        found = predictions.measures()
        groups = len(set(predictions.group.tolist()))
        lines.append(
            _line(
                [
                    name,
                    f"{facts['trained_on']} fields",
                    f"{facts['tested_on']} fields, {groups} patients and slides",
                    str(found.accuracy),
                    str(found.macro.f1),
                    *(str(found.per_class[label].recall) for label in LABELS),
                ]
            )
        )
    return "\n".join(lines) + "\n"


def draw_figures(out: Path, pictures: PictureSet) -> list[Path]:
    """Draw the paper's figures: images per class, their shares, and each run's history and confusion."""
    from leukoscope_training.evaluation import figures

    counts = Counter(LABELS[label] for label in pictures.label)
    by_class = {label: counts[label] for label in LABELS}
    paths = [out / "images-per-class.png", out / "share-per-class.png"]
    figures.draw_images_per_class(by_class, paths[0])
    figures.draw_share_per_class(by_class, paths[1])
    for name in list_finished(out):
        with (out / name / HISTORY).open(encoding="utf-8", newline="") as file:
            rows = [
                {key: float(value) for key, value in row.items()} for row in csv.DictReader(file)
            ]
        figures.draw_history(rows, out / name / "history.png")
        confusion = read_predictions(out / name / PREDICTIONS).measures().confusion
        figures.draw_confusion(confusion, LABELS, out / name / "confusion.png")
        paths += [out / name / "history.png", out / name / "confusion.png"]
    return paths


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
