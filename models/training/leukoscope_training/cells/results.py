"""Tabulates the results of the runs on single cells. (verdicts.py judges whole slides.)"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from leukoscope.reading.cell_types import CELL_TYPES, NOT_COUNTED, CellType
from sklearn.metrics import f1_score, recall_score

from leukoscope_training.cells.dataset import Flags, Floats, Texts
from leukoscope_training.cells.runs import PREDICTIONS, RUNS
from leukoscope_training.cells.targets import FIVE_TYPES
from leukoscope_training.shared.errors import TrainingError

TABLE = "table.md"

TYPES_OF_KIND = {
    "lld-40x/ALL": (CellType.LYMPHOBLAST,),
    "lld-40x/AML": (CellType.MYELOBLAST, CellType.PROMYELOCYTE),
    "lld-40x/APML": (CellType.MYELOBLAST, CellType.PROMYELOCYTE),
    "lld-40x/CML": (
        CellType.NEUTROPHIL,
        CellType.EOSINOPHIL,
        CellType.BASOPHIL,
        CellType.MONOCYTE,
        CellType.MYELOCYTE,
    ),
    "lld-40x/CLL": (CellType.LYMPHOCYTE, CellType.ATYPICAL_LYMPHOCYTE),
}
"""The types of cells that are typical of each leukaemia. A cell is assigned to the most likely of these four groups."""

HEADING = (
    "run",
    "cells of the four leukaemias, balanced accuracy",
    "chula-pi, five types, macro F1",
    "its boxed cells called artefact",
    "its finds without a box called a cell",
    "bccd's boxed cells called artefact",
)


@dataclass(frozen=True, eq=False)
class CellPredictions:
    """A run's predictions of its tested cells.

    Attributes:
        kind: As in `Cells`, shape (n,).
        box: As in `Cells`, shape (n,).
        probabilities: Shape (n, 12).
    """

    kind: Texts
    box: Texts
    probabilities: Floats

    def find_counted(self) -> Flags:
        """Return which finds are more likely a cell than an artefact or smudge, shape (n,)."""
        return self.share(*NOT_COUNTED) < 0.5

    def share(self, *types: CellType) -> Floats:
        """Summed probability of these types, shape (n,)."""
        columns = [CELL_TYPES.index(one) for one in types]
        return np.asarray(self.probabilities[:, columns].sum(axis=1))


def read_predictions(path: Path) -> CellPredictions:
    """Read a run's predictions.npz.

    Raises:
        TrainingError: It is not valid.
    """
    try:
        with np.load(path) as arrays:
            return CellPredictions(arrays["kind"], arrays["box"], arrays["probabilities"])
    except (KeyError, ValueError) as error:
        raise TrainingError(f"{path}: not a run's predictions: {error}; run it again") from error


def leukaemia_recalls(found: CellPredictions) -> list[float]:
    """Return the recall, 0..1, of each of ALL, AML, CML and CLL that has counted cells.

    A patient's normal cells count as mistakes, so a recall of 1 is impossible.
    """
    groups = list(dict.fromkeys(TYPES_OF_KIND.values()))
    rows = np.isin(found.kind, list(TYPES_OF_KIND)) & found.find_counted()
    if not rows.any():
        return []
    truth = np.array([groups.index(TYPES_OF_KIND[kind]) for kind in found.kind[rows].tolist()])
    best = np.stack([found.share(*types)[rows] for types in groups], axis=1).argmax(axis=1)
    recalls: list[float] = recall_score(truth, best, labels=np.unique(truth), average=None).tolist()
    return recalls


def five_types_f1(found: CellPredictions) -> list[float]:
    """Return the F1, 0..1, of each of `FIVE_TYPES` over chula-pi's boxed cells that are not read as artefacts."""
    rows = (found.kind == "chula-pi") & (found.box != "") & found.find_counted()
    if not rows.any():
        return [0.0] * len(FIVE_TYPES)
    columns = [CELL_TYPES.index(cell_type) for cell_type in FIVE_TYPES]
    names = np.array([cell_type.value for cell_type in FIVE_TYPES])
    best = names[found.probabilities[rows][:, columns].argmax(axis=1)]
    scores: list[float] = f1_score(
        found.box[rows], best, labels=names, average=None, zero_division=0
    ).tolist()
    return scores


def tabulate_runs(out: Path) -> str:
    """Tabulate the finished runs that have test cells, in Markdown.

    Raises:
        TrainingError: There is none.
    """
    paths = {name: out / name / PREDICTIONS for name in RUNS}
    lines = [
        _line([name, *_measure(read_predictions(path))])
        for name, path in paths.items()
        if path.exists()
    ]
    if not lines:
        raise TrainingError(f"{out}: no finished run: run `leukoscope-train cells protocol` first")
    lines = [_line(HEADING), _line(["---"] * len(HEADING)), *lines]
    return "\n".join(lines) + "\n"


def _measure(found: CellPredictions) -> list[str]:
    boxed, chula, bccd = found.box != "", found.kind == "chula-pi", found.kind == "bccd"
    return [
        _mean(leukaemia_recalls(found)),
        _mean(five_types_f1(found)) if (boxed & chula).any() else "–",
        _ratio(~found.find_counted(), boxed & chula),
        _ratio(found.find_counted(), ~boxed & chula),
        _ratio(~found.find_counted(), boxed & bccd),
    ]


def _mean(parts: list[float]) -> str:
    if not parts:
        return "–"
    return f"{np.mean(parts):.3f} ({', '.join(f'{part:.2f}' for part in parts)})"


def _ratio(what: Flags, of: Flags) -> str:
    return f"{np.count_nonzero(what & of)} / {np.count_nonzero(of)}" if of.any() else "–"


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"
