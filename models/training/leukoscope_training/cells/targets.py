"""Makes the target of each cell, from a box or from its patient's counts, and decides how often each cell is drawn.

The cells of lld-40x have no type, but the experts counted each patient's types. A patient's finds get types in these
proportions, first by their size alone, later by the network's own predictions (learning from label proportions; the
assignment is Sinkhorn & Knopp's scaling, Pacific J Math 21, 1967).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from leukoscope.reading.cell_types import CELL_TYPES, NOT_COUNTED, CellType

from leukoscope_training.cells.dataset import CLUTTER, SIMULATED, Cells, Flags
from leukoscope_training.cells.expert_labels import UNTYPED

Targets = npt.NDArray[np.float64]
"""Shape (n, 12), each row sums to 1."""

NUCLEUS_UM2 = (55, 50, 60, 48, 95, 80, 115, 125, 90, 72, 110, 33)
NUCLEUS_SPREAD = (0.22, 0.22, 0.25, 0.22, 0.22, 0.28, 0.3, 0.3, 0.25, 0.22, 0.4, 0.5)
"""Each type's nuclear area on a film, and the standard deviation of its logarithm. No source states them; they are
estimated from the cell sizes and N:C ratios in device/leukoscope/simulator/hematology.py."""

NORMAL = {
    CellType.NEUTROPHIL: 0.58,
    CellType.EOSINOPHIL: 0.04,
    CellType.BASOPHIL: 0.01,
    CellType.LYMPHOCYTE: 0.29,
    CellType.MONOCYTE: 0.08,
}
"""Shares of bccd's boxed cells: a normal adult differential, inside the ranges in hematology.py."""

FIVE_TYPES = tuple(NORMAL)

FOUND, MOST_CELLS = 0.93, 0.96
"""Share of the experts' cells that the device finds, and the largest share of finds that are cells."""

EXTRA_COUNT = 0.5
"""Added to a patient's count of each type that was found there."""

FLOOR = 1e-6
ROUNDS, LARGEST_STEP = 60, 2.0

SOURCE_SHARES = {"lld-40x": 0.45, "chula-pi": 0.25, "bccd": 0.10, SIMULATED: 0.15, CLUTTER: 0.12}
"""Share of each set in the draws. If a training leaves a set out, its share goes to the others."""

_NOT_CELLS = [
    CELL_TYPES.index(cell_type) for cell_type in sorted(NOT_COUNTED, key=CELL_TYPES.index)
]
# Smudge cells and artefacts have one proportion together, because nobody counted them separately.
_CLASS = np.arange(len(CELL_TYPES))
_CLASS[_NOT_CELLS] = _NOT_CELLS[0]


def sinkhorn(likelihood: Targets, shares: npt.NDArray[np.float64]) -> Targets:
    """Scale likelihoods to targets with given shares.

    Args:
        likelihood: Likelihood of each type for each cell, shape (n, 12).
        shares: The targets' mean, shape (12,), sum 1. Types with a share of 0 get none. Smudge cells and artefacts
            together meet the sum of their shares.

    Returns:
        Targets, shape (n, 12).
    """
    found = (likelihood + FLOOR) * (shares > 0)
    wanted = np.bincount(_CLASS, shares) * len(found)
    factor = np.ones(len(wanted))
    for _ in range(ROUNDS):
        result = found * factor[_CLASS]
        result /= result.sum(axis=1, keepdims=True)
        given = np.bincount(_CLASS, result.sum(axis=0))
        step = wanted / np.maximum(given, FLOOR)
        factor *= np.where(wanted > 0, step.clip(1 / LARGEST_STEP, LARGEST_STEP), 0)
    return result


def rate_by_size(nuclear_area: npt.NDArray[np.float32]) -> Targets:
    """Return the log-normal density of each type at nuclear areas in µm²: shape (n,) to (n, 12)."""
    area = np.log(np.maximum(nuclear_area.astype(np.float64), 8))[:, None]
    spread = np.array(NUCLEUS_SPREAD)
    likelihood: Targets = np.exp(-0.5 * ((area - np.log(NUCLEUS_UM2)) / spread) ** 2) / spread
    return likelihood


class Teacher:
    """Gives the targets of a training's cells.

    Args:
        cells: The cells.
        counts: The experts' counts of each type, shape (12,), for each patient among the cells' groups.
    """

    def __init__(self, cells: Cells, counts: Mapping[str, npt.NDArray[np.float64]]) -> None:
        self._boxed = _make_box_targets(cells.box)
        self._size = rate_by_size(cells.measurements[:, 0])
        self._untyped = cells.box == UNTYPED
        self._patients = [
            (
                cells.group == group,
                _patient_shares(counts[group], int(np.sum(cells.group == group))),
            )
            for group in np.unique(cells.group[cells.source == "lld-40x"]).tolist()
        ]

    def find_asked(self) -> Flags:
        """Find the cells that have targets that depend on the network's predictions, shape (n,)."""
        asked: Flags = self._untyped.copy()
        for rows, _ in self._patients:
            asked |= rows
        return asked

    def at_first(self) -> Targets:
        """Return the first targets: from size for the patients' cells, from boxes for the others."""
        targets = self._boxed.copy()
        for rows, shares in self._patients:
            targets[rows] = sinkhorn(self._size[rows], shares)
        return targets

    def after(self, probabilities: Targets) -> Targets:
        """Return later targets, given the network's probabilities for the cells of `find_asked`, shape (number, 12)."""
        predicted = np.zeros_like(self._boxed)
        predicted[self.find_asked()] = probabilities
        targets = self._boxed.copy()
        for rows, shares in self._patients:
            targets[rows] = sinkhorn(predicted[rows] * np.sqrt(self._size[rows]), shares)
        if self._untyped.any():
            targets[self._untyped] = sinkhorn(predicted[self._untyped], _normal_shares())
        return targets


def draw_weights(cells: Cells) -> npt.NDArray[np.float64]:
    """Return how often each cell is drawn, shape (n,), sum 1: all patients equally, and all types of a set equally.

    A find of chula-pi without a box is never drawn. It may be a cell, because the experts did not box all cells.
    """
    weights = np.zeros(len(cells))
    for source, share in SOURCE_SHARES.items():
        own = cells.source == source
        names = cells.group if source == "lld-40x" else cells.box
        if source == "bccd":
            names = cells.source
        groups = [own & (names == name) for name in np.unique(names[own])]
        for rows in groups:
            weights[rows] = share / len(groups) / np.count_nonzero(rows)
    weights[_find_left_out(cells)] = 0
    return np.asarray(weights / weights.sum())


def _find_left_out(cells: Cells) -> Flags:
    return np.asarray((cells.source == "chula-pi") & (cells.box == ""))


def _make_box_targets(box: npt.NDArray[np.str_]) -> Targets:
    """Make targets from boxes: the box's type, normal shares for bccd's untyped boxes, artefact without a box."""
    targets = np.zeros((len(box), len(CELL_TYPES)))
    for number, cell_type in enumerate(CELL_TYPES):
        targets[box == cell_type.value, number] = 1
    targets[box == UNTYPED] = _normal_shares()
    targets[box == "", CELL_TYPES.index(CellType.ARTEFACT)] = 1
    return targets


def _normal_shares() -> npt.NDArray[np.float64]:
    return np.array([NORMAL.get(cell_type, 0.0) for cell_type in CELL_TYPES])


def _patient_shares(counts: npt.NDArray[np.float64], finds: int) -> npt.NDArray[np.float64]:
    """Return the shares of a patient's finds: first the experts' cells. The rest are smudge cells and artefacts."""
    raised = counts + EXTRA_COUNT * (counts > 0)
    cells = min(MOST_CELLS, FOUND * float(raised.sum()) / finds)
    shares = np.asarray(raised / raised.sum() * cells)
    shares[_NOT_CELLS] = (1 - cells) / len(_NOT_CELLS)
    return shares
