"""Runs: nobody who is tested was trained on."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from leukoscope_training.cells.dataset import SIMULATED, Cells
from leukoscope_training.cells.runs import JOINED, RUNS
from leukoscope_training.data.splits import SPLITS


@pytest.fixture(scope="module")
def cells() -> Cells:
    """One cell of each field of the three sets, and one rendered."""
    with (SPLITS / "patient-disjoint.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    count = len(rows) + 1
    return Cells(
        picture=np.zeros((count, 1, 1, 3), np.uint8),
        surroundings=np.zeros((count, 1, 1, 3), np.uint8),
        measurements=np.ones((count, 9), np.float32),
        colour=np.zeros((count, 3), np.float32),
        whole=np.ones(count, np.bool_),
        gates=np.ones(count, np.bool_),
        box=np.full(count, ""),
        source=np.array([*(row["source"] for row in rows), SIMULATED]),
        kind=np.full(count, ""),
        group=np.array([*(row["group"] for row in rows), "simulated/ALL/1"]),
        path=np.array([*(row["image"] for row in rows), ""]),
        sha256=np.array([*(row["sha256"] for row in rows), ""]),
    )


@pytest.mark.parametrize("name", sorted({*RUNS} - {"image-level", "final"}))
def test_ok__a_tested_patient_was_not_trained_on(name: str, cells: Cells) -> None:
    trained, tested = RUNS[name].trained_on(cells), RUNS[name].tested_on(cells)
    assert tested.any()
    assert not {*cells.group[trained]} & {*cells.group[tested]}
    assert trained[-1]
    assert not tested[-1]


def test_ok__image_level_tests_other_fields_of_the_same_patients(cells: Cells) -> None:
    trained, tested = (
        part(cells) for part in (RUNS["image-level"].trained_on, RUNS["image-level"].tested_on)
    )
    assert not {*cells.path[trained]} & {*cells.path[tested]}
    assert {*cells.group[trained]} & {*cells.group[tested]}


@pytest.mark.parametrize("names", JOINED.values(), ids=list(JOINED))
def test_ok__joined_runs_test_each_patient_once(names: tuple[str, ...], cells: Cells) -> None:
    tested = sum(RUNS[name].tested_on(cells).astype(int) for name in names)
    own = np.isin(cells.source, ("lld-40x", "chula-pi"))
    assert np.array_equal(tested[own], np.ones(own.sum()))


@pytest.mark.parametrize(("name", "source"), [("a-to-b", "bccd"), ("b-to-a", "bccd")])
def test_ok__a_laboratory_left_out_is_tested_whole(name: str, source: str, cells: Cells) -> None:
    own = cells.source == source
    assert RUNS[name].tested_on(cells)[own].all()


@pytest.mark.parametrize("name", ["a-to-b-without-chula-pi", "b-to-a-without-chula-pi"])
def test_ok__without_chula_pi_all_of_it_is_tested(name: str, cells: Cells) -> None:
    own = cells.source == "chula-pi"
    assert RUNS[name].tested_on(cells)[own].all()
    assert not RUNS[name].trained_on(cells)[own].any()
