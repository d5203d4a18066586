"""The size of a nucleus counts relative to the neutrophils of its slide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, CellType
from leukoscope.reading.relative_size import (
    NEUTROPHIL_UM2,
    neutrophil_reference,
    types_by_relative_size,
)
from leukoscope.reading.results import WhiteCell

BLAST_COLUMNS = [CELL_TYPES.index(cell_type) for cell_type in BLASTS]


def cell(area_um2: float, **shares: float) -> WhiteCell:
    """A cell with these probabilities, by the names of `CellType`; the rest is spread over all types."""
    rest = (1 - sum(shares.values())) / len(CELL_TYPES)
    types = tuple(rest + shares.get(cell_type.name, 0.0) for cell_type in CELL_TYPES)
    return WhiteCell(0, 0, 9, 9, area_um2, None, types)


def neutrophils(area_um2: float, count: int = 40) -> list[WhiteCell]:
    return [cell(area_um2, NEUTROPHIL=0.9)] * count


def test_ok__the_reference_is_the_median_neutrophil() -> None:
    cells = [*neutrophils(80, 200), *[cell(150, MYELOBLAST=0.9)] * 90]
    assert neutrophil_reference(cells) == pytest.approx(80, rel=0.02)


def test_ok__without_neutrophils_a_usual_one_is_the_reference() -> None:
    assert neutrophil_reference([cell(150, MYELOBLAST=0.9)]) == NEUTROPHIL_UM2
    assert NEUTROPHIL_UM2 < neutrophil_reference(neutrophils(80, 3)) < 80


def test_ok__the_same_cell_is_less_of_a_blast_on_a_slide_with_large_neutrophils() -> None:
    doubtful = cell(85, LYMPHOCYTE=0.5, MYELOBLAST=0.4)
    small, large = (
        types_by_relative_size([doubtful, *neutrophils(area)])[0, BLAST_COLUMNS].sum()
        for area in (50, 80)
    )
    assert small > 0.5 > large


def test_ok__no_cells() -> None:
    assert types_by_relative_size([]).shape == (0, len(CELL_TYPES))


@given(
    st.lists(st.tuples(st.floats(0, 500), st.sampled_from(CELL_TYPES), st.floats(0, 1)), min_size=1)
)
def test_ok__probabilities_stay_probabilities_and_proportions_stay(
    drawn: list[tuple[float, CellType, float]],
) -> None:
    cells = [cell(area, **{cell_type.name: share}) for area, cell_type, share in drawn]
    rows = types_by_relative_size(cells)
    before = np.array([one.types for one in cells])
    assert rows.sum(axis=1) == pytest.approx(1)
    assert ((rows >= 0) & (rows <= 1)).all()
    others = [number for number in range(len(CELL_TYPES)) if number not in BLAST_COLUMNS]
    for columns in (BLAST_COLUMNS, others):
        mixed, original = rows[:, columns], before[:, columns]
        assert mixed * original.sum(axis=1, keepdims=True) == pytest.approx(
            original * mixed.sum(axis=1, keepdims=True), abs=1e-9
        )
