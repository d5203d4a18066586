"""What several tests of the appliance do and look at: its screens, and what it tells systemd."""

from __future__ import annotations

from leukoscope.appliance.workflow import State
from leukoscope.errors import Fault
from leukoscope.panel import screens
from leukoscope.panel.screen_drawing import draw

from tests.appliance.simulated import Appliance


def fault_shown(appliance: Appliance) -> Fault:
    """Wait for the fault screen; the fault that it names. A person sees it, and the light is off."""
    screen = appliance.wait_for_screen(screens.FaultScreen)
    assert isinstance(screen, screens.FaultScreen)
    appliance.eventually(lambda: appliance.sees.tobytes() == picture(screen))
    assert not appliance.lit
    return screen.fault


def picture(screen: screens.Screen) -> bytes:
    return draw(screen, simulated=True).tobytes()


def finish_slide(appliance: Appliance) -> screens.SlideDoneScreen:
    """Read one field and finish the slide."""
    if appliance.daemon.state is State.SLIDE_DONE:
        appliance.press()
        appliance.wait(State.READY)
    appliance.capture()
    appliance.hold()
    done = appliance.wait_for_screen(screens.SlideDoneScreen)
    assert isinstance(done, screens.SlideDoneScreen)
    return done


def warned_yet(appliance: Appliance) -> set[str]:
    """The warnings that the focus screen has shown so far."""
    return {
        s.warning for s in list(appliance.panel.shown) if isinstance(s, screens.FocusScreen)
    } - {""}


def statuses(appliance: Appliance) -> list[str]:
    """What systemd was told to show of the service."""
    return [told.removeprefix("STATUS=") for told in appliance.told if told.startswith("STATUS=")]
