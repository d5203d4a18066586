"""The ablation picture: no white cell is found in it, and all else stays."""

from __future__ import annotations

import numpy as np
import pytest
from leukoscope.field import Rgb
from leukoscope.reading.results import WhiteCell
from leukoscope.reading.white_cells import find_white_cells
from leukoscope_training.shared.ablation import cut_out_cells, mask_cells
from PIL import Image
from PIL.ImageFilter import MaxFilter

UM_PER_PX = 0.34
GLASS, RED_CELL, CYTOPLASM, NUCLEUS = (
    (230, 228, 225),
    (205, 150, 150),
    (190, 180, 215),
    (100, 50, 140),
)


def disc(picture: Rgb, x: int, y: int, radius_um: float, colour: tuple[int, int, int]) -> None:
    ys, xs = np.indices(picture.shape[:2])
    picture[np.hypot(xs - x, ys - y) * UM_PER_PX <= radius_um] = colour


@pytest.fixture
def smear() -> Rgb:
    picture = np.empty((260, 400, 3), np.uint8)
    picture[:] = GLASS
    for y in range(20, 260, 40):
        for x in range(20, 400, 40):
            disc(picture, x, y, 3.6, RED_CELL)
    for x, y in [(100, 100), (300, 180)]:
        disc(picture, x, y, 7.0, CYTOPLASM)
        disc(picture, x, y, 4.5, NUCLEUS)
    return picture


@pytest.fixture
def cells(smear: Rgb) -> tuple[WhiteCell, ...]:
    found = find_white_cells(smear, UM_PER_PX)
    assert len(found) == 2
    return found


def test_ok__no_cell_is_left(smear: Rgb, cells: tuple[WhiteCell, ...]) -> None:
    masks = mask_cells(smear, cells, UM_PER_PX)
    erased = cut_out_cells(smear, masks, np.random.default_rng(0))
    assert find_white_cells(erased, UM_PER_PX) == ()
    assert not (erased == NUCLEUS).all(-1).any()


def test_ok__what_is_not_near_a_cell_stays(smear: Rgb, cells: tuple[WhiteCell, ...]) -> None:
    masks = mask_cells(smear, cells, UM_PER_PX)
    erased = cut_out_cells(smear, masks, np.random.default_rng(0))
    cells_and_seams = Image.fromarray(masks[0] | masks[1]).convert("L").filter(MaxFilter(13))
    assert (erased == smear)[np.asarray(cells_and_seams) == 0].all()


def test_ok__a_mask_covers_its_cells_cytoplasm(smear: Rgb, cells: tuple[WhiteCell, ...]) -> None:
    covered = np.logical_or(*mask_cells(smear, cells, UM_PER_PX))
    assert covered[(smear == CYTOPLASM).all(-1)].all()


def test_ok__a_picture_without_cells_is_unchanged(smear: Rgb) -> None:
    assert (cut_out_cells(smear, [], np.random.default_rng(0)) == smear).all()
