"""`leukoscope watch`: show the panel of the running appliance live in a terminal.

Keys act as the appliance's button if its settings allow this.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from leukoscope.commands.arguments import Commands, add_command
from leukoscope.errors import ButtonError, LeukoscopeError
from leukoscope.notice import NOTICE
from leukoscope.panel.button import Gesture
from leukoscope.panel.keyboard import GESTURES_TEXT, Keyboard
from leukoscope.panel.mirror import MirroredScreen, read_mirror
from leukoscope.panel.remote_button import check_may_send, send
from leukoscope.panel.terminal import LiveTerminal, is_live_terminal, write_picture
from leukoscope.settings.settings import load_settings
from leukoscope.system.interruption import interruptible

POLL_S = 0.05
"""Time between two reads of the mirror."""

ANSWER_S = 3.0
"""How long the result of a key is shown."""

STOPPED = "STOPPED: this is the last screen. Waiting for the next start"
DARK = "The panel is dark. A press wakes it"


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "watch", meaning, run)
    parser.add_argument(
        "--once",
        action="store_true",
        help="print the current screen once (default without a terminal)",
    )


def run(options: argparse.Namespace) -> int:
    """Show the panel live, or print it once."""
    folder = Path(load_settings(options.settings).panel.mirror)
    if options.once or not is_live_terminal(sys.stdout):
        print_panel(folder, sys.stdout)
    else:
        watch(folder, sys.stdout, sys.stdin)
    return 0


def print_panel(folder: Path, stream: TextIO) -> None:
    """Print the panel's current screen.

    Args:
        folder: Where the appliance mirrors its panel.
        stream: Where to print it.

    Raises:
        LeukoscopeError: No appliance is running.
    """
    picture = _live(folder).picture
    stream.write(f"{NOTICE}\n")
    write_picture(picture, stream)


def watch(folder: Path, stream: TextIO, keys: TextIO) -> None:
    """Show the panel live until a person presses q. If the appliance stops, wait for its next start.

    Args:
        folder: Where the appliance mirrors its panel.
        stream: A live terminal.
        keys: Where keys are read from, if it is a terminal.

    Raises:
        KeyboardInterrupt: Ctrl-C, or a signal to end.
        LeukoscopeError: No appliance is running at the start.
    """
    _live(folder)
    # Signals act like Ctrl-C, so that the terminal is restored.
    with interruptible():
        _Watch(folder, stream).show_until_quit(keys)


def _live(folder: Path) -> MirroredScreen:
    newest = read_mirror(folder)
    if newest is None or not newest.live:
        raise LeukoscopeError(
            f"no appliance shows its panel in {folder} ([panel] mirror): start it (sudo systemctl start "
            "leukoscope); if it was started by hand, give watch the same --settings FILE"
        )
    return newest


class _Watch:
    """The live view. Keys are handled on the keyboard's thread. Only the caller's thread writes to the terminal."""

    def __init__(self, folder: Path, stream: TextIO) -> None:
        self._folder, self._stream = folder, stream
        self._answer = ("", 0.0)

    def show_until_quit(self, keys: TextIO) -> None:
        quit_ = threading.Event()
        # Open the keyboard before the screen names the keys: a key pressed earlier would be lost.
        keyboard = Keyboard(keys, self._send, {"q": quit_.set})
        terminal = LiveTerminal(self._stream, NOTICE, "q quit")
        try:
            while not quit_.wait(POLL_S):
                newest = read_mirror(self._folder)
                terminal.name_keys(self._help(newest))
                if newest is not None:
                    terminal.show(newest.picture)
                terminal.say(self._words(newest))
        finally:
            keyboard.close()
            terminal.close(keep=False)

    def _help(self, newest: MirroredScreen | None) -> str:
        """Return what the keys do. It may change when the appliance restarts with other settings."""
        if newest is None or not newest.live:
            return "q quit"
        try:
            check_may_send(self._folder)
        except ButtonError as error:
            return f"q quit   No button by key: {error}"
        return f"{GESTURES_TEXT}   q quit"

    def _send(self, gesture: Gesture) -> None:
        try:
            send(self._folder, gesture)
            words = f"{gesture.value} sent"
        except ButtonError as error:
            words = str(error)
        self._answer = (words, time.monotonic() + ANSWER_S)

    def _words(self, newest: MirroredScreen | None) -> str:
        answer, until = self._answer
        if newest is None or not newest.live:
            return STOPPED
        if time.monotonic() < until:
            return answer
        return DARK if newest.picture.getbbox() is None else ""
