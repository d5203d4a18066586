"""Sharpness: highest in focus for every class, whatever the light, the stain and the dust."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from leukoscope.field import Field
from leukoscope.imaging.scaling import resample
from leukoscope.imaging.sharpness import Sharpness, measure_sharpness
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field

from tests.measuring.focus_looks import same_cells
from tests.measuring.focus_measures import GATE_MEASURE, MEASURES
from tests.measuring.pictures import CAPTURED_UM_PER_PX, blur, decode_levels, photograph
from tests.reading.examples import DISEASES, MODEL_UM_PER_PX

LIVE_UM_PER_PX, LIVE_SHAPE = 0.245, (240, 320)
STACK_UM = (-8.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
BLURRED = 1 / 17
"""Sharpness of a picture in which contrast rises with the square of the distance."""
SEED = 40500


@functools.cache
def light(diagnosis: Diagnosis, defocus_um: float = 0.0, stain: float = 1.0) -> np.ndarray:
    """Linear light of a rendered field; stain: factor of its absorbance."""
    smear = render_field(SmearSlide(diagnosis, SEED), 0, um_per_px=LIVE_UM_PER_PX, shape=LIVE_SHAPE)
    return defocus(smear.transmittance**stain, defocus_um, LIVE_UM_PER_PX)


@functools.cache
def specks() -> np.ndarray:
    """What soft specks of dust on the camera let through, shape (height, width, 1)."""
    rng = np.random.default_rng(SEED)
    y, x = np.mgrid[: LIVE_SHAPE[0], : LIVE_SHAPE[1]]
    through = np.ones(LIVE_SHAPE, np.float32)
    for _ in range(4):
        at_y, at_x = rng.uniform(0, LIVE_SHAPE)
        through *= 1 - 0.4 * np.exp(-((y - at_y) ** 2 + (x - at_x) ** 2) / (2 * 6.0**2))
    return through[..., None]


def measured(seen: np.ndarray, *, exposure: float = 1.0, seed: int = SEED) -> Sharpness:
    rng = np.random.default_rng(seed)
    rgb = expose(seen, led_level=1.0, exposure=exposure, shading=0.15, rng=rng)
    return measure_sharpness(resample(Field(rgb, LIVE_UM_PER_PX), MODEL_UM_PER_PX), MODEL_UM_PER_PX)


@pytest.mark.parametrize("dusty", [False, True], ids=["clean", "dusty"])
@pytest.mark.parametrize("diagnosis", DISEASES, ids=lambda d: d.value)
def test_ok__peaks_at_focus(diagnosis: Diagnosis, dusty: bool) -> None:
    through = specks() if dusty else np.float32(1)
    stack = [measured(light(diagnosis, away) * through, seed=i) for i, away in enumerate(STACK_UM)]
    for name in ("sharpness", "detail"):
        values = [getattr(focus, name) for focus in stack]
        assert STACK_UM[int(np.argmax(values))] == 0.0
        assert min(values[5 - 1], values[5 + 1]) < 0.97 * values[5]


@pytest.mark.parametrize("diagnosis", DISEASES, ids=lambda d: d.value)
def test_ok__falls_with_defocus(diagnosis: Diagnosis) -> None:
    stack = [measured(light(diagnosis, away)) for away in STACK_UM[5:]]
    sharpness = [focus.sharpness for focus in stack[:5]]
    detail = [focus.detail for focus in stack]
    assert sharpness == sorted(sharpness, reverse=True)
    assert detail == sorted(detail, reverse=True)
    assert sharpness[0] - BLURRED > 1.4 * (sharpness[2] - BLURRED)


def test_ok__does_not_follow_brightness() -> None:
    full = measured(light(Diagnosis.AML))
    for exposure in (0.5, 1.2):
        other = measured(light(Diagnosis.AML), exposure=exposure)
        assert other.sharpness == pytest.approx(full.sharpness, rel=0.02)
        assert other.detail == pytest.approx(full.detail, rel=0.12)


def test_ok__does_not_follow_stain() -> None:
    full = measured(light(Diagnosis.AML))
    for stain in (0.7, 1.4):
        other = measured(light(Diagnosis.AML, stain=stain))
        assert other.sharpness == pytest.approx(full.sharpness, rel=0.03)


@pytest.mark.parametrize("away", [0.0, 1.0])
def test_ok__does_not_follow_dust(away: float) -> None:
    clean, dusty = (measured(light(Diagnosis.CML, away) * by) for by in (np.float32(1), specks()))
    assert dusty.sharpness == pytest.approx(clean.sharpness, rel=0.03)


def test_ok__noise_moves_it_little() -> None:
    values = [measured(light(Diagnosis.CLL), seed=seed) for seed in range(5)]
    assert np.ptp([focus.sharpness for focus in values]) < 0.01 * values[0].sharpness
    assert np.ptp([focus.detail for focus in values]) < 0.01 * values[0].detail


@pytest.mark.parametrize("away", [0.0, 2.0, 8.0])
def test_ok__does_not_follow_noise(away: float) -> None:
    """Four times the variance of photons: of the plain ratio it makes half as much again at 8 µm."""
    rng = np.random.default_rng(SEED)
    quiet, noisy = (
        measure_sharpness(
            resample(
                Field(photograph(light(Diagnosis.AML, away), rng, noise=n), LIVE_UM_PER_PX), 0.34
            ),
            0.34,
        )
        for n in (1.0, 4.0)
    )
    assert noisy.sharpness == pytest.approx(quiet.sharpness, rel=0.06)
    assert noisy.contrast == pytest.approx(quiet.contrast, rel=0.01)
    assert noisy.detail == pytest.approx(quiet.detail, rel=0.08)


def test_fail__an_even_picture_has_no_focus() -> None:
    assert measure_sharpness(np.full((50, 50, 3), 90, np.uint8), MODEL_UM_PER_PX) == Sharpness(
        0, 0, 0
    )


def test_fail__noise_alone_has_no_contrast() -> None:
    rng = np.random.default_rng(SEED)
    noise = rng.normal(128, 10, (400, 500, 3)).clip(0, 255).astype(np.uint8)
    assert measure_sharpness(noise, MODEL_UM_PER_PX).contrast < 1.0


# --- what the tables of docs/measurements/focus.md are made with ---


def test_ok__a_picture_comes_back_from_linear_light() -> None:
    rgb = np.random.default_rng(0).integers(40, 225, (20, 30, 3), dtype=np.uint8)
    again = photograph(decode_levels(rgb), np.random.default_rng(0), noise=0.0)
    assert np.abs(again.astype(int) - rgb).max() <= 1


def test_ok__a_point_becomes_a_gaussian_of_that_width() -> None:
    point = np.zeros((61, 61, 3), np.float32)
    point[30, 30] = 1
    blurred = blur(point, 0.6)[..., 1]
    across = (np.arange(61) - 30) * CAPTURED_UM_PER_PX
    assert blurred.sum() == pytest.approx(1, abs=1e-4)
    assert (blurred.sum(axis=0) * across**2).sum() == pytest.approx(0.6**2, rel=0.01)


def test_ok__the_device_measures_what_was_compared() -> None:
    across = np.linspace(0, 30, 80)
    rgb = np.random.default_rng(0).integers(0, 40, (60, 80, 3), dtype=np.uint8)
    rgb += (100 + 90 * np.sin(across)).astype(np.uint8)[None, :, None]
    focus, plane = measure_sharpness(rgb, MODEL_UM_PER_PX), rgb[..., 1].astype(np.float32)
    assert focus.sharpness == pytest.approx(MEASURES[GATE_MEASURE](plane), rel=1e-4)
    assert focus.detail == pytest.approx(MEASURES["noise-free S(0.68) / mean²"](plane), rel=1e-4)


def test_ok__cells_are_the_same_within_three_um() -> None:
    assert same_cells([], [])
    assert same_cells([(10, 10), (50, 9)], [(51, 10), (10, 12)])
    assert not same_cells([(10, 10)], [])
    assert not same_cells([(10, 10)], [(10, 10), (50, 9)])
    assert not same_cells([(10, 10)], [(14, 10)])
