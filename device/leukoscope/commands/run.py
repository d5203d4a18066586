"""`leukoscope run`: run the appliance. If the button is held at its start, it calibrates first."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from pathlib import Path

from leukoscope import assembly
from leukoscope.commands.arguments import Commands, add_command
from leukoscope.commands.calibrate import calibrate
from leukoscope.errors import ButtonError, CameraTimeoutError, DisplayError, LeukoscopeError
from leukoscope.panel.button import Button, GestureRelay
from leukoscope.panel.display import Display
from leukoscope.panel.mirror import read_mirror
from leukoscope.panel.panel import Panel
from leukoscope.panel.screens import FaultScreen, NoticeScreen
from leukoscope.panel.terminal import LiveTerminal, stderr_below
from leukoscope.settings.settings import Settings, load_settings
from leukoscope.system.interruption import interruptible, when_gone
from leukoscope.system.journal import leads_to_journal, set_up_logging
from leukoscope.system.systemd import notify

LOOK_S = 0.05
"""Time between two checks of a held button."""

STUCK_S = 15.0
"""A button that is held longer than this at the start is considered stuck."""

RESULT_S = 5.0
"""How long the result of a calibration stays on the panel before the appliance starts."""

_log = logging.getLogger(__name__)


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command."""
    add_command(commands, "run", meaning, run)


def run(options: argparse.Namespace) -> int:
    """Run the appliance until it is stopped. Return the daemon's exit status."""
    settings = load_settings(options.settings)
    _refuse_second(Path(settings.panel.mirror))
    terminal = assembly.own_terminal(settings)
    if terminal is None:
        return _run_on(settings, None)
    try:
        with stderr_below(terminal):
            return _run_on(settings, terminal)
    finally:
        terminal.close(keep=False)


def _refuse_second(mirror: Path) -> None:
    """Check that no appliance is running: two would compete for panel and button.

    Raises:
        LeukoscopeError: An appliance is already running.
    """
    try:
        newest = read_mirror(mirror)
    except DisplayError:  # a damaged picture, which will be overwritten
        return
    if newest is not None and newest.live:
        raise LeukoscopeError(
            f"an appliance is already running and shows its panel in {mirror}: stop it first (sudo systemctl stop "
            "leukoscope; Ctrl-C where it was started by hand)"
        )


def _run_on(settings: Settings, terminal: LiveTerminal | None) -> int:
    set_up_logging(sys.stderr, logging.INFO)
    display = assembly.open_display(settings, terminal)
    daemon = assembly.make_daemon(settings, display)
    relay = GestureRelay(daemon.on_gesture)
    try:
        button = assembly.open_button(settings, relay)
        if button.held() is not None:
            with interruptible():
                calibrate_first(settings, display, button, relay)
    except (ButtonError, CameraTimeoutError) as error:
        _log.error("fault %s: %s", error.fault.code, error)
        assembly.show_last(settings, display, FaultScreen(error.fault, restarts=True))
        return 1
    relay.to = daemon.on_gesture
    daemon.attach(button)
    daemon.stop_on_signals()
    if not leads_to_journal(sys.stderr):
        # Nobody would see a daemon whose terminal has closed, but it would still use the camera and the light.
        # With a live terminal, standard error is this process's own pipe, which shows the log in that terminal.
        when_gone(
            (sys.stdout,) if terminal is not None else (sys.stdout, sys.stderr),
            lambda: daemon.stop("stopped: its terminal or pipe was closed"),
        )
    return daemon.run()


def calibrate_first(
    settings: Settings, display: Display, button: Button, relay: GestureRelay
) -> None:
    """Calibrate before the appliance starts, because its button is held down.

    The gesture of this hold is dropped. A button that stays down is considered stuck. A stuck button or a failed
    calibration is logged, and the appliance starts.

    Raises:
        CameraTimeoutError: The camera hangs. Only a new process can open it again.
    """
    # A calibration takes longer than systemd waits for a start.
    notify("READY=1")
    panel = Panel(display, simulated=assembly.is_simulated(settings))
    relay.to = lambda _gesture: None
    panel.show(NoticeScreen("CALIBRATE", "Let go of the button", "to begin"))
    stuck = time.monotonic() + STUCK_S
    while button.held() is not None:
        if time.monotonic() > stuck:
            _log.error("the button has been down for %g s: check it and its wires", STUCK_S)
            return
        _wait(LOOK_S)
    try:
        calibrate(settings, display, relay, _log.info)
    except CameraTimeoutError:
        raise
    except LeukoscopeError as error:
        _log.error("fault %s: %s", error.fault.code, error)
    _wait(RESULT_S)


def _wait(seconds: float) -> None:
    """Wait, and tell systemd that this process does not hang."""
    notify("WATCHDOG=1")
    time.sleep(seconds)
