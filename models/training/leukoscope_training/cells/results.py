"""Tabulates what the runs say of the cells that they tested, laboratory by laboratory, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, NOT_COUNTED, CellType
from leukoscope.reading.relative_size import types_by_relative_size
from leukoscope.reading.results import WhiteCell
from sklearn.metrics import f1_score

from leukoscope_training.cells.dataset import Flags, Floats, Texts
from leukoscope_training.cells.laboratories import FIVE_TYPES, LABORATORIES
from leukoscope_training.cells.runs import PREDICTIONS
from leukoscope_training.data.typed_cells import WORDS, Group
from leukoscope_training.evaluation.intervals import Estimate, estimate_share
from leukoscope_training.evaluation.probabilities import calibration_error, estimate_auc
from leukoscope_training.shared.errors import TrainingError

HEADING = (
    "tested",
    "cells",
    "blasts against mature: AUC",
    "ruler",
    "blasts against lymphocytes: AUC",
    "ruler",
    "blasts called blasts",
    "lymphocytes called blasts",
    "mature called artefact",
    "five types, macro F1",
    "calibration error",
)


@dataclass(frozen=True, eq=False)
class CellPredictions:
    """The predictions of tested cells.

    Attributes:
        source: As in `Cells`, shape (n,).
        group: As in `Cells`, shape (n,).
        path: As in `Cells`, shape (n,).
        word: As in `Cells`, shape (n,).
        nuclear_area: µm², shape (n,).
        probabilities: Shape (n, types).
    """

    source: Texts
    group: Texts
    path: Texts
    word: Texts
    nuclear_area: Floats
    probabilities: Floats

    def take(self, rows: Flags) -> CellPredictions:
        """Return the cells with a true flag, shape (n,)."""
        return CellPredictions(**{name: column[rows] for name, column in vars(self).items()})

    def share(self, *types: CellType) -> Floats:
        """Summed probability of these types, shape (n,)."""
        columns = [CELL_TYPES.index(one) for one in types]
        return np.asarray(self.probabilities[:, columns].sum(axis=1))

    def are(self, *groups: Group) -> Flags:
        """Return which cells the experts' words put in one of these groups, shape (n,)."""
        words = [word for word, meaning in WORDS.items() if meaning.group in groups]
        return np.isin(self.word, words)

    def read_as(self, *types: CellType) -> Flags:
        """Return for which cells one of these types is the most probable, shape (n,)."""
        columns = [CELL_TYPES.index(one) for one in types]
        return np.isin(self.probabilities.argmax(axis=1), columns)


def read_predictions(runs: Path, names: Sequence[str]) -> CellPredictions:
    """Read and join the predictions of these runs.

    Raises:
        TrainingError: One is missing or not valid.
    """
    parts = [_read_run(runs / name / PREDICTIONS) for name in names]
    return CellPredictions(
        **{name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    )


def _read_run(path: Path) -> dict[str, npt.NDArray[Any]]:
    if not path.exists():
        raise TrainingError(
            f"{path} is not there: run `leukoscope-train cells train {path.parent.name}`"
        )
    names = ("source", "group", "path", "word", "probabilities")
    try:
        with np.load(path) as arrays:
            columns = {name: arrays[name] for name in names}
            return columns | {"nuclear_area": arrays["measurements"][:, 0]}
    except (KeyError, ValueError) as error:
        raise TrainingError(f"{path}: not a run's predictions: {error}; run it again") from error


def white_cells(found: CellPredictions) -> list[WhiteCell]:
    """Return the cells as the device's rule takes them."""
    return [
        WhiteCell(0, 0, 1, 1, round(float(area), 1), None, tuple(map(float, types)))
        for area, types in zip(found.nuclear_area, found.probabilities, strict=True)
    ]


def relate_sizes(found: CellPredictions) -> CellPredictions:
    """Correct the types for the size of nuclei on each slide, as the device does. Each group is one slide."""
    related = found.probabilities.copy()
    for group in np.unique(found.group):
        own = found.group == group
        related[own] = types_by_relative_size(white_cells(found.take(own)))
    return replace(found, probabilities=related)


def tabulate(found: CellPredictions) -> str:
    """Tabulate tested cells: each laboratory, and all together with one threshold."""
    lines = [_line(HEADING), _line(("---",) * len(HEADING))]
    for laboratory in LABORATORIES:
        own = found.take(found.source == laboratory.folder)
        if len(own.word):
            lines.append(_line((f"{laboratory.city} ({laboratory.folder})", *_measure(own))))
    lines.append(_line(("all together", *_measure(found))))
    return "\n".join(lines) + "\n"


def measure_rates(found: CellPredictions) -> tuple[list[float], list[float]]:
    """Return, for each laboratory that has such cells, the mean P(blast) of its blasts, and of its mature cells.

    The types are those that count on a slide (see `relate_sizes`).
    """
    found = relate_sizes(found)
    sensitivities: list[float] = []
    false: list[float] = []
    blast = found.share(*BLASTS)
    for laboratory in LABORATORIES:
        own = found.source == laboratory.folder
        for groups, rates in (
            ((Group.BLAST,), sensitivities),
            ((Group.LYMPHOCYTE, Group.MATURE), false),
        ):
            rows = own & found.are(*groups)
            if rows.any():
                rates.append(float(blast[rows].mean()))
    return sensitivities, false


def five_types_f1(found: CellPredictions) -> float:
    """Return the macro F1, 0..1, over those of `FIVE_TYPES` that are present; NaN without such a cell.

    An atypical lymphocyte counts as a lymphocyte. Any other answer is wrong.
    """
    normal = {word: meaning.normal for word, meaning in WORDS.items() if meaning.normal}
    truth = np.array(
        [FIVE_TYPES.index(normal[word]) if word in normal else -1 for word in found.word.tolist()]
    )
    best = found.probabilities.argmax(axis=1)
    merged = np.where(best == CELL_TYPES.index(CellType.ATYPICAL_LYMPHOCYTE), _LYMPHOCYTE, best)
    answers = np.full(len(best), len(FIVE_TYPES))
    for number, cell_type in enumerate(FIVE_TYPES):
        answers[merged == CELL_TYPES.index(cell_type)] = number
    rows = truth >= 0
    if not rows.any():
        return float("nan")
    labels = np.unique(truth[rows])
    return float(
        f1_score(truth[rows], answers[rows], labels=labels, average="macro", zero_division=0)
    )


def _measure(found: CellPredictions) -> list[str]:
    blast, lymphocyte = found.are(Group.BLAST), found.are(Group.LYMPHOCYTE)
    mature = lymphocyte | found.are(Group.MATURE)
    scores = found.share(*BLASTS)
    called = scores > 0.5

    one_class = np.zeros(len(scores), np.int64)

    def auc(values: Floats, others: Flags) -> Estimate:
        rows = blast | others
        return estimate_auc(values[rows], blast[rows], found.group[rows])

    return [
        str(len(found.word)),
        str(auc(scores, mature)),
        str(auc(found.nuclear_area, mature)),
        str(auc(scores, lymphocyte)),
        str(auc(found.nuclear_area, lymphocyte)),
        str(estimate_share(called, blast, one_class, found.group)),
        str(estimate_share(called, lymphocyte, one_class, found.group)),
        str(estimate_share(found.read_as(CellType.ARTEFACT), mature, one_class, found.group)),
        _decimal(five_types_f1(found)),
        _decimal(_calibration_error(found)),
    ]


def _calibration_error(found: CellPredictions) -> float:
    """Return the calibration error of P(blast), over blasts and mature cells."""
    rows = found.are(Group.BLAST, Group.LYMPHOCYTE, Group.MATURE) & (
        found.share(*NOT_COUNTED) < 0.5
    )
    blast = found.share(*BLASTS)[rows]
    return calibration_error(
        np.stack([1 - blast, blast], axis=1), found.are(Group.BLAST)[rows].astype(np.int64)
    )


def _decimal(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


_LYMPHOCYTE = CELL_TYPES.index(CellType.LYMPHOCYTE)
