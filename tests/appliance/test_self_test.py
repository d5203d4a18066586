"""The self-test at the start: its steps, and what it says of the calibration."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from leukoscope.appliance import live_view as live_view_module
from leukoscope.appliance.workflow import State
from leukoscope.calibration.folder import CalibrationFolder
from leukoscope.calibration.record import Calibration
from leukoscope.calibration.steps import Calibrator, Step
from leukoscope.errors import Fault
from leukoscope.panel import screens
from leukoscope.reports.slide_text import slide_text
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.microscope import DEFAULT_CONTROLS, SimulatedCamera, SimulatedLight
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Faults, Stage, View

from tests.appliance.simulated import OPTICS, Appliance, Make
from tests.appliance.watching import fault_shown, statuses, warned_yet


def test_ok__self_test_leads_to_the_focus_meter(make: Make) -> None:
    appliance = make()
    appliance.start()
    screen = appliance.wait_for_screen(screens.FocusScreen)
    assert (screen.slide, screen.fields, screen.white_cells) == ("S0001", 0, 0)
    assert (screen.problem, screen.advice) == ("", "")
    assert 0 < screen.sharpness <= screen.peak <= 1
    assert appliance.lit
    steps = [s.step for s in appliance.panel.shown if isinstance(s, screens.StartingScreen)]
    assert steps == ["records", "camera", "light", "calibration", "model"]
    assert "READY=1" in appliance.told


def test_ok__presses_during_the_self_test_are_dropped(make: Make) -> None:
    appliance = make()
    appliance.panel.on_show = lambda screen: (
        appliance.press() if isinstance(screen, screens.StartingScreen) else None
    )
    appliance.start()
    appliance.wait_for_screen(screens.FocusScreen)
    assert appliance.daemon.fields_captured == 0


@pytest.mark.parametrize(
    ("broken", "fault"), [("led_dead", Fault.LIGHT), ("camera_gone", Fault.CAMERA)]
)
def test_fail__part_broken_at_the_start(make: Make, broken: str, fault: Fault) -> None:
    appliance = make()
    appliance.break_(**{broken: True})
    appliance.start(State.FAULT)
    assert fault_shown(appliance) is fault
    assert "READY=1" in appliance.told, "systemd must not take a fault for a start that hangs"
    assert statuses(appliance) == [f"fault {fault.line}"]
    seen = len(appliance.panel.shown)
    appliance.press()  # not mended yet
    appliance.eventually(lambda: len(appliance.panel.shown) > seen + 1)
    assert fault_shown(appliance) is fault
    appliance.break_()
    appliance.press()
    appliance.wait(State.READY)
    appliance.wait_for_screen(screens.FocusScreen)
    appliance.capture()
    appliance.wait_for_screen(screens.ResultScreen)


def calibrated(appliance: Appliance) -> Calibration:
    """Give it a calibration of just these optics, made before it starts."""
    light = SimulatedLight(appliance.stage)
    camera = SimulatedCamera(
        appliance.stage, light, width=507, height=380, um_per_px=0.31, timeout_s=1.0
    )
    slide = appliance.stage.view.slide
    folder = CalibrationFolder(appliance.root / "calibration")
    calibrator = Calibrator(light, camera, DEFAULT_CONTROLS, folder, OPTICS, frames=1)
    while (step := calibrator.step) is not None:
        if step is Step.SCALE:
            appliance.stage.load(MicrometerSlide())
        else:
            appliance.stage.load(SmearSlide(Diagnosis.EMPTY, 900), 15.0)
        calibrator.take()
    appliance.stage.load(slide)
    return calibrator.keep("2026-05-09T07:35:25.123Z", clock_synced=False)


def warned_for_a_while(appliance: Appliance) -> set[str]:
    """The warnings that the focus screen has shown while they would have had two turns."""
    begun = time.monotonic()
    appliance.eventually(lambda: time.monotonic() - begun > 2.2 * live_view_module.ALTERNATE_S)
    return warned_yet(appliance)


@pytest.mark.usefixtures("quick_turns")
def test_ok__without_a_calibration_the_panel_and_the_record_say_so(make: Make) -> None:
    appliance = make()
    appliance.start()
    appliance.eventually(lambda: warned_yet(appliance) == {"NOT CALIBRATED", "UNCONTROLLED"})
    appliance.capture()
    (report,) = appliance.reports()
    assert report.fields[0].provenance.calibration_sha256 is None
    assert "not calibrated: shading estimated from the field itself" in slide_text(
        report, fields=True
    )


@pytest.mark.usefixtures("quick_turns")
def test_ok__a_record_names_the_calibration_that_its_field_was_made_with(make: Make) -> None:
    appliance = make()
    calibration = calibrated(appliance)
    appliance.start()
    assert warned_for_a_while(appliance) == {"UNCONTROLLED"}
    appliance.capture()
    (report,) = appliance.reports()
    (field,) = report.fields
    assert field.provenance.calibration_sha256 == calibration.sha256
    assert field.um_per_px == calibration.um_per_px
    assert f"calibration {calibration.name} sha256 {calibration.sha256}" in slide_text(
        report, fields=True
    )


@pytest.mark.usefixtures("quick_turns")
@pytest.mark.parametrize(
    ("faults", "warning"),
    [({"led_level": 0.6}, "LED DIMMED"), ({"led_tint": (1.0, 0.7)}, "LED COLOUR")],
)
def test_fail__the_self_test_warns_of_a_drifted_led(
    make: Make, faults: dict[str, object], warning: str
) -> None:
    """It goes on all the same: a dim picture is for the gates to refuse."""
    appliance = make()
    calibrated(appliance)
    appliance.stage.inject(Faults(**faults))  # type: ignore[arg-type]
    appliance.start()
    appliance.eventually(lambda: warned_yet(appliance) == {warning, "UNCONTROLLED"})


class AskewStage(Stage):
    """Its LED sits askew: the rim of the picture has lost most of its light."""

    @property
    def view(self) -> View:
        return replace(super().view, shading=0.7)


@pytest.mark.usefixtures("quick_turns")
def test_fail__the_self_test_warns_of_changed_shading(make: Make) -> None:
    appliance = make()
    calibrated(appliance)
    appliance.stage = AskewStage(appliance.stage.view.slide)
    appliance.start()
    appliance.eventually(lambda: warned_yet(appliance) == {"SHADING CHANGED", "UNCONTROLLED"})


@pytest.mark.usefixtures("quick_turns")
def test_fail__a_damaged_calibration_is_shown_and_the_last_good_one_serves(make: Make) -> None:
    appliance = make()
    good = calibrated(appliance)
    bad = calibrated(appliance)
    glass = appliance.root / "calibration" / bad.name / "glass.png"
    glass.write_bytes(glass.read_bytes()[:100])
    appliance.start()
    appliance.eventually(lambda: warned_yet(appliance) == {"CALIBRATION BROKEN", "UNCONTROLLED"})
    appliance.capture()
    (report,) = appliance.reports()
    assert report.fields[0].provenance.calibration_sha256 == good.sha256
