"""Runs: nobody who is tested was trained on."""

from __future__ import annotations

import numpy as np
import pytest
from leukoscope_training.cells.dataset import CLUTTER, SIMULATED, Cells
from leukoscope_training.cells.laboratories import LABORATORIES
from leukoscope_training.cells.runs import LEFT_OUT, PATIENT_DISJOINT, RUNS

from tests.training.cells.examples import make_cells

ROWS = [
    (laboratory.folder, f"patient-{number:02}", "lymphocyte")
    for laboratory in LABORATORIES
    for number in range(12)
    for _ in range(2)
]


@pytest.fixture(scope="module")
def cells() -> Cells:
    return make_cells([*ROWS, (SIMULATED, "ALL/1", "lymphoblast"), (CLUTTER, "5", "artefact")])


@pytest.mark.parametrize("name", sorted({*RUNS} - {"final"}))
def test_ok__a_tested_patient_was_not_trained_on(name: str, cells: Cells) -> None:
    trained, tested = RUNS[name].trained_on(cells), RUNS[name].tested_on(cells)
    assert tested.any()
    assert not {*cells.group[trained]} & {*cells.group[tested]}


@pytest.mark.parametrize("name", RUNS)
def test_ok__rendered_cells_and_clutter_are_trained_on_and_never_tested(
    name: str, cells: Cells
) -> None:
    assert RUNS[name].trained_on(cells)[-2:].all()
    assert not RUNS[name].tested_on(cells)[-2:].any()


@pytest.mark.parametrize("names", [LEFT_OUT, PATIENT_DISJOINT])
def test_ok__together_they_test_each_real_cell_once(names: tuple[str, ...], cells: Cells) -> None:
    tested = sum(RUNS[name].tested_on(cells).astype(int) for name in names)
    assert np.array_equal(tested[:-2], np.ones(len(ROWS)))


@pytest.mark.parametrize("laboratory", LABORATORIES, ids=lambda one: one.folder)
def test_ok__a_laboratory_left_out_is_left_out_whole(laboratory: object, cells: Cells) -> None:
    folder = laboratory.folder  # type: ignore[attr-defined]
    run = RUNS[f"without-{folder}"]
    own = cells.source == folder
    assert np.array_equal(run.tested_on(cells), own)
    assert not run.trained_on(cells)[own].any()
