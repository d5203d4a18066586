"""Cells for the tests of the cell reader's training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from leukoscope_training.cells.dataset import Cells


def make_cells(rows: Sequence[tuple[str, str, str]]) -> Cells:
    """Make one black cell for each source, patient and word."""
    count = len(rows)
    return Cells(
        picture=np.zeros((count, 1, 1, 3), np.uint8),
        surroundings=np.zeros((count, 1, 1, 3), np.uint8),
        measurements=np.ones((count, 9), np.float32),
        colour=np.zeros((count, 3), np.float32),
        whole=np.ones(count, np.bool_),
        gates=np.ones(count, np.bool_),
        word=np.array([word for _, _, word in rows], np.str_),
        source=np.array([source for source, _, _ in rows], np.str_),
        group=np.array([f"{source}/{patient}" for source, patient, _ in rows], np.str_),
        path=np.array([str(number) for number in range(count)], np.str_),
    )
