"""Sleep, power-off and stop, and what systemd is told on the way."""

from __future__ import annotations

import time

import pytest
from leukoscope.appliance import notifier as notifier_module
from leukoscope.appliance.workflow import State
from leukoscope.errors import LightError
from leukoscope.microscope.microscope import Microscope
from leukoscope.panel import screens
from leukoscope.panel.button import Gesture, Hold
from leukoscope.records.record import EndedBy
from leukoscope.records.store import RecordStore
from leukoscope.settings.settings import TimingSettings

from tests.appliance.simulated import Appliance, Make
from tests.appliance.watching import picture, statuses


def test_ok__untouched_it_sleeps_and_a_press_wakes_it(make: Make) -> None:
    appliance = make(timing=TimingSettings(sleep_after_s=1.0, message_s=0.0))
    appliance.start()
    appliance.wait(State.ASLEEP)
    appliance.eventually(lambda: appliance.sees.getbbox() is None)
    assert not appliance.lit
    appliance.press()
    appliance.wait(State.READY)
    appliance.wait_for_screen(screens.FocusScreen)
    assert appliance.lit
    assert appliance.daemon.fields_captured == 0


def test_ok__asleep_with_a_verdict_on_the_panel(make: Make) -> None:
    appliance = make(timing=TimingSettings(sleep_after_s=2.0, message_s=0.0))
    appliance.start()
    appliance.capture()
    appliance.wait(State.ASLEEP)
    appliance.eventually(lambda: not appliance.lit)
    assert isinstance(appliance.panel.shown[-1], screens.ResultScreen)
    assert appliance.sees.tobytes() == picture(appliance.panel.shown[-1])
    appliance.press()
    appliance.wait(State.READY)
    assert appliance.wait_for_screen(screens.FocusScreen).fields == 1
    assert appliance.daemon.fields_captured == 1


def test_ok__held_button_keeps_it_awake(make: Make) -> None:
    appliance = make(timing=TimingSettings(sleep_after_s=1.0, message_s=0.0))
    appliance.button.down = Hold(0.1, Gesture.PRESS, 0.0)
    appliance.start()
    time.sleep(1.5)
    assert appliance.daemon.state is State.READY


@pytest.mark.parametrize("refused", [False, True])
def test_ok__power_off(ready: Appliance, refused: bool) -> None:
    ready.stage.focus(6.0 if refused else 0.0)
    ready.capture()
    # As a finger does it: the panel says what letting go will do, until it is let go.
    ready.button.down = Hold(7.0, Gesture.LONG_HOLD, 1.0)
    hint = picture(screens.HoldHint("POWER OFF", 1.0))
    ready.eventually(lambda: ready.sees.tobytes() == hint)
    ready.button.down = None
    ready.long_hold()
    assert ready.ended() == 0
    assert ready.powered_off
    assert not ready.lit
    assert ready.button.closed
    assert ready.display.closed
    assert ready.sees.tobytes() == picture(screens.UnplugScreen())
    assert picture(screens.PowerOffScreen("saving records")) in [
        shown.tobytes() for shown in ready.display.history
    ]
    (report,) = ready.reports()
    assert report.slide.ended_by is EndedBy.POWER_OFF
    RecordStore(ready.root, min_free_bytes=0).close()  # nobody holds the records any more


@pytest.mark.parametrize("captured", [False, True])
def test_ok__stopped_by_systemd(ready: Appliance, captured: bool) -> None:
    if captured:
        ready.capture()
    assert ready.stop() == 0
    assert ready.daemon.state is State.STOPPED
    assert not ready.lit
    assert ready.sees.getbbox() is None
    assert ready.told[-1] == "STOPPING=1"
    assert not ready.powered_off
    RecordStore(ready.root, min_free_bytes=0).close()


def test_ok__slide_left_by_a_stop_is_closed_at_the_next_start(make: Make) -> None:
    first = make()
    first.start()
    first.capture()
    first.stop()
    second = make()
    second.start()
    assert second.wait_for_screen(screens.FocusScreen).slide == "S0002"
    (report,) = second.reports()
    assert report.slide.ended_by is EndedBy.RESTART


def test_fail__light_can_not_be_switched_off(
    ready: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the end happens all the same."""

    def fail(microscope: Microscope) -> None:
        raise LightError("GPIO17 can't be written")

    ready.capture()
    monkeypatch.setattr(Microscope, "light_off", fail)
    monkeypatch.setattr(Microscope, "close", fail)
    assert ready.stop() == 0
    assert ready.display.closed
    RecordStore(ready.root, min_free_bytes=0).close()


def test_ok__watchdog_is_fed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier_module, "WATCHDOG_S", 0.0)
    appliance = make(timing=TimingSettings(sleep_after_s=1.0))
    appliance.start()
    appliance.told.clear()
    appliance.eventually(lambda: "WATCHDOG=1" in appliance.told)
    appliance.wait(State.ASLEEP)
    appliance.told.clear()
    appliance.eventually(lambda: "WATCHDOG=1" in appliance.told)


def test_ok__systemd_shows_each_state_slide_and_fields(ready: Appliance) -> None:
    assert statuses(ready) == ["ready, S0001, 0 fields"]
    ready.capture()
    ready.capture()
    ready.hold()
    ready.wait_for_screen(screens.SlideDoneScreen)
    ready.press()
    ready.wait(State.READY)
    assert ready.stop() == 0
    assert statuses(ready)[1:] == [
        "capturing, S0001, 0 fields",
        "reading, S0001, 1 field",
        "result, S0001, 1 field",
        "capturing, S0001, 1 field",
        "reading, S0001, 2 fields",
        "result, S0001, 2 fields",
        "slide done, S0001, 2 fields",
        "ready, S0002, 0 fields",
        "stopped, S0002, 0 fields",
    ]
