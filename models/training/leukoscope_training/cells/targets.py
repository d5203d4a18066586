"""Makes the target of each cell from its expert's word, and decides how often each cell is drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from leukoscope.reading.cell_types import CELL_TYPES, CellType

from leukoscope_training.cells.dataset import CLUTTER, SIMULATED, Cells
from leukoscope_training.cells.laboratories import compared_types, taught_types

Targets = npt.NDArray[np.float32]
"""Shape (n, 2, types), 0 or 1: the types of which a cell is one, and the types that it is compared with."""

SOURCE_SHARES = {
    "lld-40x": 0.28,
    "jhu-cells": 0.26,
    "pbc-cells": 0.11,
    "chula-pi": 0.10,
    "lyon-lymphocytes": 0.06,
    "bccd": 0.03,
    SIMULATED: 0.10,
    CLUTTER: 0.06,
}
"""Share of each source in the draws. If a training leaves a source out, its share goes to the others."""

RARITY = 0.6
"""A type with k times the cells of another in the same source is drawn k ** (1 - RARITY) times as often."""


def make_targets(cells: Cells) -> Targets:
    """Make the targets of all cells, shape (n, 2, types)."""
    targets = np.zeros((len(cells), 2, len(CELL_TYPES)), np.float32)
    rows = zip(cells.source.tolist(), cells.group.tolist(), cells.word.tolist(), strict=True)
    for target, (source, group, word) in zip(targets, rows, strict=True):
        target[0] = _mark(taught_types(source, group.rpartition("/")[2], word))
        target[1] = _mark(compared_types(source))
    return targets


def draw_weights(cells: Cells, targets: Targets) -> npt.NDArray[np.float64]:
    """Return how often each cell is drawn, shape (n,), sum 1. A cell that teaches nothing is never drawn."""
    weights = np.zeros(len(cells))
    for source, share in SOURCE_SHARES.items():
        own = (cells.source == source) & targets[:, 0].any(axis=1)
        if not own.any():
            continue
        _, kind, count = np.unique(targets[own, 0], axis=0, return_inverse=True, return_counts=True)
        rarity = count[kind.reshape(-1)].astype(np.float64) ** -RARITY
        weights[own] = share * rarity / rarity.sum()
    return np.asarray(weights / weights.sum())


def _mark(types: frozenset[CellType]) -> list[bool]:
    return [cell_type in types for cell_type in CELL_TYPES]
