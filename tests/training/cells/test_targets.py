"""What each cell teaches, and how often it is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, CellType
from leukoscope_training.cells.laboratories import LABORATORIES, TAUGHT, taught_types
from leukoscope_training.cells.targets import SOURCE_SHARES, draw_weights, make_targets
from leukoscope_training.data.typed_cells import WORDS

from tests.training.cells.examples import make_cells


def types_of(marks: np.ndarray) -> set[CellType]:
    return {cell_type for cell_type, mark in zip(CELL_TYPES, marks, strict=True) if mark}


def test_ok__each_word_of_the_sets_is_known() -> None:
    assert {*WORDS} <= {*TAUGHT}


@pytest.mark.parametrize("laboratory", LABORATORIES, ids=lambda one: one.folder)
def test_ok__only_laboratories_with_blasts_teach_what_a_blast_is(laboratory: object) -> None:
    folder = laboratory.folder  # type: ignore[attr-defined]
    targets = make_targets(make_cells([(folder, "p", "lymphocyte")]))
    taught, compared = (types_of(row) for row in targets[0])
    assert taught == {CellType.LYMPHOCYTE} <= compared
    has_blasts = laboratory.has_blasts  # type: ignore[attr-defined]
    assert compared >= BLASTS if has_blasts else not BLASTS & compared


def test_ok__what_lahore_calls_none_depends_on_the_patient() -> None:
    assert taught_types("lld-40x", "patient-32", "none") == {CellType.SMUDGE}
    assert not taught_types("lld-40x", "patient-24", "none")
    assert CellType.ARTEFACT in taught_types("lld-40x", "patient-01", "none")


def test_ok__a_cell_that_teaches_nothing_is_never_drawn() -> None:
    cells = make_cells([("lld-40x", "patient-24", "none"), ("lld-40x", "patient-24", "myeloblast")])
    assert draw_weights(cells, make_targets(cells)).tolist() == [0, 1]


def test_ok__sources_are_drawn_by_their_shares_and_rare_types_more_often() -> None:
    rows = [("pbc-cells", "", "neutrophil")] * 90 + [("pbc-cells", "", "basophil")] * 10
    rows += [("bccd", "", "white blood cell")] * 50
    cells = make_cells(rows)
    weights = draw_weights(cells, make_targets(cells))
    assert weights.sum() == pytest.approx(1)
    share = weights[100:].sum() / weights[:100].sum()
    assert share == pytest.approx(SOURCE_SHARES["bccd"] / SOURCE_SHARES["pbc-cells"])
    assert weights[95] > 2 * weights[0]
