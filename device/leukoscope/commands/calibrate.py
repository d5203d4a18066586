"""Calibrating, and checking a calibration: the same at the panel and over SSH."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from leukoscope import assembly
from leukoscope.calibration.drift import measure_drift
from leukoscope.calibration.session import CalibrationSession
from leukoscope.calibration.steps import Calibrator, Step
from leukoscope.errors import ButtonError, CameraTimeoutError, LeukoscopeError
from leukoscope.microscope.parts import CameraControls
from leukoscope.panel import screens
from leukoscope.panel.button import Button, GestureRelay
from leukoscope.panel.display import Display
from leukoscope.panel.keyboard import Keyboard
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.panel.panel import Panel
from leukoscope.settings.settings import Settings
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Stage
from leukoscope.system.clock import clock_synced, utc_now
from leukoscope.system.systemd import notify

LOOK_S = 0.05
"""How often a held button is looked at."""

STUCK_S = 15.0
"""A button that is held longer than this at the start is not a person's wish."""

RESULT_S = 5.0
"""How long the end of a calibration stays on the panel before the appliance starts."""

_log = logging.getLogger(__name__)

CLEAN_SLIDE_SEED, CLEAN_SLIDE_DEFOCUS_UM = 900, 15.0
"""The simulated clean glass, so far out of focus that none of its grains is seen."""

NOTHING_CHANGED = "nothing has changed, the last calibration stays"


def calibrate(
    settings: Settings,
    display: Display,
    relay: GestureRelay,
    say: Callable[[str], None],
    stage: Stage | None = None,
    on_step: Callable[[Step, int], None] | None = None,
    press: str = "Press",
) -> bool:
    """Make a calibration; False when the person gave up.

    display: stays open. relay: brings the gestures. say: takes a line for whoever reads over SSH.
    stage: of a simulated microscope; on_step, press: see `CalibrationSession`.
    Raises what the parts raise. Until all is done the old calibration stays, and it is said so; the
    light is off at the end.
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
    """Hold the microscope against its calibration by clean glass; whether nothing has drifted.

    False, too, when the person gave up. Arguments and errors as `calibrate`; LeukoscopeError when there
    is no calibration.
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
        session.panel.show(screens.NoticeScreen("DRIFTED", drift.warnings[0], "calibrate anew"))
        return False


def place_slide(stage: Stage, step: Step, done: int) -> None:
    """Put on a simulated stage what a step asks for: clean glass out of focus, then a micrometer."""
    if step is Step.SCALE:
        stage.load(MicrometerSlide())
    else:
        stage.load(SmearSlide(Diagnosis.EMPTY, CLEAN_SLIDE_SEED + done), CLEAN_SLIDE_DEFOCUS_UM)


def calibrate_first(
    settings: Settings, display: Display, button: Button, relay: GestureRelay
) -> None:
    """Calibrate before the appliance starts: its button is held down. What fails is logged; it starts then.

    The gesture of letting go is dropped; a button that stays down is taken for stuck, and the
    appliance starts. Raises CameraTimeoutError: only a new process can open a camera that hangs.
    """
    # Calibrating takes longer than systemd waits for a start.
    notify("READY=1")
    panel = Panel(display, simulated=assembly.is_simulated(settings))
    relay.to = lambda _gesture: None
    panel.show(screens.NoticeScreen("CALIBRATE", "Let go of the button", "to begin"))
    stuck = time.monotonic() + STUCK_S
    while button.held() is not None:
        if time.monotonic() > stuck:
            _log.error("the button has been down for %g s: check it and its wires", STUCK_S)
            return
        _alive_for(LOOK_S)
    try:
        calibrate(settings, display, relay, _log.info)
    except CameraTimeoutError:
        raise
    except LeukoscopeError as error:
        _log.error("fault %s: %s", error.fault.code, error)
    _alive_for(RESULT_S)


def _alive_for(seconds: float) -> None:
    """Wait, telling systemd that this is no hang."""
    notify("WATCHDOG=1")
    time.sleep(seconds)


@contextmanager
def at_the_panel(settings: Settings) -> Iterator[tuple[Display, GestureRelay, str]]:
    """Display and gestures of a command over SSH: the panel's own button, and the terminal's keys.

    With them, how a person is asked for a press: which of the two there are.

    A panel without a button does, where there is a terminal; raises ButtonError where there is neither.
    """
    relay = GestureRelay(lambda _gesture: None)
    # A simulated panel is the terminal itself, where the lines say all that its pictures would.
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
                _log.error("%s; the keys do: SPACE presses, h gives up", error)
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
    """Light, camera and panel for a session; let go of afterwards, the light off."""
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
        # The panel first: whoever typed the command may have gone, and then nothing can be said.
        panel.show(screens.FaultScreen(error.fault, restarts=False))
        say(str(error) if session is not None and session.kept else f"{error}; {NOTHING_CHANGED}")
        raise
    except KeyboardInterrupt:
        panel.show(screens.NoticeScreen("GIVEN UP", "Nothing has changed", ""))
        if session is None or not session.kept:
            say(f"\ninterrupted: {NOTHING_CHANGED}")
        raise
