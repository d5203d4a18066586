"""Calibrating as a person does it, on the simulated microscope: what is measured, what is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from leukoscope import assembly
from leukoscope.calibration.steps import STEPS, Step
from leukoscope.errors import CameraError, LeukoscopeError, StoreError
from leukoscope.panel.button import Gesture
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Faults, NoSlide, Stage
from PIL import Image

from tests.commands.calibrating import CLEAN, UM_PER_PX, CalibratingPerson


def test_ok__the_optics_are_measured(person: CalibratingPerson) -> None:
    person.stage.inject(Faults(led_level=0.8, led_tint=(1.1, 0.8)))
    assert person.calibrates()
    found = person.has
    assert found is not None
    assert found.controls.exposure_us == pytest.approx(8000 / 0.8, rel=0.04)
    assert found.controls.red_gain == pytest.approx(2.0 / 1.1, rel=0.02)
    assert found.controls.blue_gain == pytest.approx(2.0 / 0.8, rel=0.02)
    assert found.um_per_px == pytest.approx(UM_PER_PX, rel=0.004)
    assert found.scale_source == "micrometer"
    assert found.green_level == pytest.approx(0.75, rel=0.03)
    assert found.dark_level < 5
    assert found.simulated
    assert "estimate" not in person.heard
    assert len([line for line in person.said if line.startswith("GLASS")]) == 5


def test_ok__fields_are_then_even_white_and_in_scale(person: CalibratingPerson) -> None:
    """The stage's shading and the LED's tint are gone from what the microscope captures."""
    person.stage.inject(Faults(led_level=0.8, led_tint=(1.1, 0.8)))
    assert person.calibrates()
    person.stage.load(CLEAN, 15.0)
    person.stage.move()
    microscope = assembly.open_microscope(
        person.settings, assembly.find_calibration(person.settings).calibration, person.stage
    )
    field = microscope.capture()
    microscope.close()
    assert person.has is not None
    assert field.calibration_sha256 == person.has.sha256
    assert field.um_per_px == person.has.um_per_px
    tiles = np.asarray(Image.fromarray(field.rgb).resize((16, 12), Image.Resampling.BOX), float)
    spread = np.ptp(tiles.reshape(-1, 3), axis=0) / np.median(tiles.reshape(-1, 3), axis=0)
    assert spread.max() < 0.02
    assert np.abs(np.median(tiles, axis=(0, 1)) - 225).max() <= 2


def test_ok__red_cells_give_an_estimate_and_it_is_said_so(person: CalibratingPerson) -> None:
    person.ruler = lambda stage: stage.load(SmearSlide(Diagnosis.NORMAL, 702))
    assert person.calibrates()
    assert person.has is not None
    assert person.has.scale_source == "red cells"
    assert person.has.scale_count >= 20
    assert person.has.um_per_px == pytest.approx(UM_PER_PX, rel=0.12)
    assert "an estimate" in person.heard


def test_ok__each_step_keeps_its_picture(person: CalibratingPerson) -> None:
    assert person.calibrates()
    assert person.has is not None
    folder = Path(person.settings.storage.directory) / "calibration" / person.has.name
    names = {path.stem.removesuffix("-SIMULATED") for path in folder.glob("*.png")}
    steps = ("dark", "exposure", "white", "scale", *(f"glass-{n}" for n in range(1, 6)))
    assert names == {*steps, "glass"}
    for name in ("dark", "scale"):
        assert Image.open(folder / f"{name}-SIMULATED.png").size == (507, 380)


SMEAR = SmearSlide(Diagnosis.NORMAL, 702)
MISTAKES = {
    "cells-for-the-white": (Step.WHITE, lambda s: s.load(SMEAR), "CELLS SEEN", "move the slide"),
    "cells-in-empty-field": (Step.GLASS, lambda s: s.load(SMEAR, 3.0), "CELLS SEEN", "clean slide"),
    "led-off": (
        Step.EXPOSURE,
        lambda s: s.inject(Faults(led_dead=True)),
        "NO LIGHT",
        "check the LED",
    ),
    "no-slide-for-the-scale": (Step.SCALE, lambda s: s.load(NoSlide()), "NOTHING SEEN", "in focus"),
    "scale-out-of-focus": (Step.SCALE, lambda s: s.load(SMEAR, 6.0), "OUT OF FOCUS", "focus wheel"),
    "another-micrometer": (
        Step.SCALE,
        lambda s: s.load(MicrometerSlide(pitch_um=20.0)),
        "ODD SCALE",
        "10 µm from line to line",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_fail__a_mistake_is_named_and_nothing_changes(
    person: CalibratingPerson, mistake: str
) -> None:
    """The message says what to do; given up then, the old calibration is still in force."""
    assert person.calibrates()
    before = person.has
    assert before is not None
    step, err, problem, advice = MISTAKES[mistake]
    person.errs, person.gives_up, person.said = {step: err}, True, []
    assert not person.calibrates()
    assert problem in person.heard
    assert advice in person.heard
    assert "the last calibration stays" in person.heard
    assert person.has is not None
    assert person.has.sha256 == before.sha256


def test_ok__a_mistake_can_be_mended(person: CalibratingPerson) -> None:
    person.errs = {
        Step.EXPOSURE: lambda s: s.inject(Faults(led_dead=True)),
        Step.GLASS: lambda s: s.load(SMEAR),
    }
    mended = person.lays

    def lays(step: Step, done: int) -> None:
        if step not in person.errs:
            person.stage.inject(Faults())
        mended(step, done)

    person.lays = lays  # type: ignore[method-assign]
    assert person.calibrates()
    assert "NO LIGHT" in person.heard
    assert "CELLS SEEN" in person.heard


@pytest.mark.parametrize("step", list(dict.fromkeys(STEPS)), ids=lambda step: step.title)
def test_fail__the_camera_goes_in_the_middle(person: CalibratingPerson, step: Step) -> None:
    assert person.calibrates()
    before = person.has
    person.errs, person.said = {step: lambda s: s.inject(Faults(camera_gone=True))}, []
    with pytest.raises(CameraError):
        person.calibrates()
    assert "unplugged" in person.heard
    assert "the last calibration stays" in person.heard
    assert before is not None
    assert person.has is not None
    assert person.has.sha256 == before.sha256


def test_fail__the_disk_is_full_at_the_end(
    person: CalibratingPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert person.calibrates()
    before = person.has

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.rename", full)
    with pytest.raises(StoreError, match="the old one stays"):
        person.calibrates()
    assert before is not None
    assert person.has is not None
    assert person.has.sha256 == before.sha256


def test_fail__interrupted(person: CalibratingPerson, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C, or SSH that ends, in the middle: the light goes off, nothing changes."""
    lights = []
    opened = assembly.open_parts

    def open_parts(*arguments: object) -> object:
        light, camera = opened(*arguments)  # type: ignore[arg-type]
        lights.append(light)
        return light, camera

    monkeypatch.setattr(assembly, "open_parts", open_parts)

    def interrupt(_: Stage) -> None:
        raise KeyboardInterrupt

    person.errs = {Step.GLASS: interrupt}
    with pytest.raises(KeyboardInterrupt):
        person.calibrates()
    assert person.has is None
    assert "the last calibration stays" in person.heard
    assert not lights[0].lit


def test_fail__the_exposure_was_found_on_cells(person: CalibratingPerson) -> None:
    """Glass is brighter than what was taken for it: the exposure comes again, on clean glass."""
    dim = Faults(led_level=0.5)

    def through_a_stain(stage: Stage) -> None:
        stage.inject(dim)

    person.errs = {Step.EXPOSURE: through_a_stain}
    lays = person.lays

    def then_clean(step: Step, done: int) -> None:
        if step is not Step.EXPOSURE or not person.errs:
            person.stage.inject(Faults())
        lays(step, done)

    person.lays = then_clean  # type: ignore[method-assign]
    assert person.calibrates()
    assert "EXPOSURE OFF" in person.heard
    assert len([line for line in person.said if line.startswith("EXPOSURE 2/9")]) == 2
    assert person.has is not None
    assert person.has.controls.exposure_us == pytest.approx(8000, rel=0.04)


def test_ok__impatient_presses_take_no_further_step(person: CalibratingPerson) -> None:
    """The second press of each pair comes while the step measures, or before the next is shown."""
    fields = []
    lays = person.lays

    def twice(step: Step, done: int) -> None:
        fields.append(done)
        lays(step, done)
        person.relay(Gesture.PRESS)
        person.relay(Gesture.PRESS)

    person.lays = twice  # type: ignore[method-assign]
    assert person.calibrates()
    assert fields == list(range(9)), "each step was announced before it was taken"


def test_ok__forgotten_it_gives_up(
    person: CalibratingPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the light does not stay on."""
    timing = dataclasses.replace(person.settings.timing, sleep_after_s=1.0)
    person.settings = dataclasses.replace(person.settings, timing=timing)
    person.lays = lambda *_: None  # type: ignore[method-assign]
    assert not person.calibrates()
    assert "given up" in person.heard


def test_ok__a_check_finds_nothing(person: CalibratingPerson) -> None:
    assert person.calibrates()
    person.said = []
    assert person.checks()
    assert "nothing has drifted" in person.heard


DRIFTS = {
    "LED DIMMED": Faults(led_level=0.75),
    "LED COLOUR": Faults(led_tint=(1.1, 0.9)),
    "DUST": Faults(dust=True),
}


@pytest.mark.parametrize("warning", DRIFTS)
def test_fail__a_check_finds(person: CalibratingPerson, warning: str) -> None:
    assert person.calibrates()
    person.said = []
    person.stage.inject(DRIFTS[warning])
    assert not person.checks()
    assert warning in person.said[-1]
    assert "run leukoscope calibrate" in person.said[-1]


def test_fail__a_check_on_cells_asks_again(person: CalibratingPerson) -> None:
    assert person.calibrates()
    gestures = iter([Gesture.PRESS, Gesture.PRESS, Gesture.HOLD])

    def lays(step: Step, done: int) -> None:
        person.stage.load(SMEAR if done else CLEAN, 15.0 * (not done))
        person.stage.move()
        person.relay(next(gestures))

    person.lays = lays  # type: ignore[method-assign]
    assert not person.checks()
    assert "CELLS SEEN" in person.heard
    assert "given up" in person.heard


def test_fail__nothing_to_check(person: CalibratingPerson) -> None:
    person.display.show(Image.new("1", (128, 64), 1))
    with pytest.raises(LeukoscopeError, match="run leukoscope calibrate"):
        person.checks()


def test_fail__a_calibration_of_another_size_is_not_used(person: CalibratingPerson) -> None:
    assert person.calibrates()
    camera = dataclasses.replace(person.settings.camera, width=640, height=480)
    found = assembly.find_calibration(dataclasses.replace(person.settings, camera=camera))
    assert found.calibration is None
    assert "calibrate again" in found.problems[0]
