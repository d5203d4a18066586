"""The stage micrometer: its lines lie where a ruler's must."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.simulator.micrometer import MicrometerSlide, render_micrometer

UM_PER_PX = 0.155
SHAPE = (760, 1014)


def render(
    slide: MicrometerSlide, index: int = 0, *, um_per_px: float = UM_PER_PX
) -> npt.NDArray[np.float32]:
    return render_micrometer(slide, index, um_per_px=um_per_px, shape=SHAPE)[:, :, 1]


def lines(row: npt.NDArray[np.float32]) -> list[tuple[float, float]]:
    """Middle and width, px, of each dark line that crosses a row and is wholly in it."""
    ink = (1.0 - row).astype(float)
    dark = np.flatnonzero(ink > 1e-6)
    runs = np.split(dark, np.flatnonzero(np.diff(dark) > 1) + 1)
    return [
        (float((run * ink[run]).sum() / ink[run].sum()), float(ink[run].sum() / 0.98))
        for run in runs
        if run[0] > 0 and run[-1] < len(row) - 1
    ]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), index=st.integers(0, 100), pitch=st.floats(5.0, 12.0))
def test_ok__lines_are_as_far_apart_as_it_says(seed: int, index: int, pitch: float) -> None:
    found = lines(render(MicrometerSlide(pitch, seed=seed), index)[500])
    assert len(found) >= 10
    steps = np.diff([middle for middle, _ in found]) * UM_PER_PX
    np.testing.assert_allclose(steps, pitch, atol=0.01)
    np.testing.assert_allclose([width * UM_PER_PX for _, width in found], 2.0, atol=0.01)


def test_ok__every_fifth_line_is_longer_and_every_tenth_longest() -> None:
    slide = MicrometerSlide()
    picture = render(slide)
    middles = [round(middle) for middle, _ in lines(picture[500])]
    lengths = [float((1 - picture[:, x]).sum() / 0.98 * UM_PER_PX) for x in middles]
    kinds = [round(length, -1) for length in lengths]
    assert set(kinds) == {50, 70, 90}
    longer = [number for number, kind in enumerate(kinds) if kind > 50]
    assert set(np.diff(longer)) == {5}
    assert all(kinds[a] != kinds[b] for a, b in itertools.pairwise(longer))


@pytest.mark.parametrize("angle_deg", [-20.0, -3.0, 4.0, 12.0])
def test_ok__a_turned_slide_is_ruled_obliquely(angle_deg: float) -> None:
    picture = render(MicrometerSlide(angle_deg=angle_deg))
    upper, lower = (lines(picture[row]) for row in (430, 470))
    apart = float(np.median(np.diff([middle for middle, _ in upper]))) * UM_PER_PX
    assert apart == pytest.approx(10.0 / np.cos(np.deg2rad(angle_deg)), abs=0.02)
    # Turned anticlockwise, the upper end of a line lies to the left.
    slope = np.tan(np.deg2rad(angle_deg)) * 40
    assert min(abs(b[0] - a[0] - slope) for a in upper for b in lower) < 0.1


def test_ok__glass_is_clear_and_lines_are_dark() -> None:
    picture = render_micrometer(MicrometerSlide(), 0, um_per_px=UM_PER_PX, shape=SHAPE)
    assert picture.shape == (*SHAPE, 3)
    assert picture.dtype == np.float32
    assert picture.max() == 1.0
    assert picture.min() == pytest.approx(0.02, abs=1e-4)
    assert np.median(picture) == 1.0
    assert np.ptp(picture, axis=2).max() == 0.0


def test_ok__moving_on_shows_other_lines_and_coming_back_the_same() -> None:
    slide = MicrometerSlide(seed=3)
    np.testing.assert_array_equal(render(slide, 1), render(slide, 1))
    assert (render(slide, 0) != render(slide, 1)).any()
    assert (render(slide, 0) != render(MicrometerSlide(seed=4), 0)).any()


def test_ok__another_sampling_shows_the_same_lines() -> None:
    fine = render_micrometer(MicrometerSlide(), 0, um_per_px=0.2, shape=(200, 400))
    coarse = render_micrometer(MicrometerSlide(), 0, um_per_px=0.4, shape=(100, 200))
    binned = fine.reshape(100, 2, 200, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(binned, coarse, atol=1e-3)


@pytest.mark.parametrize(
    ("slide", "match"),
    [
        ({"pitch_um": 4.0}, "pitch"),
        ({"pitch_um": float("inf")}, "pitch"),
        ({"angle_deg": float("nan")}, "angle"),
        ({"seed": -1}, "seed"),
    ],
)
def test_fail__bad_micrometers_name_the_number(slide: dict[str, float], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        MicrometerSlide(**slide)
