"""`leukoscope calibrate`: make a calibration, or check it, at the panel or over SSH.

The demonstration, and the appliance when its button is held at the start, call `calibrate` too.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from leukoscope import assembly
from leukoscope.calibration.drift import measure_drift
from leukoscope.calibration.session import CalibrationSession
from leukoscope.calibration.steps import Calibrator, Step
from leukoscope.commands.arguments import Commands, add_command
from leukoscope.errors import ButtonError, LeukoscopeError
from leukoscope.microscope.interfaces import CameraControls
from leukoscope.panel import screens
from leukoscope.panel.button import Button, GestureRelay
from leukoscope.panel.display import Display
from leukoscope.panel.keyboard import Keyboard
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.panel.panel import Panel
from leukoscope.settings.settings import Settings, load_settings
from leukoscope.system.clock import clock_synced, utc_now
from leukoscope.system.interruption import interruptible
from leukoscope.system.journal import set_up_logging
from leukoscope.system.systemd import service_paused

if TYPE_CHECKING:
    from leukoscope.simulator.stage import Stage

_log = logging.getLogger(__name__)

NOTHING_CHANGED = "nothing has changed, the last calibration stays"


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "calibrate", meaning, run)
    parser.add_argument(
        "--check",
        action="store_true",
        help="only show what has drifted since the last calibration; exit status 1 if anything has",
    )


def run(options: argparse.Namespace) -> int:
    """Calibrate or check while the service is paused; exit status 1 if given up, or if something has drifted."""
    # Imported here, since `leukoscope run` imports this module and needs no simulator on real parts.
    from leukoscope.simulator.calibration_slides import place_slide
    from leukoscope.simulator.stage import Stage

    settings = load_settings(options.settings)
    set_up_logging(sys.stderr, logging.ERROR)
    task = check if options.check else calibrate
    stage = Stage()  # only a simulated microscope looks at it; each step finds its slide there
    with interruptible(), service_paused(), at_the_panel(settings) as (display, relay, press):
        done = task(settings, display, relay, print, stage, partial(place_slide, stage), press)
    return 0 if done else 1


def calibrate(
    settings: Settings,
    display: Display,
    relay: GestureRelay,
    say: Callable[[str], None],
    stage: Stage | None = None,
    on_step: Callable[[Step, int], None] | None = None,
    press: str = "Press",
) -> bool:
    """Make a calibration. Until it is complete the old one stays; the light is off at the end.

    Args:
        settings: name the parts and the folder of the calibrations.
        display: shows the steps; it stays open.
        relay: brings the gestures.
        say: takes each line for a person who reads over SSH.
        stage: of a simulated microscope.
        on_step: see `CalibrationSession`.
        press: see `CalibrationSession`.

    Returns:
        False when the person gave up.

    Raises:
        LeukoscopeError: what the parts raise; it is shown on the panel and passed to `say` first.
    """
    controls = assembly.settings_controls(settings)
    with _session(settings, display, relay, say, stage, on_step, press, controls) as session:
        calibrator = Calibrator(
            session.light,
            session.camera,
            controls,
            assembly.calibration_folder(settings),
            assembly.camera_setup(settings),
            frames=settings.camera.frames,
        )
        return session.calibrate(calibrator, lambda: (utc_now(), clock_synced()))


def check(
    settings: Settings,
    display: Display,
    relay: GestureRelay,
    say: Callable[[str], None],
    stage: Stage | None = None,
    on_step: Callable[[Step, int], None] | None = None,
    press: str = "Press",
) -> bool:
    """Compare clean glass under the microscope with its calibration.

    Arguments and errors are those of `calibrate`; also LeukoscopeError when there is no calibration.

    Returns:
        Whether nothing has drifted; False too when the person gave up.
    """
    found = assembly.find_calibration(settings)
    for problem in found.problems:
        say(problem)
    calibration = found.calibration
    if calibration is None:
        raise LeukoscopeError("there is no calibration to check: run leukoscope calibrate")
    say(f"calibration {calibration.name} of {calibration.made}, {calibration.scale_text}")
    with _session(
        settings, display, relay, say, stage, on_step, press, calibration.controls
    ) as session:
        fields = session.empty_fields(settings.camera.frames)
        if fields is None:
            say("given up")
            session.panel.show(screens.NoticeScreen("GIVEN UP", "Nothing was checked", ""))
            return False
        together = np.maximum(fields[0].rgb, fields[1].rgb)
        drift = measure_drift(together, calibration.background, calibration.um_per_px)
        light = drift.light
        say(f"  light × {light.light:.2f}, red × {light.red:.2f}, blue × {light.blue:.2f}")
        dust = f"dust on {drift.dust_percent:.2f} % of the field"
        say(f"  shading changed by {drift.shading_percent:.1f} %, {dust}")
        if not drift.warnings:
            say("nothing has drifted")
            session.panel.show(
                screens.NoticeScreen("ALL WELL", "Nothing has drifted", calibration.name)
            )
            return True
        say(
            "; ".join(drift.warnings) + ": clean what can be cleaned, then run leukoscope calibrate"
        )
        session.panel.show(screens.NoticeScreen("DRIFTED", drift.warnings[0], "calibrate again"))
        return False


@contextmanager
def at_the_panel(settings: Settings) -> Iterator[tuple[Display, GestureRelay, str]]:
    """Yield the display, the relay of gestures, and the words that ask for a press.

    Gestures come from the panel's button and from the terminal's keys; one of them is enough.

    Raises:
        ButtonError: there is neither a button nor a terminal.
        DisplayError: the display's library is missing.
    """
    relay = GestureRelay(lambda _gesture: None)
    # In place of a simulated panel the terminal prints lines, which say all that its pictures would.
    simulated = settings.parts.panel == "simulated"
    display = MemoryDisplay() if simulated else assembly.open_display(settings)
    keyboard: Keyboard | None = None
    button: Button | None = None
    try:
        if sys.stdin.isatty():
            keyboard = Keyboard(sys.stdin, relay, {})
        if not simulated:
            try:
                button = assembly.open_button(settings, relay)
            except ButtonError as error:
                if keyboard is None:
                    raise
                _log.error("%s; use the keys instead: SPACE presses, h gives up", error)
        elif keyboard is None:
            raise ButtonError("nothing to press: run this in a terminal")
        pressed = [name for name, there in (("the button", button), ("SPACE", keyboard)) if there]
        yield display, relay, f"Press {' or '.join(pressed)}"
    finally:
        for opened in (keyboard, button):
            if opened is not None:
                opened.close()
        display.close(keep=True)


@contextmanager
def _session(
    settings: Settings,
    display: Display,
    relay: GestureRelay,
    say: Callable[[str], None],
    stage: Stage | None,
    on_step: Callable[[Step, int], None] | None,
    press: str,
    controls: CameraControls,
) -> Iterator[CalibrationSession]:
    """Yield a session with light, camera and panel; close the parts afterwards, the light off."""
    panel = Panel(display, simulated=assembly.is_simulated(settings))
    session: CalibrationSession | None = None
    try:
        light, camera = assembly.open_parts(settings, controls, stage)
        try:
            session = CalibrationSession(
                light, camera, panel, say, settings.timing.sleep_after_s, on_step, press
            )
            relay.to = session.on_gesture
            yield session
        finally:
            try:
                light.close()
            finally:
                camera.close()
    except LeukoscopeError as error:
        # The panel first: `say` fails when the terminal of the command has closed.
        panel.show(screens.FaultScreen(error.fault, restarts=False))
        say(str(error) if session is not None and session.kept else f"{error}; {NOTHING_CHANGED}")
        raise
    except KeyboardInterrupt:
        panel.show(screens.NoticeScreen("GIVEN UP", "Nothing has changed", ""))
        if session is None or not session.kept:
            say(f"\ninterrupted: {NOTHING_CHANGED}")
        raise
