"""A field read: gates, white cells and window in its own pixels, and nothing that it can't survive."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from leukoscope.errors import FieldError
from leukoscope.field import Field
from leukoscope.imaging.background import BACKGROUND_LEVEL, estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.reading.results import FieldReading, GateName
from leukoscope.reading.window_reader import prepare
from leukoscope.simulator.hematology import Diagnosis

from tests.reading.examples import (
    DISEASES,
    MODEL_UM_PER_PX,
    SIDE,
    StubWindowModel,
    glass,
    rendered,
    window_reader,
)

CROWD = [(x, y, 12) for x in range(40, 380, 60) for y in range(40, 280, 60)]


def read(field: Field, model: StubWindowModel | None = None) -> FieldReading:
    return window_reader(model).read(field)


def boxes_um(reading: FieldReading, um_per_px: float) -> np.ndarray:
    """x0, y0, x1, y1 of each white cell, shape (cells, 4), times the scale."""
    return um_per_px * np.array([(c.x0, c.y0, c.x1, c.y1) for c in reading.white_cells])


def test_ok__a_good_field() -> None:
    model = StubWindowModel()
    field = rendered()[0]
    reading = read(field, model)
    assert reading.failed_gate is None
    assert reading.probabilities == model.answer
    assert reading.window is not None
    (window,) = model.pictures
    assert window.shape == (SIDE, SIDE, 3)
    side_um = (reading.window.x1 - reading.window.x0) * field.um_per_px
    assert side_um == pytest.approx(SIDE * MODEL_UM_PER_PX, abs=field.um_per_px)


def test_ok__the_window_is_the_glass_that_it_says() -> None:
    model = StubWindowModel()
    rgb = glass(*CROWD)
    reading = read(Field(rgb, MODEL_UM_PER_PX), model)
    w = reading.window
    assert w is not None
    flat = flatten(rgb, estimate_background(rgb, MODEL_UM_PER_PX))
    assert np.array_equal(model.pictures[0], flat[w.y0 : w.y1, w.x0 : w.x1])


def test_ok__twice_is_the_same() -> None:
    field = rendered()[0]
    assert read(field) == read(field)


def test_fail__a_refused_field_is_not_shown_to_the_model() -> None:
    model = StubWindowModel()
    reading = read(rendered(defocus_um=5.0)[0], model)
    assert reading.failed_gate is not None
    assert reading.failed_gate.name is GateName.FOCUS
    assert (reading.white_cells, reading.window, reading.probabilities) == ((), None, None)
    assert model.pictures == []


@pytest.mark.parametrize("diagnosis", DISEASES, ids=lambda d: d.value)
def test_ok__the_same_cells_at_any_scale(diagnosis: Diagnosis) -> None:
    fine_field = rendered(diagnosis, um_per_px=0.155, shape=(760, 1014))[0]
    coarse_field = rendered(diagnosis, um_per_px=0.31, shape=(380, 507))[0]
    fine, coarse = (boxes_um(read(field), field.um_per_px) for field in (fine_field, coarse_field))
    apart = np.abs(fine[:, None] - coarse[None]).max(axis=2)
    same = (apart.min(axis=1) < 1.5).sum()
    # Nuclei at the rim, and pale ones at the threshold, may be found in one and not in the other.
    assert same >= 0.75 * max(len(fine), len(coarse)), f"{same} of {len(fine)} and {len(coarse)}"


@pytest.mark.parametrize("factor", [2, 3])
def test_ok__boxes_are_in_the_fields_own_pixels(factor: int) -> None:
    rgb = glass(*CROWD)
    enlarged = rgb.repeat(factor, axis=0).repeat(factor, axis=1)
    plain = read(Field(rgb, MODEL_UM_PER_PX))
    large = read(Field(enlarged, MODEL_UM_PER_PX / factor))
    assert len(plain.white_cells) == len(large.white_cells) == len(CROWD)
    ours, theirs = boxes_um(plain, factor), boxes_um(large, 1)
    apart = np.abs(ours[:, None] - theirs[None]).max(axis=2)
    assert apart.min(axis=0).max() <= 2 * factor
    assert apart.min(axis=1).max() <= 2 * factor


@pytest.mark.parametrize("shape", [(301, 403), (299, 397), (333, 411)])
@pytest.mark.parametrize("um_per_px", [0.155, 0.24, 0.31, 0.5])
def test_ok__boxes_never_leave_the_field(shape: tuple[int, int], um_per_px: float) -> None:
    radius = round(7 / um_per_px)
    rim = [(x, y, radius) for x in (0, shape[1]) for y in (0, 150, shape[0])]
    rgb = glass(*rim, shape=shape, um_per_px=um_per_px)
    cells = read(Field(rgb, um_per_px)).white_cells
    assert len(cells) >= 4
    for cell in cells:
        assert 0 <= cell.x0 < cell.x1 <= shape[1]
        assert 0 <= cell.y0 < cell.y1 <= shape[0]


def test_fail__a_field_too_small_for_the_window() -> None:
    with pytest.raises(FieldError, match="field too small: 90x80 px"):
        read(Field(glass((40, 40, 12), shape=(80, 90)), MODEL_UM_PER_PX))


def test_ok__a_field_smaller_than_the_window_is_mirrored() -> None:
    reading = read(Field(glass((70, 60, 12), shape=(120, 150)), MODEL_UM_PER_PX))
    assert reading.probabilities is not None
    assert reading.window is not None
    assert reading.window.x0 < 0


def test_ok__a_failed_gate_comes_before_the_size() -> None:
    black = read(Field(np.zeros((10, 10, 3), np.uint8), MODEL_UM_PER_PX))
    assert black.failed_gate is not None
    assert black.failed_gate.name is GateName.EXPOSURE


def only_field_errors(rgb: np.ndarray, um_per_px: float, off_level: float | None) -> None:
    try:
        reading = read(Field(rgb, um_per_px, off_level=off_level))
    except FieldError:
        return
    assert (reading.probabilities is None) == (reading.failed_gate is not None)


SIZES = st.tuples(st.integers(0, 260), st.integers(0, 260))
OFF = st.one_of(st.none(), st.floats(0, 255))


@settings(max_examples=80)
@given(SIZES, st.integers(0, 2**32 - 1), st.integers(0, 6), st.floats(0.02, 3.0), OFF)
def test_ok__any_noise_of_any_size(
    size: tuple[int, int], seed: int, cells: int, um_per_px: float, off_level: float | None
) -> None:
    rng = np.random.default_rng(seed)
    if rng.random() < 0.3:
        rgb = rng.integers(0, 256, (*size, 3), np.uint8)
    else:
        discs = [(*rng.integers(0, 260, 2), int(rng.integers(2, 60))) for _ in range(cells)]
        rgb = glass(*discs, shape=size)
        rgb = np.clip(rgb * rng.uniform(0.3, 1.2, 3) + rng.integers(0, 3), 0, 255).astype(np.uint8)
    only_field_errors(rgb, um_per_px, off_level)


@settings(max_examples=60)
@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(0, 12), st.integers(0, 12), st.just(3))),
    st.floats(min_value=0, exclude_min=True, allow_nan=False),
    OFF,
)
def test_ok__any_few_pixels_at_any_scale(
    rgb: np.ndarray, um_per_px: float, off_level: float | None
) -> None:
    # Above 400 µm a pixel, 12 x 12 pixels make a picture too large to enlarge in a test.
    only_field_errors(rgb, um_per_px if um_per_px > 1000 else min(um_per_px, 20.0), off_level)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_ok__an_even_picture_of_any_colour(red: int, green: int, blue: int) -> None:
    rgb = np.full((60, 60, 3), (red, green, blue), np.uint8)
    assert read(Field(rgb, MODEL_UM_PER_PX)).failed_gate is not None


@settings(max_examples=40)
@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=2, max_size=2), st.integers(5, 90))
def test_ok__two_even_colours(colours: list[tuple[int, int, int]], size: int) -> None:
    # Tissue of one stain, up to rounding: numpy 2 refuses a histogram of that.
    rgb = np.empty((210, 230, 3), np.uint8)
    rgb[:], rgb[20 : 20 + size, 20 : 20 + size] = colours
    only_field_errors(rgb, MODEL_UM_PER_PX, None)


def test_ok__the_model_sees_white_glass_whatever_the_light() -> None:
    """Of an uncalibrated microscope the shading is taken out, of a calibrated one the level alone."""
    rgb = glass(*CROWD)
    dim = (rgb * (0.8, 0.7, 0.6)).astype(np.uint8)
    for calibration in (None, "ab" * 32):
        field = Field(dim, MODEL_UM_PER_PX, calibration_sha256=calibration)
        picture = prepare(field, MODEL_UM_PER_PX, SIDE).picture
        assert np.abs(np.median(picture[::28].reshape(-1, 3), axis=0) - BACKGROUND_LEVEL).max() <= 2


def test_ok__a_field_is_not_changed_by_reading() -> None:
    field = Field(glass(*CROWD), MODEL_UM_PER_PX)
    before = field.rgb.copy()
    read(field)
    assert np.array_equal(field.rgb, before)
