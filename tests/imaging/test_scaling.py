"""Bringing a field to the model's scale."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.errors import FieldError
from leukoscope.field import Field
from leukoscope.imaging.scaling import MAX_PIXELS, resample

SCALES = st.floats(0.02, 2.0)
SIDES = st.integers(1, 80)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 1000 + width).integers(
        0, 256, (height, width, 3), np.uint8
    )


@settings(max_examples=60)
@given(SIDES, SIDES, SCALES, SCALES)
def test_ok__shape_is_the_same_glass(height: int, width: int, own: float, asked: float) -> None:
    picture = resample(Field(noise(height, width), own), asked)
    factor = own / asked
    assert picture.shape == (max(1, round(height * factor)), max(1, round(width * factor)), 3)
    assert picture.dtype == np.uint8


@settings(max_examples=60)
@given(st.integers(40, 120), st.integers(40, 120), st.floats(0.1, 0.6))
def test_ok__mean_is_kept(height: int, width: int, own: float) -> None:
    rgb = noise(height, width)
    mean = resample(Field(rgb, own), 0.34).mean(axis=(0, 1))
    assert mean == pytest.approx(rgb.mean(axis=(0, 1)), abs=6)


@given(SIDES, SIDES, SCALES, SCALES, st.integers(0, 255))
def test_ok__an_even_picture_stays_even(
    height: int, width: int, own: float, asked: float, level: int
) -> None:
    rgb = np.full((height, width, 3), level, np.uint8)
    assert (resample(Field(rgb, own), asked) == level).all()


def test_ok__the_same_scale_is_the_same_picture() -> None:
    field = Field(noise(30, 40), 0.34)
    assert resample(field, 0.34) is field.rgb


def test_ok__channels_are_not_mixed() -> None:
    rgb = noise(60, 60)
    rgb[..., 1] = 7
    assert (resample(Field(rgb, 0.155), 0.34)[..., 1] == 7).all()


def test_ok__shrinking_does_not_alias() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 200
    picture = resample(Field(stripes, 0.1), 0.4)
    assert picture == pytest.approx(np.full(picture.shape, 100), abs=13)


@pytest.mark.parametrize("um_per_px", [5.0, 1e9, 1e300, math.inf])
def test_fail__a_scale_that_makes_the_field_enormous(um_per_px: float) -> None:
    side = math.ceil(math.sqrt(MAX_PIXELS) * 0.34 / 5.0) + 1
    with pytest.raises(FieldError, match="give the right um-per-px"):
        resample(Field(np.zeros((side, side, 3), np.uint8), um_per_px), 0.34)


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (0, 0, 3)])
def test_fail__an_empty_picture(shape: tuple[int, int, int]) -> None:
    with pytest.raises(FieldError):
        resample(Field(np.zeros(shape, np.uint8), 0.34), 0.34)
