"""Camera, model and software fail: the panel names the fault, the light is off, no field is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from leukoscope.appliance.workflow import State
from leukoscope.errors import (
    BundleError,
    CameraTimeoutError,
    Fault,
)
from leukoscope.model.bundle import load_bundle
from leukoscope.panel import screens
from leukoscope.panel.button import Gesture, Hold
from leukoscope.simulator.microscope import SimulatedCamera

from tests.appliance.simulated import Appliance, Make
from tests.appliance.watching import fault_shown, picture, statuses


def test_fail__camera_unplugged_while_ready(ready: Appliance) -> None:
    ready.capture()
    ready.break_(camera_gone=True)
    assert fault_shown(ready) is Fault.CAMERA
    ready.break_()
    ready.press()
    ready.wait(State.READY)
    assert ready.wait_for_screen(screens.FocusScreen).fields == 1
    assert ready.lit


@pytest.mark.parametrize("when", ["start", "ready", "press"])
def test_fail__camera_hangs(make: Make, when: str) -> None:
    appliance = make()
    if when == "start":
        appliance.break_(camera_hangs=True)
        appliance.start(None)
    else:
        appliance.start()
        if when == "press":
            appliance.panel.on_show = lambda screen: (
                appliance.break_(camera_hangs=True)
                if isinstance(screen, screens.CapturingScreen)
                else None
            )
            appliance.press()
        else:
            # While the button is held, too: the hint may not hide the fault.
            appliance.button.down = Hold(4.0, Gesture.HOLD, 0.5)
            appliance.wait_for_screen(screens.FocusScreen)
            appliance.break_(camera_hangs=True)
    assert appliance.ended() == 1
    assert not appliance.lit
    assert appliance.display.closed
    assert appliance.sees.tobytes() == picture(screens.FaultScreen(Fault.CAMERA, restarts=True))


def test_fail__camera_hangs_as_it_is_let_go_of(
    ready: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a loose cable: this process could not open the camera again."""

    def hang(camera: SimulatedCamera) -> None:
        raise CameraTimeoutError("the camera gave no frame")

    monkeypatch.setattr(SimulatedCamera, "close", hang)
    ready.break_(camera_gone=True)
    assert ready.ended() == 1
    assert not ready.lit
    assert ready.sees.tobytes() == picture(screens.FaultScreen(Fault.CAMERA, restarts=True))


def test_fail__bundle_is_wrong(make: Make, tmp_path: Path) -> None:
    appliance = make()
    appliance.open_reader = lambda: load_bundle(tmp_path / "nothing")
    appliance.start(State.FAULT)
    assert fault_shown(appliance) is Fault.MODEL
    appliance.open_reader = lambda: appliance.reader
    appliance.press()
    appliance.wait(State.READY)


def test_fail__model_fails_while_reading(ready: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    """The captured field is kept, unread."""

    def fail(picture: object, geometry: object) -> tuple[float, ...]:
        raise BundleError("it broke")

    monkeypatch.setattr(ready.reader.model, "run", fail)
    ready.press()
    assert fault_shown(ready) is Fault.MODEL
    (report,) = ready.reports()
    assert (report.slide.fields_kept, report.fields[0].reading.probabilities) == (1, None)


def test_fail__defect_in_a_part(ready: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody foresaw it: the light is off, the panel says so and goes on saying so."""

    def fail(picture: object, geometry: object) -> tuple[float, ...]:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(ready.reader.model, "run", fail)
    ready.press()
    assert ready.ended() == 1
    assert not ready.lit
    assert ready.sees.tobytes() == picture(screens.FaultScreen(Fault.INTERNAL, restarts=True))
    assert statuses(ready)[-1] == "fault E06 INTERNAL: Restart; if again, look into its log"
    (report,) = ready.reports()
    assert len(report.fields) == 1


def test_fail__defect_between_capture_and_reading(ready: Appliance) -> None:
    """The captured field is not lost."""

    def fail(screen: screens.Screen) -> None:
        if isinstance(screen, screens.ReadingScreen):
            raise ZeroDivisionError("a defect")

    ready.panel.on_show = fail
    ready.press()
    assert ready.ended() == 1
    assert not ready.lit
    (report,) = ready.reports()
    assert report.fields[0].reading.probabilities is None
