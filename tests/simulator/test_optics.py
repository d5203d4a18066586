"""Objective and camera: what physics says must hold of blur, light and noise."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.simulator.optics import WELL_EXPOSED, defocus, expose, otf

UM_PER_PX = 0.155


def specimen(seed: int = 0, shape: tuple[int, int] = (120, 160)) -> npt.NDArray[np.float32]:
    """Random blocks about 1 µm wide: detail within the lens's reach."""
    rng = np.random.default_rng(seed)
    small = rng.uniform(0.2, 0.95, (shape[0] // 8 + 1, shape[1] // 8 + 1, 3))
    blocks = small.repeat(8, axis=0).repeat(8, axis=1)
    return blocks[: shape[0], : shape[1]].astype(np.float32)


def band_power(image: npt.NDArray[np.float32]) -> float:
    """Power of green between 0.15 and 0.8 cycles/µm, where focus measures look."""
    green = image[:, :, 1] - image[:, :, 1].mean()
    spectrum = np.abs(np.fft.rfft2(green)) ** 2
    rows = np.fft.fftfreq(green.shape[0], UM_PER_PX)[:, None]
    columns = np.fft.rfftfreq(green.shape[1], UM_PER_PX)[None, :]
    radius = np.hypot(rows, columns)
    return float(spectrum[(radius > 0.15) & (radius < 0.8)].sum())


def test_ok__in_focus_transfer_is_the_diffraction_limit() -> None:
    share = np.linspace(0.0, 1.0, 512)
    ideal = 2 / np.pi * (np.arccos(share) - share * np.sqrt(1 - share**2))
    np.testing.assert_allclose(otf(0.0, 0.65, 0.55), ideal, atol=2e-4)


def test_ok__defocus_never_beats_the_diffraction_limit() -> None:
    ideal = otf(0.0, 0.65, 0.55)
    for distance in (0.5, 2.0, 10.0, 40.0):
        assert (np.abs(otf(distance, 0.65, 0.55)) <= ideal + 1e-3).all()


def test_ok__large_defocus_is_the_geometric_disc() -> None:
    # Far out of focus a point is a disc of radius r; its transform first vanishes at 0.61 / r.
    # The slope of a wavefront w rho^2 at the rim sets r = 2 w wavelength / NA.
    waves = 10.0 * (1 - np.sqrt(1 - 0.65**2)) / 0.55
    first = np.argmax(otf(10.0, 0.65, 0.55) < 0) / 511 * 2 * 0.65 / 0.55
    radius = 2 * waves * 0.55 / 0.65
    assert first == pytest.approx(0.61 / radius, rel=0.1)


@settings(max_examples=20, deadline=None)
@given(distance=st.floats(-15, 15), seed=st.integers(0, 1000))
def test_ok__mean_light_is_kept(distance: float, seed: int) -> None:
    image = specimen(seed)
    blurred = defocus(image, distance, UM_PER_PX)
    assert blurred.shape == image.shape
    assert blurred.dtype == np.float32
    assert blurred.mean() == pytest.approx(float(image.mean()), rel=0.02)
    assert blurred.min() >= 0.0
    assert blurred.max() <= 1.0


def test_ok__even_light_stays_even() -> None:
    image = np.full((50, 70, 3), 0.8, dtype=np.float32)
    np.testing.assert_allclose(defocus(image, 6.0, UM_PER_PX), image, atol=1e-4)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_ok__band_power_falls_with_defocus(sign: float) -> None:
    image = specimen()
    steps = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 9.0)
    power = [band_power(defocus(image, sign * step, UM_PER_PX)) for step in steps]
    assert all(later < earlier for earlier, later in itertools.pairwise(power)), power


def test_ok__blue_resolves_more_than_red() -> None:
    image = specimen()
    image[:] = image[:, :, :1]
    blurred = defocus(image, 0.0, UM_PER_PX)
    assert blurred[:, :, 2].std() > blurred[:, :, 1].std() > blurred[:, :, 0].std()


@pytest.mark.parametrize(
    ("shape", "distance", "um_per_px", "na"),
    [
        ((5, 5), 0, 0.1, 0.65),
        ((5, 5, 3), 0, 0.0, 0.65),
        ((5, 5, 3), 0, 0.1, 1.2),
        ((5, 5, 3), float("nan"), 0.1, 0.65),
        ((0, 5, 3), 0, 0.1, 0.65),
    ],
)
def test_fail__defocus_names_what_is_wrong(
    shape: tuple[int, ...], distance: float, um_per_px: float, na: float
) -> None:
    with pytest.raises(ValueError, match="defocus needs"):
        defocus(np.ones(shape, dtype=np.float32), distance, um_per_px, na)


def frame(
    level: float = 1.0, *, led: float = 1.0, exposure: float = 1.0, shading: float = 0.0
) -> npt.NDArray[np.uint8]:
    image = np.full((150, 200, 3), level, dtype=np.float32)
    rng = np.random.default_rng(2)
    return expose(image, led_level=led, exposure=exposure, shading=shading, rng=rng)


def test_ok__clear_glass_is_well_exposed() -> None:
    picture = frame()
    assert picture.dtype == np.uint8
    assert picture.mean() == pytest.approx(WELL_EXPOSED, abs=1.0)
    assert 0.2 < picture.std() < 4.0


def test_ok__a_dark_frame_is_noise_alone() -> None:
    dark = frame(led=0.0)
    np.testing.assert_array_equal(dark, frame(0.3, led=0.0))
    assert dark.max() < 20
    assert dark.std() > 0


def test_ok__overexposure_clips() -> None:
    assert (frame(exposure=3.0) == 255).all()


def test_ok__more_light_is_brighter() -> None:
    means = [float(frame(exposure=exposure).mean()) for exposure in (0.1, 0.3, 0.6, 1.0, 1.2)]
    assert means == sorted(means)
    assert frame(led=0.5).mean() == pytest.approx(frame(exposure=0.5).mean(), abs=0.5)


def test_ok__shading_darkens_the_corners_and_leaves_the_middle() -> None:
    shaded = frame(shading=0.5).astype(float)
    assert shaded[70:80, 95:105].mean() == pytest.approx(WELL_EXPOSED, abs=2)
    corner = shaded[:5, :5].mean(axis=(0, 1))
    assert corner[1] == pytest.approx(255 * 1.055 * (0.5 * 0.752) ** (1 / 2.4) - 14, abs=4)
    # A pink rim: green falls off most.
    assert corner[0] > corner[2] > corner[1]


def test_ok__noise_differs_between_frames_and_repeats_with_the_seed() -> None:
    image = np.full((150, 200, 3), 0.7, dtype=np.float32)

    def shoot(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        return expose(image, led_level=1.0, exposure=1.0, shading=0.0, rng=rng)

    rng = np.random.default_rng(2)
    first, second = shoot(rng), shoot(rng)
    assert (first != second).any()
    np.testing.assert_array_equal(first, shoot(np.random.default_rng(2)))


@pytest.mark.parametrize(
    ("led", "exposure", "shading"), [(-0.1, 1, 0), (1.1, 1, 0), (1, -1, 0), (1, 1, 2)]
)
def test_fail__expose_names_what_is_out_of_range(
    led: float, exposure: float, shading: float
) -> None:
    with pytest.raises(ValueError, match="expose needs"):
        frame(led=led, exposure=exposure, shading=shading)
