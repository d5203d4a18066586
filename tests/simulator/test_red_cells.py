"""Rendered red cells: how near they come to each other, and how dark they are where they overlap."""

from __future__ import annotations

import numpy as np
import pytest
from leukoscope.simulator import red_cells
from leukoscope.simulator.red_cells import RedCellLook, RedCells
from leukoscope.simulator.sheet import Sheet
from leukoscope.simulator.smear import STAGE_UM

NO_OBSTACLES = np.empty((0, 3))


def look(seed: int, chained: float) -> RedCellLook:
    drawn = vars(red_cells.draw_look(np.random.default_rng(seed)))
    return RedCellLook(**{**drawn, "cover": 0.45, "chained": chained})


def flat(*x_um: float) -> RedCells:
    """Round cells without pallor, 4 µm in radius, at these places on one line."""
    zeros, ones = np.zeros(len(x_um)), np.ones(len(x_um))
    return RedCells(
        x_um=np.array(x_um),
        y_um=zeros,
        radius_um=4 * ones,
        stretch=ones,
        angle=zeros,
        corner=zeros,
        corner_angle=zeros,
        scallops=zeros,
        pallor=zeros,
        shift_x=zeros,
        shift_y=zeros,
        amount=ones,
    )


@pytest.mark.parametrize("chained", [0.0, 0.04, 0.4])
def test_ok__no_red_cell_lies_on_top_of_another(chained: float) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        cells = red_cells.lay(look(seed, chained), 1.0, STAGE_UM, NO_OBSTACLES, rng)
        apart = np.hypot(
            cells.x_um[:, None] - cells.x_um[None, :], cells.y_um[:, None] - cells.y_um[None, :]
        )
        share = apart / (cells.radius_um[:, None] + cells.radius_um[None, :])
        np.fill_diagonal(share, np.inf)
        # In the boxes of BCCD 1 pair in 80 cells is nearer than this, most of them one cell boxed twice.
        assert np.count_nonzero(share < 0.4) == 0
        # A rouleau is one all the same: its cells overlap.
        if chained == 0.4:
            assert np.count_nonzero(share.min(axis=1) < 0.75) > 0.1 * len(share)


def test_ok__an_overlap_is_little_darker_than_its_cells_and_of_their_colour() -> None:
    canvas = Sheet((81, 161), 0.1)
    colour = np.array([0.1, 0.4, 0.3], np.float32)
    plain = look(1, 0.0)
    red_cells.draw(canvas, flat(-2.5, 2.5), plain, colour)
    overlap, alone = canvas.absorbance[40, 80], canvas.absorbance[40, 30]
    # BCCD: the quartiles are 1.03 and 1.40 in green, 1.13 and 1.59 in blue.
    assert 1.13 < overlap[1] / alone[1] < 1.40
    np.testing.assert_allclose(overlap / overlap.sum(), colour / colour.sum(), rtol=1e-5)


def test_ok__drawing_cells_in_another_order_changes_nothing_where_two_overlap() -> None:
    sheets = []
    for places in ((-2.5, 2.5), (2.5, -2.5)):
        canvas = Sheet((81, 161), 0.1)
        red_cells.draw(canvas, flat(*places), look(1, 0.0), np.ones(3, np.float32))
        sheets.append(canvas.absorbance)
    np.testing.assert_allclose(sheets[0], sheets[1], atol=1e-5)
