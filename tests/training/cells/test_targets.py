"""Targets of the cell reader: proportions are met, boxes are believed, and nobody is drawn too often."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope_training.cells.dataset import Cells
from leukoscope_training.cells.expert_labels import UNTYPED
from leukoscope_training.cells.targets import NORMAL, Teacher, draw_weights, rate_by_size, sinkhorn

ARTEFACT = CELL_TYPES.index(CellType.ARTEFACT)
BLAST = CELL_TYPES.index(CellType.LYMPHOBLAST)
LYMPHOCYTE = CELL_TYPES.index(CellType.LYMPHOCYTE)


def cells_of(*rows: tuple[str, str, str], area_um2: float = 60.0) -> Cells:
    """Cells of these sources, groups and boxes."""
    source, group, box = (np.array(column, np.str_) for column in zip(*rows, strict=True))
    count = len(rows)
    picture = np.zeros((count, 64, 64, 3), np.uint8)
    measurements = np.tile(
        np.array([area_um2, 110, 0.6, 1, 0.8, 1, 0.2, 0.2, 0], np.float32), (count, 1)
    )
    return Cells(
        picture=picture,
        surroundings=picture,
        measurements=measurements,
        colour=np.full((count, 3), 0.4, np.float32),
        whole=np.ones(count, np.bool_),
        gates=np.ones(count, np.bool_),
        box=box,
        source=source,
        kind=source,
        group=group,
        path=group,
        sha256=np.full(count, ""),
    )


@given(
    st.lists(st.floats(0.02, 1), min_size=10, max_size=10),
    st.floats(0.02, 0.3),
    st.integers(0, 2**32 - 1),
)
def test_ok__targets_meet_a_patients_proportions(
    counted: list[float], others: float, seed: int
) -> None:
    shares = np.array([*counted, 0, 0]) / sum(counted) * (1 - others)
    shares[10:] = others / 2
    likelihood = np.random.default_rng(seed).uniform(0.05, 1, (200, 12))

    found = sinkhorn(likelihood, shares)

    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(found[:, :10].mean(axis=0), shares[:10], atol=0.01)
    assert found[:, 10:].sum(axis=1).mean() == pytest.approx(others, abs=0.01)


def test_ok__a_type_that_a_patient_lacks_is_no_cells_target() -> None:
    shares = np.zeros(12)
    shares[[BLAST, LYMPHOCYTE, ARTEFACT]] = 0.5, 0.4, 0.1

    found = sinkhorn(np.full((30, 12), 0.5), shares)

    assert np.flatnonzero(found.any(axis=0)).tolist() == [LYMPHOCYTE, BLAST, ARTEFACT]


def test_ok__a_small_nucleus_is_more_likely_a_lymphocytes_than_a_blasts() -> None:
    small, large = rate_by_size(np.array([45, 110], np.float32))
    assert small[LYMPHOCYTE] > small[BLAST]
    assert large[BLAST] > large[LYMPHOCYTE]


def test_ok__a_box_is_believed_and_a_find_without_one_is_an_artefact() -> None:
    cells = cells_of(
        ("chula-pi", "chula-pi/1", "eosinophil"),
        ("bccd", "bccd/1", ""),
        ("bccd", "bccd/2", UNTYPED),
        ("simulated", "simulated/CLL/1", "smudge cell"),
    )

    targets = Teacher(cells, {}).at_first()

    names = [CELL_TYPES[number] for number in targets.argmax(axis=1)]
    assert names[:2] == [CellType.EOSINOPHIL, CellType.ARTEFACT]
    assert names[3] is CellType.SMUDGE
    assert targets[:2].max() == 1
    assert targets[2].tolist() == [NORMAL.get(cell_type, 0) for cell_type in CELL_TYPES]


def test_ok__the_network_has_a_say_within_a_patients_proportions() -> None:
    cells = cells_of(*[("lld-40x", "lld-40x/patient-01", "")] * 20, area_um2=62.0)
    counts = np.zeros(12)
    counts[[BLAST, LYMPHOCYTE]] = 10
    said = np.full((20, 12), 0.01)
    said[:10, BLAST] = said[10:, LYMPHOCYTE] = 0.9

    teacher = Teacher(cells, {"lld-40x/patient-01": counts})
    before, after = teacher.at_first(), teacher.after(said)

    np.testing.assert_allclose(before[0], before[10])
    assert after[0, BLAST] > 0.8
    assert after[10, LYMPHOCYTE] > 0.8
    np.testing.assert_allclose(before.mean(axis=0), after.mean(axis=0), atol=0.02)


def test_ok__patients_are_drawn_alike_and_unboxed_cells_of_chula_pi_never() -> None:
    cells = cells_of(
        *[("lld-40x", "lld-40x/patient-01", "")] * 9,
        ("lld-40x", "lld-40x/patient-02", ""),
        ("chula-pi", "chula-pi/1", "monocyte"),
        ("chula-pi", "chula-pi/1", ""),
    )

    weights = draw_weights(cells)

    assert weights.sum() == pytest.approx(1)
    assert weights[:9].sum() == pytest.approx(weights[9])
    assert weights[11] == 0
    assert weights[10] > 0
