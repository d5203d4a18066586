"""Pooling the cells of a slide's fields into a differential, judged by what a control slide showed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, NOT_COUNTED, CellType
from leukoscope.reading.results import Differential, FieldReading

ABNORMAL = {
    "blasts": BLASTS,
    "immature_granulocytes": frozenset({CellType.MYELOCYTE}),
    "atypical_lymphocytes": frozenset({CellType.ATYPICAL_LYMPHOCYTE}),
}
"""Groups of types that normal blood has next to none of, by name."""

NORMAL_SHARE = 0.02
"""Share of such a group that a reader may see in normal blood and need not be corrected for."""

Baseline: TypeAlias = Mapping[str, float]
"""What share of a control slide's counted cells was read as each group of `ABNORMAL`, 0..1."""


def differential_of(
    readings: Sequence[FieldReading], baseline: Baseline | None = None
) -> Differential:
    """The differential over the cells of some fields that were read one by one.

    baseline: what normal blood is read as on this device. Where it holds more of an abnormal group than
    `NORMAL_SHARE`, that group is made as much less probable in every cell (correction of prior
    probabilities, Saerens et al., Neural Computation 14, 2002, 21-41).
    """
    types = [cell.types for reading in readings for cell in reading.white_cells if cell.types]
    if not types:
        return Differential((0.0,) * len(CELL_TYPES))
    rows = np.array(types)
    if baseline is not None:
        rows = rows * _weights(baseline)
        rows /= rows.sum(axis=1, keepdims=True)
    # What is more probably no white cell than one is no part of a differential, not even in part.
    no_cell = rows[:, _NOT_COUNTED].sum(axis=1) > 0.5
    rows[no_cell] = np.where(_NOT_COUNTED, rows[no_cell], 0)
    rows[~no_cell] = np.where(_NOT_COUNTED, 0, rows[~no_cell])
    rows /= rows.sum(axis=1, keepdims=True)
    return Differential(tuple(float(count) for count in rows.sum(axis=0)))


def _weights(baseline: Baseline) -> npt.NDArray[np.float64]:
    weights = np.ones(len(CELL_TYPES))
    for name, types in ABNORMAL.items():
        for cell_type in types:
            weights[CELL_TYPES.index(cell_type)] = NORMAL_SHARE / max(baseline[name], NORMAL_SHARE)
    return weights


_NOT_COUNTED = np.array([cell_type in NOT_COUNTED for cell_type in CELL_TYPES])
