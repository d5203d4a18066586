"""Objective and camera: what physics says must hold of blur, light and noise."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.simulator.dust import add_dust
from leukoscope.simulator.optics import (
    WELL_EXPOSED,
    defocus,
    expose,
    expose_raw_green,
    otf,
    shift,
)

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


# White balance, gain and the LED's colour.

GREY = np.full((60, 80, 3), 0.5, dtype=np.float32)
LIT: dict[str, float] = {"led_level": 1.0, "exposure": 1.0, "shading": 0.0}


def channels(image: npt.NDArray[np.float32] = GREY, **how: object) -> npt.NDArray[np.float64]:
    """Mean linear light of R, G, B, as shares of the picture's range."""
    rgb = expose(image, **{**LIT, **how}, rng=np.random.default_rng(2)) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear.mean(axis=(0, 1))


@settings(max_examples=25, deadline=None)
@given(red=st.floats(0.5, 4.0), blue=st.floats(0.5, 4.0))
def test_ok__a_colour_gain_changes_its_channel_alone(red: float, blue: float) -> None:
    grey = channels()
    ratio = channels(red_gain=red, blue_gain=blue) / grey
    assert ratio == pytest.approx([red / 2, 1.0, blue / 2], rel=0.02)
    np.testing.assert_allclose(channels(led_tint=(red / 2, blue / 2)) / grey, ratio, rtol=0.02)


def test_ok__white_balance_undoes_the_tint_of_the_led() -> None:
    warm = channels(led_tint=(1.25, 0.5))
    assert warm[0] > warm[1] > warm[2]
    white = channels(led_tint=(1.25, 0.5), red_gain=2.0 / 1.25, blue_gain=2.0 / 0.5)
    np.testing.assert_allclose(white, channels(), rtol=0.01)


def test_ok__the_converter_clips_before_the_white_balance() -> None:
    # Green is at its end; a red gain of 1 leaves room, until red itself saturates at that gain.
    assert channels(exposure=3.0, red_gain=1.0) == pytest.approx([0.565, 1.0, 1.0], abs=0.01)
    assert channels(exposure=9.0, red_gain=0.8) == pytest.approx([0.8, 1.0, 1.0], abs=0.01)


def test_ok__gain_brightens_as_exposure_does_and_is_noisier() -> None:
    long, amplified = (
        expose(GREY, **{**LIT, "exposure": exposure}, analogue_gain=gain, rng=rng).astype(float)
        for exposure, gain, rng in [
            (1.0, 1.0, np.random.default_rng(1)),
            (0.125, 8.0, np.random.default_rng(1)),
        ]
    )
    assert amplified.mean() == pytest.approx(long.mean(), abs=0.5)
    assert amplified.std() > 2 * long.std()


# Raw.


def raw(level: float = 1.0, shape: tuple[int, int] = (60, 80), **how: float) -> np.ndarray:
    image = np.full((*shape, 3), level, dtype=np.float32)
    return expose_raw_green(image, **{**LIT, **how}, rng=np.random.default_rng(2))


@settings(max_examples=25, deadline=None)
@given(exposure=st.floats(0.0, 3.0), gain=st.floats(1.0, 8.0))
def test_ok__raw_green_is_linear_until_it_saturates(exposure: float, gain: float) -> None:
    once = float(raw().mean())
    frame = raw(exposure=exposure, analogue_gain=gain)
    assert frame.max() <= 1.0
    expected = once * exposure * gain
    if expected < 0.95:
        assert frame.mean() == pytest.approx(expected, abs=0.004)
    elif expected > 1.1:
        assert (frame == 1.0).all()


@pytest.mark.parametrize(("width", "columns"), [(80, 40), (81, 40)])
def test_ok__raw_green_is_half_of_the_pixels(width: int, columns: int) -> None:
    frame = raw(shape=(61, width))
    assert frame.shape == (61, columns)
    assert frame.dtype == np.float32


def test_ok__raw_green_in_the_dark_is_noise_about_zero() -> None:
    dark = raw(led_level=0.0)
    assert dark.min() < 0.0
    assert abs(float(dark.mean())) < 1e-4
    assert 0 < dark.std() < 0.002


def test_ok__raw_green_has_the_steps_of_twelve_bits() -> None:
    steps = raw(0.4) * (4095 - 256)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)


def test_ok__raw_green_shows_the_specimen_and_the_shading() -> None:
    image = np.ones((60, 80, 3), dtype=np.float32)
    image[:, :40, 1] = 0.2
    image[:, :, 0] = 0.0
    frame = expose_raw_green(image, **{**LIT, "shading": 0.5}, rng=np.random.default_rng(2))
    assert frame[30, 18:20].mean() == pytest.approx(0.2 * frame[30, 20:22].mean(), rel=0.05)
    assert frame[0, -1] == pytest.approx(0.5 * frame[30, 20], rel=0.1)


# Dust and drift.


def test_ok__dust_is_a_few_soft_specks() -> None:
    passed = add_dust((760, 1014), UM_PER_PX)
    assert 0.6 <= passed.min() < 0.8
    assert passed.max() == 1.0
    dimmed = float((passed < 0.95).mean())
    assert 0.02 < dimmed < 0.2
    # Soft: no step from pixel to pixel that an edge in focus would make.
    assert np.abs(np.diff(passed, axis=1)).max() < 0.03


def test_ok__dust_lies_in_the_same_places_in_a_smaller_stream() -> None:
    full, small = add_dust((760, 1014), UM_PER_PX), add_dust((380, 507), 2 * UM_PER_PX)
    np.testing.assert_allclose(full.reshape(380, 2, 507, 2).mean(axis=(1, 3)), small, atol=0.01)


def test_ok__a_shift_moves_to_the_right_and_mirrors_what_comes_in() -> None:
    image = specimen()
    moved = shift(image, 7)
    np.testing.assert_array_equal(moved[:, 7:], image[:, :-7])
    np.testing.assert_array_equal(moved[:, :7], image[:, 6::-1])
    np.testing.assert_array_equal(shift(image, -7)[:, :-7], image[:, 7:])


@pytest.mark.parametrize("pixels", [0, 320, -640])
def test_ok__a_shift_by_twice_the_width_is_none(pixels: int) -> None:
    np.testing.assert_array_equal(shift(specimen(), pixels), specimen())


@pytest.mark.parametrize(
    "how",
    [
        {"analogue_gain": 0.5},
        {"red_gain": 0.0},
        {"blue_gain": float("nan")},
        {"led_tint": (-1.0, 1.0)},
    ],
)
def test_fail__expose_names_the_gain_that_is_out_of_range(how: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"expose needs .*gain"):
        channels(**how)


def test_fail__raw_green_names_what_is_out_of_range() -> None:
    with pytest.raises(ValueError, match="expose needs led_level"):
        raw(led_level=1.5)
    with pytest.raises(ValueError, match="analogue_gain"):
        raw(analogue_gain=0.9)


@pytest.mark.parametrize(
    ("led", "exposure", "shading"), [(-0.1, 1, 0), (1.1, 1, 0), (1, -1, 0), (1, 1, 2)]
)
def test_fail__expose_names_what_is_out_of_range(
    led: float, exposure: float, shading: float
) -> None:
    with pytest.raises(ValueError, match="expose needs"):
        frame(led=led, exposure=exposure, shading=shading)
