"""Empty fields and background maps, on rendered glass and smears."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.calibration.empty_field import background_map, check_empty
from leukoscope.errors import CalibrationError, FieldError
from leukoscope.field import Rgb
from leukoscope.simulator import red_cells, white_cells
from leukoscope.simulator.hematology import Diagnosis, RenderedCellType
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.sheet import Sheet
from leukoscope.simulator.smear import SmearSlide, prepare, render_field
from leukoscope.simulator.white_cells import RenderedWhiteCell
from PIL import Image

UM_PER_PX = 0.31
SHAPE = (380, 507)
SLIDE = prepare(SmearSlide(Diagnosis.NORMAL, 3))


def photo(
    transmittance: npt.NDArray[np.float32],
    *,
    shading: float = 0.3,
    seed: int = 0,
    defocus_um: float = 0.0,
    led_level: float = 1.0,
) -> Rgb:
    return expose(
        defocus(transmittance, defocus_um, UM_PER_PX),
        led_level=led_level,
        exposure=1.0,
        shading=shading,
        rng=np.random.default_rng(seed),
    )


def field(diagnosis: Diagnosis, seed: int) -> npt.NDArray[np.float32]:
    slide = SmearSlide(diagnosis, seed)
    return render_field(slide, 0, um_per_px=UM_PER_PX, shape=SHAPE).transmittance


def one_white_cell(cell_type: RenderedCellType) -> npt.NDArray[np.float32]:
    canvas = Sheet(SHAPE, UM_PER_PX)
    white_cells.draw(canvas, RenderedWhiteCell(cell_type, 30.0, -20.0, 11.0, 5), SLIDE.stain, 0.0)
    return canvas.transmittance()


def one_red_cell() -> npt.NDArray[np.float32]:
    canvas = Sheet(SHAPE, UM_PER_PX)
    one = [np.array([value]) for value in (40.0, 30.0, 3.6, 1.1, 0.0, 0.0, 0.0, 0.0, 0.8)]
    none = np.zeros(1)
    cell = red_cells.RedCells(*one, shift_x=none, shift_y=none, amount=none + 1)
    red_cells.draw(canvas, cell, SLIDE.red_cells, SLIDE.stain.red_cell)
    return canvas.transmittance()


def clean(shading: float, seed: int = 0) -> Rgb:
    return photo(np.ones((*SHAPE, 3), np.float32), shading=shading, seed=seed)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("defocus_um", [0.0, 5.0])
def test_ok__empty_with_dust(seed: int, defocus_um: float) -> None:
    rgb = photo(field(Diagnosis.EMPTY, seed), seed=seed, defocus_um=defocus_um)
    check_empty(rgb, UM_PER_PX)


@pytest.mark.parametrize("factor", [0.7, 1.4])
def test_ok__empty_at_a_wrong_scale(factor: float) -> None:
    check_empty(photo(field(Diagnosis.EMPTY, 2)), UM_PER_PX * factor)


@settings(max_examples=10, deadline=None)
@given(shading=st.floats(0, 0.5), seed=st.integers(0, 99))
def test_ok__any_smooth_shading(shading: float, seed: int) -> None:
    check_empty(clean(shading, seed), UM_PER_PX)


@pytest.mark.parametrize("defocus_um", [0.0, 2.0, 5.0])
@pytest.mark.parametrize("cell_type", [RenderedCellType.LYMPHOCYTE, RenderedCellType.NEUTROPHIL])
def test_fail__one_white_cell(cell_type: RenderedCellType, defocus_um: float) -> None:
    with pytest.raises(CalibrationError, match="not empty") as raised:
        check_empty(photo(one_white_cell(cell_type), defocus_um=defocus_um), UM_PER_PX)
    assert raised.value.problem == "CELLS SEEN"
    assert raised.value.advice == "move to empty glass"


@pytest.mark.parametrize("defocus_um", [0.0, 5.0])
def test_fail__one_red_cell(defocus_um: float) -> None:
    with pytest.raises(CalibrationError, match="not empty"):
        check_empty(photo(one_red_cell(), defocus_um=defocus_um), UM_PER_PX)


@pytest.mark.parametrize("diagnosis", [d for d in Diagnosis if d is not Diagnosis.EMPTY])
@pytest.mark.parametrize("defocus_um", [0.0, 10.0])
def test_fail__smear(diagnosis: Diagnosis, defocus_um: float) -> None:
    with pytest.raises(CalibrationError) as raised:
        check_empty(photo(field(diagnosis, 1), defocus_um=defocus_um), UM_PER_PX)
    assert raised.value.problem == "CELLS SEEN"


def test_fail__dirty() -> None:
    transmittance = np.ones((*SHAPE, 3), np.float32)
    transmittance[5::25, 5::25] = 0.2
    transmittance[6::25, 5::25] = 0.2
    with pytest.raises(CalibrationError) as raised:
        check_empty(photo(transmittance), UM_PER_PX)
    assert raised.value.problem == "DIRTY GLASS"


def test_fail__no_light_to_tell_by() -> None:
    for led_level in (0.02, 0.0):
        with pytest.raises(CalibrationError) as raised:
            check_empty(photo(field(Diagnosis.EMPTY, 1), led_level=led_level), UM_PER_PX)
        assert raised.value.problem == "TOO DARK"
    with pytest.raises(CalibrationError) as raised:
        check_empty(np.full((*SHAPE, 3), 255, np.uint8), UM_PER_PX)
    assert raised.value.problem == "TOO BRIGHT"


@settings(max_examples=6, deadline=None)
@given(shading=st.floats(0, 0.5), seed=st.integers(0, 99))
def test_ok__map_gives_the_glass_back(shading: float, seed: int) -> None:
    fields = [clean(shading, seed + n) for n in range(3)]
    found = background_map(fields)
    assert found.shape == (24, 32, 3)
    assert found.dtype == np.float32
    mean = np.mean(fields, axis=0)
    for channel in range(3):
        grown = Image.fromarray(found[..., channel]).resize(SHAPE[::-1], Image.Resampling.BILINEAR)
        smooth = [
            np.asarray(Image.fromarray(plane.astype(np.float32)).reduce(10))
            for plane in (mean[..., channel], np.asarray(grown))
        ]
        off = np.abs(smooth[1] / smooth[0] - 1)
        assert off[1:-1, 1:-1].max() < 0.006
        # Clamping holds the outer half cell level where the glass still falls.
        assert off.max() < 0.02


def test_ok__map_outvotes_dust_and_a_cell() -> None:
    glass = background_map([clean(0.3, n) for n in range(3)])
    dusty = [photo(field(Diagnosis.EMPTY, n), seed=n) for n in range(2)]
    dusty.append(photo(one_white_cell(RenderedCellType.LYMPHOCYTE), seed=9))
    assert np.abs(background_map(dusty) / glass - 1).max() < 0.005


def test_ok__map_of_another_grid() -> None:
    assert background_map([clean(0.1)], rows=7, columns=9).shape == (7, 9, 3)


def test_fail__map_of_no_fields_or_odd_ones() -> None:
    with pytest.raises(FieldError, match="one shape"):
        background_map([])
    with pytest.raises(FieldError, match="one shape"):
        background_map([clean(0.1), clean(0.1)[:-1]])
