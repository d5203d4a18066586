"""The glass of a field, and the field made even by it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.field import Rgb
from leukoscope.imaging.background import (
    BACKGROUND_LEVEL,
    DEGREE,
    SRGB_OFFSET,
    BackgroundMap,
    estimate_background,
)
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.simulator.hematology import Diagnosis

from tests.reading.examples import DISEASES, MODEL_UM_PER_PX, rendered


def srgb(light: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1, light 0..1 to levels 0..255."""
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def light(levels: np.ndarray) -> np.ndarray:
    share = levels / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def shading(shape: tuple[int, ...], strength: float) -> np.ndarray:
    """Of light: a coloured, lopsided rim, 1 in the middle, shape (height, width, 3)."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    fall = 0.5 * (x**2 + y**2) + 0.15 * x - 0.1 * x * y + 0.2 * x**4
    return 1 - strength * fall[..., None] * (0.5, 1.0, 0.8)


def shaded(rgb: Rgb, strength: float) -> Rgb:
    seen = srgb(light(rgb.astype(np.float64)) * shading(rgb.shape, strength))
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8)


def smear(diagnosis: Diagnosis, seed: int = 700) -> Rgb:
    field, _ = rendered(diagnosis, seed)
    return resample(field, MODEL_UM_PER_PX)


def even(rgb: Rgb) -> Rgb:
    return flatten(rgb, estimate_background(rgb, MODEL_UM_PER_PX))


@pytest.mark.parametrize("strength", [0.3, 0.6])
@pytest.mark.parametrize("diagnosis", DISEASES, ids=lambda d: d.value)
def test_ok__a_shaded_smear_becomes_the_even_one(diagnosis: Diagnosis, strength: float) -> None:
    """The same glass and the same cells come out, whatever the shading was."""
    before = even(smear(diagnosis)).astype(int)
    after = even(shaded(smear(diagnosis), strength)).astype(int)
    assert np.percentile(np.abs(after - before), 95) <= 5
    assert np.abs((after - before).mean(axis=(0, 1))).max() <= 2


@pytest.mark.parametrize("diagnosis", DISEASES, ids=lambda d: d.value)
def test_ok__glass_comes_to_its_level_in_every_channel(diagnosis: Diagnosis) -> None:
    rgb = even(shaded(smear(diagnosis), 0.5))
    bright = rgb[rgb.min(axis=2) > 205]
    assert len(bright) > 1000
    assert np.abs(np.median(bright, axis=0) - BACKGROUND_LEVEL).max() <= 4


def test_ok__light_is_divided_by_light() -> None:
    """Half the light on glass is half the light on a cell."""
    picture = srgb(np.array([0.02, 0.1, 0.3, 0.75])).repeat(3).reshape(1, 4, 3)
    dim = srgb(light(picture) / 2)
    glass = np.full((1, 1, 3), dim[0, -1, 0], np.float32)
    out = flatten(np.rint(dim).astype(np.uint8), glass)
    wanted = srgb(light(picture) * light(np.array(BACKGROUND_LEVEL)) / light(picture[0, -1]))
    assert np.abs(out - wanted).max() <= 1.5


@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    seed=st.integers(0, 9),
)
def test_ok__gains_are_those_of_the_grid(
    rows: int, columns: int, height: int, width: int, seed: int
) -> None:
    """Whatever the grid and the picture are, the gains lie between the grid's own."""
    rng = np.random.default_rng(seed)
    glass: BackgroundMap = rng.uniform(60, 250, (rows, columns, 3)).astype(np.float32)
    out = flatten(np.full((height, width, 3), 128, np.uint8), glass)
    gain = (BACKGROUND_LEVEL + SRGB_OFFSET) / (glass + SRGB_OFFSET)
    low, high = (128 + SRGB_OFFSET) * gain.min() - SRGB_OFFSET, (128 + SRGB_OFFSET) * gain.max()
    assert out.shape == (height, width, 3)
    assert out.min() >= min(255, low) - 1
    assert out.max() <= min(255, high - SRGB_OFFSET) + 1


def test_ok__an_even_glass_of_its_level_changes_nothing() -> None:
    rgb = smear(Diagnosis.CML)
    glass = np.full((24, 32, 3), BACKGROUND_LEVEL, np.float32)
    assert np.array_equal(flatten(rgb, glass), rgb)


@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    colour=st.tuples(*[st.integers(0, 255)] * 3),
    degree=st.integers(0, DEGREE),
    um_per_px=st.floats(0.05, 2.0),
)
def test_ok__any_even_picture_is_its_own_glass(
    height: int, width: int, colour: tuple[int, int, int], degree: int, um_per_px: float
) -> None:
    rgb = np.full((height, width, 3), colour, np.uint8)
    glass = estimate_background(rgb, um_per_px, degree)
    assert np.abs(glass - np.maximum(colour, 1)).max() <= 0.01


@given(seed=st.integers(0, 2**32 - 1), height=st.integers(1, 200), width=st.integers(1, 200))
def test_ok__noise_gives_some_glass_and_no_error(seed: int, height: int, width: int) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    glass = estimate_background(rgb, MODEL_UM_PER_PX)
    assert np.isfinite(glass).all()
    assert glass.min() >= 1
    assert glass.max() <= 255
    assert flatten(rgb, glass).shape == rgb.shape


def test_ok__one_level_for_a_calibrated_field() -> None:
    glass = estimate_background(smear(Diagnosis.ALL), MODEL_UM_PER_PX, 0)
    assert np.ptp(glass.reshape(-1, 3), axis=0).max() <= 0.01
