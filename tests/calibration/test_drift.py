"""Drift against a calibration, on rendered glass and smears under a light that changed."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.calibration.drift import LightDrift, measure_drift, quick_drift, smear_drift
from leukoscope.calibration.empty_field import background_map
from leukoscope.errors import CalibrationError
from leukoscope.field import Field, Rgb
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field

UM_PER_PX = 0.31
SHAPE = (380, 507)


def photo(
    transmittance: npt.NDArray[np.float32],
    *,
    exposure: float = 1.0,
    shading: float = 0.2,
    seed: int = 0,
) -> Rgb:
    return expose(
        transmittance,
        led_level=1.0,
        exposure=exposure,
        shading=shading,
        rng=np.random.default_rng(seed),
    )


@functools.cache
def specimen(diagnosis: Diagnosis, seed: int) -> npt.NDArray[np.float32]:
    slide = SmearSlide(diagnosis, seed)
    sharp = render_field(slide, 0, um_per_px=UM_PER_PX, shape=SHAPE).transmittance
    return defocus(sharp, 0.0, UM_PER_PX)


def clean() -> npt.NDArray[np.float32]:
    return np.ones((*SHAPE, 3), np.float32)


@functools.cache
def calibrated() -> npt.NDArray[np.float32]:
    return background_map([photo(specimen(Diagnosis.EMPTY, n), seed=n) for n in range(3)])


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_ok__nothing_changed(seed: int) -> None:
    drift = measure_drift(photo(specimen(Diagnosis.EMPTY, seed), seed=9), calibrated(), UM_PER_PX)
    assert drift.warnings == ()
    assert drift.light.light == pytest.approx(1, abs=0.005)
    assert drift.light.red == pytest.approx(1, abs=0.005)
    assert drift.light.blue == pytest.approx(1, abs=0.005)
    assert drift.shading_percent < 0.5


@settings(max_examples=10, deadline=None)
@given(exposure=st.floats(0.3, 1.2), red=st.floats(0.85, 1.0), blue=st.floats(0.85, 1.0))
def test_ok__any_light(exposure: float, red: float, blue: float) -> None:
    tinted = clean() * np.array([red, 1.0, blue], np.float32)
    found = measure_drift(photo(tinted, exposure=exposure), calibrated(), UM_PER_PX)
    assert found.light.light == pytest.approx(exposure, rel=0.01)
    assert found.light.red == pytest.approx(red, rel=0.01)
    assert found.light.blue == pytest.approx(blue, rel=0.01)
    assert found.shading_percent < 1


@pytest.mark.parametrize(
    ("exposure", "shading", "tint", "warnings"),
    [
        (0.8, 0.2, 1.0, ("LED DIMMED",)),
        (1.2, 0.2, 1.0, ("LED BRIGHTER",)),
        (1.0, 0.2, 0.93, ("LED COLOUR",)),
        (1.0, 0.35, 1.0, ("SHADING CHANGED",)),
        (0.8, 0.35, 0.9, ("LED DIMMED", "LED COLOUR", "SHADING CHANGED")),
    ],
)
def test_ok__warns(exposure: float, shading: float, tint: float, warnings: tuple[str, ...]) -> None:
    tinted = clean() * np.array([tint, 1.0, 1.0], np.float32)
    rgb = photo(tinted, exposure=exposure, shading=shading)
    assert measure_drift(rgb, calibrated(), UM_PER_PX).warnings == warnings
    assert all(len(text) <= 18 for text in warnings)


@pytest.mark.parametrize(("specks", "warnings"), [(1, ()), (15, ("DUST",))])
def test_ok__measures_dust(specks: int, warnings: tuple[str, ...]) -> None:
    dusty = clean()
    for n in range(specks):
        row, column = 40 + 60 * (n // 5), 50 + 90 * (n % 5)
        dusty[row : row + 7, column : column + 7] = 0.6
        dusty[row + 30, column] = 0.6
    drift = measure_drift(photo(dusty), calibrated(), UM_PER_PX)
    assert drift.dust_percent == pytest.approx(100 * specks * 49 / dusty[..., 0].size, rel=0.4)
    assert drift.warnings == warnings


@pytest.mark.parametrize("diagnosis", Diagnosis)
@pytest.mark.parametrize("exposure", [1.0, 1.05])
def test_ok__quick_between_cells(diagnosis: Diagnosis, exposure: float) -> None:
    drift = quick_drift(photo(specimen(diagnosis, 21), exposure=exposure), calibrated())
    assert 0.85 * exposure < drift.light < 1.01 * exposure
    assert drift.red == pytest.approx(1.04, abs=0.05)
    assert drift.blue == pytest.approx(0.98, abs=0.04)
    assert drift.warnings == ()


@pytest.mark.parametrize(
    ("exposure", "warnings"), [(0.7, ("LED DIMMED",)), (1.3, ("LED BRIGHTER",))]
)
def test_ok__quick_warns(exposure: float, warnings: tuple[str, ...]) -> None:
    rgb = photo(specimen(Diagnosis.NORMAL, 22), exposure=exposure)
    assert quick_drift(rgb, calibrated()).warnings == warnings


def test_ok__quick_goes_with_light() -> None:
    then, now = (
        quick_drift(photo(specimen(Diagnosis.CML, 23), exposure=exposure), calibrated())
        for exposure in (1.0, 0.8)
    )
    assert now.light / then.light == pytest.approx(0.8, rel=0.01)


@pytest.mark.parametrize(
    ("exposure", "shading", "warnings"),
    [
        (1.0, 0.2, ()),
        (0.7, 0.2, ("LED DIMMED",)),
        (1.0, 0.7, ("SHADING CHANGED",)),
    ],
)
def test_ok__smear_drift_warns(exposure: float, shading: float, warnings: tuple[str, ...]) -> None:
    rgb = photo(specimen(Diagnosis.NORMAL, 22), exposure=exposure, shading=shading)
    drift = smear_drift(Field(rgb, UM_PER_PX), calibrated())
    assert drift.warnings == warnings


def test_ok__smear_is_allowed_more() -> None:
    assert LightDrift(0.8, 1.08, 1.0).warnings == ("LED DIMMED", "LED COLOUR")
    assert LightDrift(0.8, 1.08, 1.0, smear=True).warnings == ()


def test_fail__quick_without_glass() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    rgb = np.repeat(np.repeat(noise, 15, axis=0), 15, axis=1)
    with pytest.raises(CalibrationError, match="too little"):
        quick_drift(rgb, calibrated())


@settings(max_examples=10, deadline=None)
@given(level=st.integers(0, 255))
def test_ok__quick_of_any_flat_level(level: int) -> None:
    drift = quick_drift(
        np.full((60, 80, 3), level, np.uint8), np.full((24, 32, 3), 225, np.float32)
    )
    assert 0 < drift.light < 1.4
    assert drift.red == pytest.approx(1)
