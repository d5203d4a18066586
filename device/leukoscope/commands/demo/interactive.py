"""The demonstration in which the person at the keyboard moves the stage and presses the button."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TextIO

from leukoscope import assembly
from leukoscope.appliance.daemon import Daemon
from leukoscope.appliance.workflow import Event
from leukoscope.commands.demo.calibration import show_calibration
from leukoscope.commands.demo.next_commands import next_commands
from leukoscope.commands.demo.settings import (
    demo_settings,
    with_short_messages,
    write_demo_settings,
)
from leukoscope.commands.demo.slides import FOCUS_STEPS_UM, SLIDES, place_text, slide_title
from leukoscope.commands.demo.view import DemoView, open_view
from leukoscope.errors import LeukoscopeError
from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.panel.button import Gesture
from leukoscope.panel.keyboard import GESTURES_TEXT, Keyboard
from leukoscope.panel.terminal import is_live_terminal
from leukoscope.settings.settings import Settings
from leukoscope.simulator.stage import Stage
from leukoscope.system.interruption import interruptible
from leukoscope.system.journal import set_up_logging

FOCUS_STEP_UM = 0.5
"""How far a key turns the focus wheel."""

KEYS = f"{GESTURES_TEXT}   m next field   n next slide   + - focus wheel   q quit"


def interactive_demo(settings: Settings, into: Path, stream: TextIO) -> int:
    """Run the appliance for a person at the keyboard, until they quit.

    Args:
        settings: Their parts and folders are replaced by the demonstration's.
        into: Folder of the records. It is made if absent.
        stream: A live terminal.

    Returns:
        The daemon's exit status.

    Raises:
        LeukoscopeError: There is no terminal to read keys from or to show the panel in.
    """
    if not sys.stdin.isatty() or not is_live_terminal(stream):
        raise LeukoscopeError(
            "the interactive demonstration needs a terminal for keys and for the panel (not TERM=dumb): "
            "run it in one, or leave --interactive out"
        )
    settings = demo_settings(settings, into)
    file = write_demo_settings(settings, into)
    stage = Stage()
    with interruptible(), open_view(stream, KEYS) as view:
        set_up_logging(sys.stderr, logging.WARNING)
        show_calibration(settings, view, stage)
        daemon = assembly.make_daemon(with_short_messages(settings), view.display, stage)
        hands = _Hands(stage, view)
        keyboard = Keyboard(
            sys.stdin,
            lambda gesture: hands.do(gesture, daemon),
            {
                "m": hands.move,
                "n": hands.next_slide,
                "+": lambda: hands.turn(FOCUS_STEP_UM),
                "-": lambda: hands.turn(-FOCUS_STEP_UM),
                "q": lambda: daemon.post(Event.TERMINATED),
            },
        )
        daemon.attach(keyboard)
        daemon.stop_on_signals()
        status = daemon.run()
    directory = settings.storage.directory
    stream.write(f"Records and pictures: {directory}\n{NOTICE} {SIMULATED}.\n")
    stream.write(f"\n{next_commands(Path(directory), file)}\n")
    return status


class _Hands:
    """Does what the keys ask for, on the keyboard's thread. The view shows the effect of each key at once."""

    def __init__(self, stage: Stage, view: DemoView) -> None:
        self._stage, self._view, self._taken = stage, view, 0
        self.next_slide()

    def next_slide(self) -> None:
        """Put the next slide on the stage, out of focus."""
        shown = SLIDES[self._taken % len(SLIDES)]
        self._taken += 1
        self._stage.load(shown.slide, defocus_um=FOCUS_STEPS_UM[0])
        self._look("another slide is on the stage: turn the focus wheel with - and +")

    def move(self) -> None:
        """Move the stage to the next field."""
        self._stage.move()
        self._look("moved to another field")

    def turn(self, by_um: float) -> None:
        """Turn the focus wheel."""
        self._stage.focus(self._stage.view.defocus_um + by_um)
        self._look(f"turned the focus wheel by {by_um:+.1f} µm")

    def do(self, gesture: Gesture, daemon: Daemon) -> None:
        """Press or hold the button."""
        self._view.tell(f"button: {gesture.value}")
        daemon.on_gesture(gesture)

    def _look(self, did: str) -> None:
        index = (self._taken - 1) % len(SLIDES)
        self._view.where(slide_title(SLIDES, index), place_text(self._stage))
        self._view.tell(did)
