"""White balance, on glass of a known colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.calibration.white_balance import Gains, is_neutral, linear, next_gains
from leukoscope.errors import CalibrationError
from leukoscope.field import Rgb

LED = st.floats(0.15, 1.2)


def glass(colour: npt.ArrayLike, *, noise: float = 0.01, dust: int = 0) -> Rgb:
    """An empty field of a colour (linear R, G, B), shaded by a fifth, with squares of dust."""
    rng = np.random.default_rng(1)
    x, y = np.meshgrid(np.linspace(-1, 1, 160), np.linspace(-1, 1, 120))
    light = np.asarray(colour) * (1 - 0.1 * (x**2 + y**2))[..., None]
    for row, column in zip(rng.integers(0, 110, dust), rng.integers(0, 150, dust), strict=True):
        light[row : row + 8, column : column + 8] *= 0.2
    light = np.clip(light + noise * rng.standard_normal(light.shape), 0, 1)
    encoded = np.where(light < 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * encoded).astype(np.uint8)


def test_ok__linear_of_known_levels() -> None:
    assert linear(np.array([0.0, 10.0, 128.0, 225.0, 255.0])) == pytest.approx(
        [0, 0.0030353, 0.2158605, 0.7529422, 1.0], rel=1e-5
    )


@settings(max_examples=40)
@given(red=LED, blue=LED, dust=st.integers(0, 10))
def test_ok__one_round_is_enough(red: float, blue: float, dust: int) -> None:
    gains = next_gains(glass((0.75 * red, 0.75, 0.75 * blue), dust=dust), Gains(1.0, 1.0))
    assert gains.red == pytest.approx(1 / red, rel=0.02)
    balanced = glass((0.75 * red * gains.red, 0.75, 0.75 * blue * gains.blue), dust=dust)
    assert is_neutral(balanced)


def test_ok__clipped_red_is_halved() -> None:
    gains = Gains(6.0, 1.0)
    for _ in range(6):
        rgb = glass((0.25 * gains.red, 0.75, 0.75 * gains.blue))
        if is_neutral(rgb):
            break
        gains = next_gains(rgb, gains)
    assert gains.red == pytest.approx(3, rel=0.02)
    assert gains.blue == pytest.approx(1, rel=0.02)


def test_ok__not_neutral() -> None:
    assert is_neutral(glass((0.75, 0.75, 0.75)))
    assert not is_neutral(glass((0.77, 0.75, 0.75)))
    assert not is_neutral(glass((0.75, 0.75, 0.73)))
    assert is_neutral(glass((0.77, 0.75, 0.75)), tolerance=0.05)
    assert not is_neutral(glass((1.5, 1.5, 1.5)))
    assert not is_neutral(glass((0, 0, 0)))


@pytest.mark.parametrize(
    ("colour", "problem"),
    [
        ((0.7, 1.2, 0.7), "TOO BRIGHT"),
        ((0, 0, 0), "TOO DARK"),
        ((0.02, 0.02, 0.02), "TOO DARK"),
        ((0.05, 0.75, 0.7), "ODD COLOUR"),
        ((0.7, 0.75, 0.0), "ODD COLOUR"),
        ((0.9, 0.06, 0.9), "ODD COLOUR"),
    ],
)
def test_fail__names_the_problem(colour: tuple[float, float, float], problem: str) -> None:
    with pytest.raises(CalibrationError) as raised:
        next_gains(glass(colour), Gains(1.0, 1.0))
    assert raised.value.problem == problem
    assert len(raised.value.advice) <= 21
