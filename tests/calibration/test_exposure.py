"""The search for an exposure, on lights and sensors that are sums of a few numbers."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.calibration.exposure import CLIPPED, TARGET, TOLERANCE, find_exposure
from leukoscope.errors import CalibrationError

Measure = Callable[[int], npt.NDArray[np.float32]]


class Sensor:
    """Raw green of glass whose level is `per_us` shares of the range a microsecond.

    step_us: of the exposure; flicker: standard deviation of the light, a share.
    """

    def __init__(self, per_us: float, *, step_us: int = 1, flicker: float = 0.0) -> None:
        self.per_us, self.step_us, self.flicker = per_us, step_us, flicker
        self.asked: list[int] = []
        self._rng = np.random.default_rng(1)

    def __call__(self, exposure_us: int) -> npt.NDArray[np.float32]:
        self.asked.append(exposure_us)
        taken = exposure_us // self.step_us * self.step_us
        level = taken * self.per_us * (1 + self.flicker * self._rng.standard_normal())
        noise = self._rng.standard_normal((40, 60)) * math.sqrt(max(level, 0) / 10_000 + 1e-6)
        green = level * np.linspace(0.7, 1.0, 60) + noise
        return np.clip(green, -0.05, 1.0).astype(np.float32)


@given(
    per_us=st.floats(1e-6, 6e-3), shortest_us=st.integers(60, 120), longest_us=st.just(1_000_000)
)
def test_ok__within_tolerance(per_us: float, shortest_us: int, longest_us: int) -> None:
    sensor = Sensor(per_us)
    found = find_exposure(sensor, shortest_us, longest_us)
    assert abs(found.level / TARGET - 1) <= TOLERANCE
    assert shortest_us <= min(sensor.asked) <= max(sensor.asked) <= longest_us
    assert found.exposure_us == sensor.asked[-1] == sensor.asked[-2]
    assert len(sensor.asked) <= math.log2(longest_us / shortest_us) + 10
    assert sensor(found.exposure_us).max() < CLIPPED


@given(per_us=st.floats(1e-7, 0.1), flicker=st.floats(0, 1), step_us=st.integers(1, 200))
def test_ok__any_light_ends(per_us: float, flicker: float, step_us: int) -> None:
    sensor = Sensor(per_us, flicker=flicker, step_us=step_us)
    with contextlib.suppress(CalibrationError):
        found = find_exposure(sensor, 60, 200_000)
        assert abs(found.level / TARGET - 1) <= TOLERANCE
    assert len(sensor.asked) <= math.log2(200_000 / 60) + 10


def test_ok__steps_of_a_sensor_line() -> None:
    found = find_exposure(Sensor(0.75 / 1500, step_us=30), 60, 200_000)
    assert abs(found.level / TARGET - 1) <= TOLERANCE


def test_ok__longest_is_just_enough() -> None:
    assert find_exposure(Sensor(0.75 / 1000), 100, 1000).exposure_us >= 950


@pytest.mark.parametrize(
    ("sensor", "problem"),
    [
        (Sensor(0.0), "NO LIGHT"),
        (Sensor(1e-9), "NO LIGHT"),
        (Sensor(1e-6), "TOO DARK"),
        (Sensor(0.7 / 200_000), "TOO DARK"),
        (Sensor(0.8 / 60), "TOO BRIGHT"),
        (Sensor(1.0), "TOO BRIGHT"),
        (Sensor(1e-4, flicker=0.3), "UNSTEADY"),
        (Sensor(0.75 / 500, step_us=400), "UNSTEADY"),
    ],
)
def test_fail__names_the_problem(sensor: Sensor, problem: str) -> None:
    with pytest.raises(CalibrationError) as raised:
        find_exposure(sensor, 60, 200_000)
    assert raised.value.problem == problem
    assert 0 < len(raised.value.advice) <= 21


@pytest.mark.parametrize(("shortest_us", "longest_us"), [(0, 10), (-1, 10), (10, 10), (20, 10)])
def test_fail__no_range(shortest_us: int, longest_us: int) -> None:
    with pytest.raises(ValueError, match="shortest < longest"):
        find_exposure(Sensor(1e-4), shortest_us, longest_us)
