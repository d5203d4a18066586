"""`leukoscope calibrate`: make a calibration, or check it, at the panel or over SSH.

Two other commands also call `calibrate`: `demo`, and `run` if the button is held at its start.
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
    """Calibrate or check while the service is paused. Return 1 if the person gave up or something has drifted."""
    # Imported here because `leukoscope run` imports this module, and needs no simulator on real parts.
    from leukoscope.simulator.calibration_slides import place_slide
    from leukoscope.simulator.stage import Stage

    settings = load_settings(options.settings)
    set_up_logging(sys.stderr, logging.ERROR)
    task = check if options.check else calibrate
    stage = Stage()  # only a simulated microscope uses it; each step puts its slide there
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
    """Make a calibration. The old one stays until the new one is complete. The light is off at the end.

    Args:
        settings: Name the parts and the folder of the calibrations.
        display: Shows the steps. It stays open.
        relay: Passes the gestures on.
        say: Takes each line for a person who reads over SSH.
        stage: What a simulated microscope looks at.
        on_step: See `CalibrationSession`.
        press: See `CalibrationSession`.

    Returns:
        False if the person gave up.

    Raises:
        LeukoscopeError: A part failed. The error was shown on the panel and passed to `say`.
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
    """Compare clean glass under the microscope with the calibration. Arguments are those of `calibrate`.

    Returns:
        Whether nothing has drifted. It is also False if the person gave up.

    Raises:
        LeukoscopeError: A part failed, or there is no calibration.
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
    """Open what a person needs for a calibration: a display, and a button or keys.

    Gestures come from the panel's button and from the terminal's keys. One of the two is enough.

    Yields:
        The display, the relay of gestures, and the words that ask for a press.

    Raises:
        ButtonError: There is neither a button nor a terminal.
        DisplayError: The display's library is missing.
    """
    relay = GestureRelay(lambda _gesture: None)
    display = assembly.open_steps_display(settings)
    keyboard: Keyboard | None = None
    button: Button | None = None
    try:
        if sys.stdin.isatty():
            keyboard = Keyboard(sys.stdin, relay, {})
        try:
            button = assembly.open_steps_button(settings, relay)
        except ButtonError as error:
            if keyboard is None:
                raise
            _log.error("%s; use the keys instead: SPACE presses, h gives up", error)
        if button is None and keyboard is None:
            raise ButtonError("no button and no keys: run this in a terminal")
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
    """Yield a session with light, camera and panel. Afterwards the light is switched off and the parts are closed."""
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
        # The panel comes first, because `say` fails if the command's terminal has closed.
        panel.show(screens.FaultScreen(error.fault, restarts=False))
        say(str(error) if session is not None and session.kept else f"{error}; {NOTHING_CHANGED}")
        raise
    except KeyboardInterrupt:
        panel.show(screens.NoticeScreen("GIVEN UP", "Nothing has changed", ""))
        if session is None or not session.kept:
            say(f"\ninterrupted: {NOTHING_CHANGED}")
        raise
