"""Finding white cells, on rendered fields whose white cells are known."""

from __future__ import annotations

import numpy as np
import pytest
from leukoscope.field import Rgb
from leukoscope.imaging.background import estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.reading.results import WhiteCell
from leukoscope.reading.white_cells import find_white_cells
from leukoscope.simulator.hematology import Diagnosis

from tests.reading.examples import (
    DEVICE_SHAPE,
    DEVICE_UM_PER_PX,
    DISEASES,
    MODEL_UM_PER_PX,
    glass,
    is_found,
    rendered,
)

SEEDS = range(700, 706)


def wholly_inside(truth, field) -> bool:
    rim = min(truth.x_px, field.width_px - truth.x_px, truth.y_px, field.height_px - truth.y_px)
    return rim * field.um_per_px > truth.diameter_um / 2


def found_in(rgb: Rgb, um_per_px: float) -> tuple[WhiteCell, ...]:
    """As the reader finds them: on the flattened picture."""
    return find_white_cells(flatten(rgb, estimate_background(rgb, um_per_px)), um_per_px)


def found_of(diagnosis: Diagnosis) -> tuple[int, int, int]:
    """White cells that lie wholly in sharp fields, of them found, and finds that are none."""
    there = found = none = 0
    for seed in SEEDS:
        field, truths = rendered(diagnosis, seed)
        cells = found_in(field.rgb, field.um_per_px)
        whole = [truth for truth in truths if wholly_inside(truth, field)]
        there += len(whole)
        found += sum(is_found(truth, cells, field.um_per_px) for truth in whole)
        none += sum(
            not any(is_found(truth, [cell], field.um_per_px) for truth in truths) for cell in cells
        )
    return there, found, none


@pytest.mark.parametrize("diagnosis", DISEASES, ids=lambda d: d.value)
def test_ok__white_cells_of_sharp_fields_are_found(diagnosis: Diagnosis) -> None:
    there, found, _ = found_of(diagnosis)
    assert there >= 8
    assert found >= 0.85 * there, f"{found} of {there}"


def test_ok__most_finds_are_white_cells() -> None:
    counts = np.array([found_of(diagnosis) for diagnosis in DISEASES])
    there, found, none = counts.sum(axis=0)
    assert found >= 0.93 * there, f"{found} of {there}"
    assert none <= 0.3 * (found + none), f"{none} finds beside {found} cells"


@pytest.mark.parametrize("seed", SEEDS)
def test_ok__nothing_is_found_on_an_empty_slide(seed: int) -> None:
    field, truths = rendered(Diagnosis.EMPTY, seed)
    assert not truths
    assert found_in(resample(field, MODEL_UM_PER_PX), MODEL_UM_PER_PX) == ()


def test_ok__boxes_lie_in_the_picture_and_hold_at_least_the_nucleus() -> None:
    for diagnosis in DISEASES:
        field, _ = rendered(diagnosis)
        for cell in found_in(field.rgb, field.um_per_px):
            assert 0 <= cell.x0 < cell.x1 <= DEVICE_SHAPE[1]
            assert 0 <= cell.y0 < cell.y1 <= DEVICE_SHAPE[0]
            box_um2 = (cell.x1 - cell.x0) * (cell.y1 - cell.y0) * DEVICE_UM_PER_PX**2
            assert 16.0 <= cell.nucleus_um2 <= box_um2 + 1


def test_ok__a_disc_is_found_where_it_is_and_as_large() -> None:
    (cell,) = found_in(glass((200, 140, 12)), MODEL_UM_PER_PX)
    assert (cell.x0, cell.y0, cell.x1, cell.y1) == pytest.approx((188, 128, 213, 153), abs=2)
    assert cell.nucleus_um2 == pytest.approx(np.pi * 12**2 * MODEL_UM_PER_PX**2, rel=0.1)


def test_ok__platelets_are_too_small() -> None:
    assert found_in(glass((100, 100, 4), (250, 60, 4)), MODEL_UM_PER_PX) == ()


def test_ok__a_shaded_field_has_the_same_cells() -> None:
    rgb = glass((60, 60, 12), (340, 240, 12), (200, 150, 12))
    rim = np.linspace(1.0, 0.6, rgb.shape[1])[None, :, None]
    shaded = (rgb * rim).astype(np.uint8)
    even, uneven = (found_in(picture, MODEL_UM_PER_PX) for picture in (rgb, shaded))
    assert len(even) == len(uneven) == 3
    for left, right in zip(even, uneven, strict=True):
        assert (left.x0, left.y0) == pytest.approx((right.x0, right.y0), abs=4)


def test_ok__a_picture_too_small_to_halve_has_no_cells() -> None:
    assert find_white_cells(np.zeros((1, 9, 3), np.uint8), MODEL_UM_PER_PX) == ()
