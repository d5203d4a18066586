"""The simulated camera under its controls, over other slides, and on a microscope past its best."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.errors import CameraError, CameraTimeoutError
from leukoscope.field import Field
from leukoscope.microscope.interfaces import Camera, CameraControls
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.microscope import (
    DEFAULT_CONTROLS,
    FRAME_S,
    SimulatedCamera,
    SimulatedLight,
)
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Faults, NoSlide, Slide, Stage

BLOOD = SmearSlide(Diagnosis.CLL, 3)
UM_PER_PX = 0.31
SOUND = Faults()


class ControlsBench:
    """A lit microscope over a slide."""

    def __init__(
        self, slide: Slide = BLOOD, faults: Faults = SOUND, *, defocus_um: float = 0.0
    ) -> None:
        self.stage = Stage(slide)
        self.stage.focus(defocus_um)
        self.stage.inject(faults)
        self.light = SimulatedLight(self.stage)
        self.light.on()
        self.camera = SimulatedCamera(
            self.stage, self.light, width=320, height=240, um_per_px=UM_PER_PX, timeout_s=0.01
        )

    def told(self, **controls: float) -> SimulatedCamera:
        """The camera with these controls, and the others as by default."""
        self.camera.control(replace(DEFAULT_CONTROLS, **controls))
        return self.camera

    def shot(self) -> npt.NDArray[np.float64]:
        return self.camera.capture()[0].rgb.astype(float)


@pytest.fixture(scope="module")
def bright() -> ControlsBench:
    return ControlsBench(NoSlide())


# Controls.


def test_ok__is_a_camera() -> None:
    camera: Camera = ControlsBench().camera
    assert camera.capture(2)[1].simulated


@settings(max_examples=20, deadline=None)
@given(
    exposure_us=st.integers(100, 4000),
    longer=st.floats(1.3, 6.0),
    gain=st.floats(1.0, 2.0),
)
def test_ok__longer_exposure_is_brighter_until_it_clips(
    bright: ControlsBench, exposure_us: int, longer: float, gain: float
) -> None:
    first = bright.told(exposure_us=exposure_us, analogue_gain=gain).preview(fresh=True)
    camera = bright.told(exposure_us=round(exposure_us * longer), analogue_gain=gain)
    second = camera.preview(fresh=True)
    assert second.rgb.mean() > first.rgb.mean() or first.rgb.mean() == 255
    if exposure_us * longer * gain > 16_000:
        assert (second.rgb[50:70, 70:90] == 255).all()


@settings(max_examples=15, deadline=None)
@given(red=st.floats(1.0, 2.2), blue=st.floats(1.0, 2.2))
def test_ok__colour_gains_change_their_channel_alone(
    bright: ControlsBench, red: float, blue: float
) -> None:
    plain = bright.told().preview(fresh=True).rgb.mean(axis=(0, 1))
    changed = bright.told(red_gain=red, blue_gain=blue).preview(fresh=True).rgb.mean(axis=(0, 1))
    assert changed[1] == pytest.approx(plain[1], abs=0.3)
    for channel, gain in ((0, red), (2, blue)):
        assert changed[channel] == pytest.approx(plain[channel] * (gain / 2) ** (1 / 2.3), abs=4)


@settings(max_examples=20, deadline=None)
@given(exposure_us=st.integers(50, 20_000), gain=st.floats(1.0, 4.0))
def test_ok__raw_green_is_linear_in_exposure_until_saturation(
    bright: ControlsBench, exposure_us: int, gain: float
) -> None:
    middle = (slice(100, 140), slice(60, 100))
    usual = float(bright.told().raw_green()[middle].mean())
    frame = bright.told(exposure_us=exposure_us, analogue_gain=gain).raw_green()
    assert frame.shape == (240, 160)
    assert frame.dtype == np.float32
    expected = usual * gain * exposure_us / 8000
    assert frame[middle].mean() == pytest.approx(min(expected, 1.0), abs=0.01)


def test_ok__raw_green_knows_no_white_balance_but_the_led(bright: ControlsBench) -> None:
    usual = bright.told().raw_green().mean()
    assert bright.told(red_gain=1.0, blue_gain=3.5).raw_green().mean() == pytest.approx(
        usual, rel=0.001
    )
    bright.light.off()
    dark = bright.camera.raw_green()
    bright.light.on()
    assert abs(dark.mean()) < 1e-3
    assert dark.min() < 0


def test_ok__frames_say_what_they_were_made_with() -> None:
    bench = ControlsBench()
    asked = CameraControls(exposure_us=5000, analogue_gain=1.5, red_gain=1.75, blue_gain=2.5)
    bench.camera.control(asked)
    for field in (bench.camera.preview(), *bench.camera.capture(2)):
        said = field.metadata
        assert said["ExposureTime"] == 5000
        assert (said["AnalogueGain"], said["DigitalGain"]) == (1.5, 1.0)
        assert said["ColourGains"] == [1.75, 2.5]
        assert said["Simulated"] is True
    told_at_birth = SimulatedCamera(
        bench.stage,
        bench.light,
        width=320,
        height=240,
        um_per_px=UM_PER_PX,
        timeout_s=0.01,
        controls=asked,
    )
    assert told_at_birth.preview().metadata["ExposureTime"] == 5000


@pytest.mark.parametrize(
    "wrong", [{"exposure_us": 0}, {"analogue_gain": 0.5}, {"red_gain": 0.0}, {"blue_gain": -1.0}]
)
def test_fail__controls_that_no_camera_has(wrong: dict[str, float]) -> None:
    bench = ControlsBench()
    with pytest.raises(CameraError, match="the simulated camera needs"):
        bench.told(**wrong)
    assert bench.camera.preview().metadata["ExposureTime"] == 8000


def test_fail__controls_of_a_broken_camera() -> None:
    bench = ControlsBench(faults=Faults(camera_gone=True))
    with pytest.raises(CameraError, match="unplugged"):
        bench.told()
    bench.stage.inject(Faults(camera_hangs=True))
    with pytest.raises(CameraTimeoutError):
        bench.told()


# Bursts and drift.


def test_ok__a_burst_is_as_many_frames_at_the_sensors_pace() -> None:
    bench = ControlsBench()
    bench.camera.preview(fresh=True)
    begun = time.monotonic()
    fields = bench.camera.capture(4)
    assert time.monotonic() - begun >= 0.008 + 3 * FRAME_S
    assert len(fields) == 4
    stamps = [field.metadata["SensorTimestamp"] for field in fields]
    assert stamps == sorted(stamps)
    for field in fields[1:]:
        assert (field.rgb != fields[0].rgb).any(), "each frame has its own noise"
        assert np.abs(field.rgb.astype(float) - fields[0].rgb).mean() < 5


def test_ok__the_mean_of_a_burst_is_less_noisy() -> None:
    bench = ControlsBench(NoSlide())
    middle = np.stack([field.rgb[100:140, 140:180] for field in bench.camera.capture(8)])
    assert middle.mean(axis=0).std() < 0.6 * middle[0].std()


def displacement_px(one: Field, other: Field) -> int:
    """How far to the right the second shows the first's specimen."""
    first, second = one.rgb[:, :, 1].astype(float), other.rgb[:, :, 1].astype(float)

    def difference(shift: int) -> float:
        left, right = first[:, 60 - shift : 260 - shift], second[:, 60:260]
        return float(np.abs(left - right).mean())

    return min(range(-40, 41), key=difference)


@pytest.mark.parametrize("drift_um", [1.55, -0.93, 6.2])
def test_ok__drift_moves_each_frame_of_a_burst(drift_um: float) -> None:
    first, *others = ControlsBench(faults=Faults(drift_um_per_frame=drift_um)).camera.capture(3)
    for number, field in enumerate(others, 1):
        assert displacement_px(first, field) == round(number * drift_um / UM_PER_PX)


def test_ok__drift_goes_on_through_previews_until_it_is_mended() -> None:
    bench = ControlsBench()
    still = bench.camera.capture()[0]
    bench.stage.inject(Faults(drift_um_per_frame=3.1))
    first, second = (bench.camera.preview(fresh=True) for _ in range(2))
    third = bench.camera.capture()[0]
    assert np.abs(first.rgb.astype(float) - second.rgb).mean() > 5
    assert displacement_px(still, third) == 20
    bench.stage.inject(Faults())
    assert displacement_px(still, bench.camera.capture()[0]) == 0


def test_ok__drift_begins_again_on_another_field() -> None:
    drifting, still = ControlsBench(faults=Faults(drift_um_per_frame=6.2)), ControlsBench()
    drifting.camera.capture(3)
    for bench in (drifting, still):
        bench.stage.move()
    one, other = (bench.camera.capture()[0] for bench in (drifting, still))
    assert displacement_px(one, other) == 0
    assert np.abs(one.rgb.astype(float) - other.rgb).mean() < 5


def test_ok__drift_never_runs_out_of_specimen() -> None:
    bench = ControlsBench(faults=Faults(drift_um_per_frame=70.0))
    means = [field.rgb.mean() for field in bench.camera.capture(6)]
    assert np.ptp(means) < 20


# The LED, and dust.


def test_ok__aged_led_is_darker_and_exposure_makes_up_for_it() -> None:
    fresh, aged = ControlsBench(NoSlide()), ControlsBench(NoSlide(), Faults(led_level=0.7))
    assert aged.light.level == 0.7
    assert aged.camera.raw_green().mean() == pytest.approx(
        0.7 * fresh.camera.raw_green().mean(), rel=0.01
    )
    aged.told(exposure_us=round(8000 / 0.7))
    assert aged.shot().mean() == pytest.approx(fresh.shot().mean(), abs=0.5)
    aged.light.off()
    assert aged.light.level == 0.0


def test_ok__led_of_another_colour_is_balanced_by_the_gains() -> None:
    white, warm = ControlsBench(NoSlide()), ControlsBench(NoSlide(), Faults(led_tint=(1.2, 0.6)))
    red, green, blue = warm.shot().mean(axis=(0, 1))
    assert red > green + 5
    assert blue < green - 20
    warm.told(red_gain=2.0 / 1.2, blue_gain=2.0 / 0.6)
    np.testing.assert_allclose(
        warm.shot().mean(axis=(0, 1)), white.shot().mean(axis=(0, 1)), atol=0.5
    )


def test_ok__dust_stays_where_it_is_when_the_specimen_moves() -> None:
    clean, dusty = ControlsBench(NoSlide()), ControlsBench(NoSlide(), Faults(dust=True))
    specks = dusty.shot() / clean.shot()
    assert 0.75 < specks.min() < 0.95
    dusty.stage.load(SmearSlide(Diagnosis.EMPTY, 2), defocus_um=15.0)
    dusty.stage.inject(Faults(dust=True, drift_um_per_frame=10.0))
    for field in dusty.camera.capture(2):
        np.testing.assert_allclose(field.rgb / clean.shot(), specks, atol=0.05)
    small = dusty.camera.preview(fresh=True).rgb[:, :, 1]
    assert np.unravel_index(small.argmin(), small.shape) == pytest.approx(
        np.array(np.unravel_index(specks[:, :, 1].argmin(), (240, 320))) / 2, abs=12
    )


def test_ok__dust_is_in_the_raw_frame_too() -> None:
    clean, dusty = ControlsBench(NoSlide()), ControlsBench(NoSlide(), Faults(dust=True))
    assert (dusty.camera.raw_green() / clean.camera.raw_green()).min() < 0.75


# Other slides.


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("defocus_um", [10.0, 20.0, 40.0])
def test_ok__an_empty_field_out_of_focus_is_clean_glass(seed: int, defocus_um: float) -> None:
    empty = ControlsBench(SmearSlide(Diagnosis.EMPTY, seed), defocus_um=defocus_um).shot()
    bare = ControlsBench(NoSlide()).shot()
    # Blocks of 8 x 8 pixels, so that the sensor's noise is small.
    difference = (empty - bare).reshape(30, 8, 40, 8, 3).mean(axis=(1, 3))
    assert np.abs(difference).max() < 1.5


def test_ok__without_a_slide_there_is_light_alone() -> None:
    bench = ControlsBench(NoSlide())
    first = bench.shot()
    assert first[110:130, 150:170].mean() == pytest.approx(225, abs=1)
    assert first[110:130, 150:170].std() < 2
    bench.stage.move()
    assert np.abs(bench.shot() - first).mean() < 2


def test_ok__micrometer_through_the_lens() -> None:
    bench = ControlsBench(MicrometerSlide())
    sharp = bench.shot()[120, :, 1]
    assert sharp.min() < 90
    assert np.median(sharp) > 215
    edges = np.flatnonzero((sharp[1:] < 150) & (sharp[:-1] >= 150))
    assert np.median(np.diff(edges)) * UM_PER_PX == pytest.approx(10.0, abs=0.35)
    bench.stage.focus(6.0)
    assert bench.shot()[120, :, 1].min() > sharp.min() + 30


def test_ok__any_slide_can_be_put_on_the_stage() -> None:
    bench = ControlsBench()
    seen = []
    for slide in (BLOOD, MicrometerSlide(), NoSlide()):
        bench.stage.load(slide)
        assert bench.stage.view.slide == slide
        seen.append(bench.shot().std())
    assert seen[2] < min(seen[:2]) / 3
