"""`leukoscope run` with its button held at the start: it calibrates first."""

from __future__ import annotations

import dataclasses
import time

import pytest
from gpiozero.pins.mock import MockFactory
from leukoscope.calibration import session as calibration_session
from leukoscope.commands import run
from leukoscope.errors import CameraTimeoutError
from leukoscope.panel import screens
from leukoscope.panel.button import Gesture, GpioButton, Hold
from leukoscope.panel.screen_drawing import draw
from leukoscope.simulator.stage import Faults

from tests.appliance.simulated import StubButton
from tests.commands.calibrating import CalibratingPerson


class HeldButton(StubButton):
    """Held when the device starts, let go of after some looks."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def held(self) -> Hold | None:
        self._looks -= 1
        return Hold(0.5, Gesture.PRESS, 0.2) if self._looks > 0 else None


def test_fail__a_stuck_button_does_not_keep_the_appliance_from_starting(
    person: CalibratingPerson, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    monkeypatch.setattr(run, "STUCK_S", 0.3)
    monkeypatch.setattr(run, "notify", told.append)
    run.calibrate_first(person.settings, person.display, HeldButton(10**6), person.relay)
    assert "the button has been down" in caplog.text
    assert "WATCHDOG=1" in told


def test_fail__a_camera_that_hangs_at_power_on_ends_the_process(
    person: CalibratingPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other can open it again."""
    camera = dataclasses.replace(person.settings.camera, timeout_s=0.5)
    person.settings = dataclasses.replace(person.settings, camera=camera)
    person.stage.inject(Faults(camera_hangs=True))
    monkeypatch.setattr("leukoscope.simulator.stage.Stage", lambda: person.stage)
    monkeypatch.setattr(calibration_session, "notify", lambda _: person.relay(Gesture.PRESS))
    with pytest.raises(CameraTimeoutError):
        run.calibrate_first(person.settings, person.display, HeldButton(2), person.relay)


def test_ok__a_button_held_at_power_on_calibrates_first(
    person: CalibratingPerson, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shown, gestures = person.display, iter([Gesture.PRESS, Gesture.HOLD])
    monkeypatch.setattr(
        calibration_session, "notify", lambda _: person.relay(next(gestures, Gesture.HOLD))
    )
    caplog.set_level("INFO")
    button = HeldButton(looks=4)
    run.calibrate_first(person.settings, shown, button, person.relay)
    assert (
        shown.history[0].tobytes()
        == draw(
            screens.NoticeScreen("CALIBRATE", "Let go of the button", "to begin"), simulated=True
        ).tobytes()
    )
    assert "DARK 1/9" in caplog.text


def test_fail__a_calibration_at_power_on_that_fails_does_not_stop_the_start(
    person: CalibratingPerson, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.stage.inject(Faults(camera_gone=True))
    monkeypatch.setattr("leukoscope.simulator.stage.Stage", lambda: person.stage)
    relay = person.relay

    def press_on(*_: object) -> None:
        relay(Gesture.PRESS)

    monkeypatch.setattr(calibration_session, "notify", press_on)
    run.calibrate_first(person.settings, person.display, HeldButton(2), relay)
    assert "fault E01" in caplog.text


def test_ok__a_pin_that_is_low_at_the_start_is_a_held_button(
    factory: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = factory.pin(27)
    # A mock pin goes where its pull takes it; a pressed button is stronger than that.
    monkeypatch.setattr(type(pin), "_set_pull", lambda pin, pull: setattr(pin, "_pull", pull))
    pin.drive_low()
    button = GpioButton(27, bounce_time=0.0, on_gesture=lambda _: None, clock=time.monotonic)
    assert button.held() is not None
    factory.pin(27).drive_high()
    assert button.held() is None
    button.close()
