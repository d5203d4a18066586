"""Measuring cells whose sizes are known, because the test drew them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from leukoscope.reading.cell_view import cell_views, view_px
from leukoscope.reading.measurements import cannot_be_cell, geometry, measure_cells
from leukoscope.reading.results import Measurements
from leukoscope.reading.white_cells import Nuclei, find_nuclei

UM_PER_PX = 0.34
GLASS, RED_CELL, CYTOPLASM, NUCLEUS = (
    (225, 225, 225),
    (205, 160, 150),
    (175, 165, 205),
    (95, 60, 140),
)


def picture(*discs: tuple[float, float, float, tuple[int, int, int]]) -> np.ndarray:
    """Discs (x, y, diameter in µm, colour) on glass, 68 µm wide, beside a row of red cells."""
    size = 200
    ys, xs = np.mgrid[:size, :size] * UM_PER_PX
    rgb = np.full((size, size, 3), GLASS, np.uint8)
    for x in np.arange(6, 66, 9):
        rgb[np.hypot(xs - x, ys - 8) < 3.6] = RED_CELL
        rgb[np.hypot(xs - x, ys - 60) < 3.6] = RED_CELL
    for x, y, diameter, colour in discs:
        rgb[np.hypot(xs - x, ys - y) < diameter / 2] = colour
    return rgb


def only(rgb: np.ndarray) -> tuple[Nuclei, Measurements]:
    """The one cell of a picture, measured."""
    nuclei = find_nuclei(rgb, UM_PER_PX)
    (measurements,) = measure_cells(cell_views(rgb, nuclei, UM_PER_PX))
    return nuclei, measurements


def area(diameter: float) -> float:
    """Of a disc."""
    return float(np.pi / 4 * diameter**2)


@pytest.mark.parametrize(("nucleus", "cell"), [(7.0, 9.0), (9.0, 13.0), (13.0, 16.0)])
def test_ok__areas_are_those_drawn(nucleus: float, cell: float) -> None:
    rgb = picture((34, 34, cell, CYTOPLASM), (34, 34, nucleus, NUCLEUS))
    _, found = only(rgb)
    assert found.nuclear_area == pytest.approx(area(nucleus), rel=0.12)
    assert found.cell_area == pytest.approx(area(cell), rel=0.12)
    assert found.nc_ratio == pytest.approx((nucleus / cell) ** 2, rel=0.15)
    assert found.lobes == 1
    assert found.roundness > 0.85


@pytest.mark.parametrize("neighbour", [None, (44.0, 34.0), (34.0, 24.0)])
def test_ok__cytoplasm_of_the_colour_of_red_cells_belongs_to_the_cell(
    neighbour: tuple[float, float] | None,
) -> None:
    # Pink stains colour the cytoplasm of granulocytes like red cells. A red cell that touches it is not part of it.
    touching = [(*neighbour, 7.2, RED_CELL)] if neighbour else []
    rgb = picture(*touching, (34, 34, 12.4, RED_CELL), (34, 34, 8.0, NUCLEUS))
    _, found = only(rgb)
    assert found.cell_area == pytest.approx(area(12.4), rel=0.12)


def test_ok__lobes_of_a_nucleus_are_one_cell() -> None:
    lobes = [(31.0, 33.0), (37.0, 33.0), (34.0, 38.4)]
    rgb = picture((34, 35, 13, CYTOPLASM), *((x, y, 4.8, NUCLEUS) for x, y in lobes))
    nuclei, found = only(rgb)
    assert len(nuclei.boxes) == 1
    assert found.lobes == 3
    assert found.roundness < 0.7


def test_ok__round_nuclei_that_touch_are_two_cells() -> None:
    rgb = picture((28.4, 34, 10.6, NUCLEUS), (39.6, 34, 10.6, NUCLEUS))
    assert len(find_nuclei(rgb, UM_PER_PX).boxes) == 2


def test_ok__a_red_cell_that_touches_is_no_cytoplasm() -> None:
    alone = picture((34, 34, 11, CYTOPLASM), (34, 34, 8, NUCLEUS))
    touched = picture((41, 34, 7.2, RED_CELL), (34, 34, 11, CYTOPLASM), (34, 34, 8, NUCLEUS))
    _, before = only(alone)
    _, after = only(touched)
    assert after.cell_area == pytest.approx(before.cell_area, rel=0.1)


def test_ok__a_dimmer_picture_measures_the_same() -> None:
    rgb = picture((34, 34, 12, CYTOPLASM), (34, 34, 9, NUCLEUS))
    paler = (225 - (225 - rgb.astype(float)) * 0.85).astype(np.uint8)
    _, before = only(rgb)
    _, after = only(paler)
    assert after.nuclear_area == pytest.approx(before.nuclear_area, rel=0.05)
    assert after.nuclear_density == pytest.approx(before.nuclear_density, rel=0.12)


def test_ok__a_cell_on_the_rim_is_not_whole() -> None:
    rgb = picture((2, 34, 12, CYTOPLASM), (2, 34, 9, NUCLEUS), (34, 34, 9, NUCLEUS))
    views = cell_views(rgb, find_nuclei(rgb, UM_PER_PX), UM_PER_PX)
    assert views.whole.tolist() == [False, True]


def test_ok__a_cell_beside_others_measures_as_it_does_alone() -> None:
    pairs = [(x, y, size) for x, y in ((18, 24), (34, 44), (50, 24)) for size in (8, 12)]
    rgb = picture(
        *((x, y, size, NUCLEUS if size == 8 else CYTOPLASM) for x, y, size in pairs[::-1])
    )
    nuclei = find_nuclei(rgb, UM_PER_PX)
    views = cell_views(rgb, nuclei, UM_PER_PX)
    together = measure_cells(views)
    assert len(together) == 3
    for number, box in enumerate(nuclei.boxes):
        labels = np.where(nuclei.labels == number + 1, 1, 0).astype(np.int32)
        one = Nuclei(labels, nuclei.areas_um2[number : number + 1], (box,), nuclei.red_cell)
        alone = cell_views(rgb, one, UM_PER_PX)
        assert measure_cells(alone) == [together[number]]
        assert np.array_equal(alone.pictures()[0], views.pictures()[number])


def test_ok__a_field_without_cells() -> None:
    rgb = picture()
    views = cell_views(rgb, find_nuclei(rgb, UM_PER_PX), UM_PER_PX)
    side = view_px(UM_PER_PX)
    assert views.pictures().shape == (0, side, side, 3)
    assert measure_cells(views) == []


def test_ok__a_ring_wider_than_a_view_is_nothing_to_measure() -> None:
    rgb = picture((34, 34, 44, NUCLEUS), (34, 34, 38, GLASS))
    _, found = only(rgb)
    assert (found.nuclear_area, found.nc_ratio, found.lobes) == (0, 0, 1)
    assert max(map(abs, geometry(found))) < 10


def test_ok__nothing_of_the_surroundings_is_shown() -> None:
    rgb = picture((44, 34, 7.2, RED_CELL), (34, 34, 12, CYTOPLASM), (34, 34, 9, NUCLEUS))
    (shown,) = cell_views(rgb, find_nuclei(rgb, UM_PER_PX), UM_PER_PX).pictures()
    assert shown.shape == (view_px(UM_PER_PX),) * 2 + (3,)
    ys, xs = np.nonzero(shown.any(axis=2))
    middle = (view_px(UM_PER_PX) - 1) / 2
    assert np.hypot(ys - middle, xs - middle).max() * UM_PER_PX < 6 + 4 * UM_PER_PX
    assert not shown[0].any()


def test_ok__what_a_network_is_told_is_near_zero() -> None:
    _, found = only(picture((34, 34, 12, CYTOPLASM), (34, 34, 9, NUCLEUS)))
    assert len(geometry(found)) == 5
    assert max(map(abs, geometry(found))) < 3


def test_ok__an_even_disc_cannot_be_a_cell_and_a_nucleus_with_chromatin_can() -> None:
    rgb = picture((34, 34, 12, (40, 60, 160)))
    assert cannot_be_cell(only(rgb)[1])
    chromatin = np.random.default_rng(0).normal(0, 25, (50, 50, 1)).repeat(4, 0).repeat(4, 1)
    nucleus = np.hypot(*(np.mgrid[:200, :200] * UM_PER_PX - 34)) < 6
    rgb[nucleus] = (np.array(NUCLEUS) + chromatin[nucleus]).clip(0, 200).astype(np.uint8)
    assert not cannot_be_cell(only(rgb)[1])


def test_ok__no_nucleus_is_as_large_as_a_blot() -> None:
    measured = only(picture((34, 34, 10, NUCLEUS)))[1]
    assert cannot_be_cell(replace(measured, nuclear_area=400.0, texture=0.2))
    assert not cannot_be_cell(replace(measured, nuclear_area=150.0, texture=0.2))
