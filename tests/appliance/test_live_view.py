"""What the panel shows between presses: the focus meter, its warnings, and hints while the button is held."""

from __future__ import annotations

import time

from leukoscope.appliance.workflow import State
from leukoscope.panel import screens
from leukoscope.panel.button import Gesture, Hold
from leukoscope.reading.results import GateName

from tests.appliance.simulated import Appliance, Make
from tests.appliance.watching import fault_shown, picture


def test_ok__focus_meter_follows_the_wheel(ready: Appliance) -> None:
    sharp = ready.wait_for_screen(screens.FocusScreen)
    ready.stage.focus(6.0)
    ready.eventually(lambda: ready.panel.shown[-1].problem == "OUT OF FOCUS")
    blurred = ready.panel.shown[-1]
    assert blurred.advice == "turn the focus wheel"
    assert blurred.sharpness < sharp.sharpness
    assert blurred.peak > blurred.sharpness
    ready.stage.focus(0.0)
    ready.eventually(lambda: ready.panel.shown[-1].problem == "")


def test_ok__the_panel_says_which_way_to_turn(ready: Appliance) -> None:
    hints = set()
    for step in range(60):
        ready.stage.focus(6.0 - 0.2 * step)
        seen = len(ready.panel.shown)
        ready.eventually(lambda seen=seen: len(ready.panel.shown) >= min(seen + 1, 2000))
        shown = ready.panel.shown[-1]
        if isinstance(shown, screens.FocusScreen):
            hints.add(shown.hint)
    assert {"sharper: go on", "turn back"} <= hints


def test_fail__led_dies_while_ready(ready: Appliance) -> None:
    """The live picture names it; a press is refused by the light gate."""
    ready.break_(led_dead=True)
    ready.eventually(
        lambda: (
            isinstance(ready.panel.shown[-1], screens.FocusScreen)
            and ready.panel.shown[-1].problem == "TOO DARK"
        )
    )
    ready.capture()
    (report,) = ready.reports()
    assert report.fields[0].reading.failed_gate.name is GateName.LIGHT


def test_ok__hint_while_held(ready: Appliance) -> None:
    ready.wait_for_screen(screens.FocusScreen)
    ready.button.down = Hold(4.0, Gesture.HOLD, 0.5)
    hint = picture(screens.HoldHint("FINISH SLIDE", 0.5))
    ready.eventually(lambda: ready.sees.tobytes() == hint)
    ready.button.down = None
    ready.eventually(lambda: ready.sees.tobytes() != hint)


def test_ok__hint_on_a_finished_slide(ready: Appliance) -> None:
    ready.capture()
    ready.hold()
    done = ready.wait_for_screen(screens.SlideDoneScreen)
    ready.eventually(lambda: ready.sees.tobytes() == picture(done))
    for gesture, action in ((Gesture.HOLD, "KEEP CONTROL"), (Gesture.LONG_HOLD, "POWER OFF")):
        ready.button.down = Hold(4.0, gesture, 0.5)
        hint = picture(screens.HoldHint(action, 0.5))
        ready.eventually(lambda hint=hint: ready.sees.tobytes() == hint)
    ready.button.down = None
    ready.eventually(lambda: ready.sees.tobytes() == picture(done))


def test_ok__no_hint_where_a_hold_does_nothing(make: Make) -> None:
    appliance = make()
    appliance.break_(led_dead=True)
    appliance.start(State.FAULT)
    fault_shown(appliance)
    shown = appliance.sees.tobytes()
    appliance.button.down = Hold(4.0, Gesture.HOLD, 0.5)
    time.sleep(0.3)
    assert appliance.sees.tobytes() == shown
