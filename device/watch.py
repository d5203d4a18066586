"""The panel of the running appliance in a terminal, live; the keys are its button where that is allowed."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from pathlib import Path
from typing import TextIO

from device.errors import ButtonError, LeukoscopeError
from device.panel.button import Gesture
from device.panel.canvas import SIZE
from device.panel.keyboard import Keyboard
from device.panel.mirror import Mirrored, read_mirror
from device.panel.remote_button import check_may_send, send
from device.panel.terminal import TerminalDisplay
from device.reading.results import NOTICE

POLL_S = 0.05
"""How often the mirror is looked at."""

ANSWER_S = 3.0
"""How long the answer to a key stays."""

COLUMNS, LINES = SIZE[0] // 2, SIZE[1] // 2 + 2
"""The smallest terminal: the panel, the rule above it and the line of words below."""

STOPPED = "STOPPED: its last screen, not a live one. Waits for its start; q quits"
DARK = "The panel is dark. A press wakes it"
SMALL = f"Terminal too small: {COLUMNS} columns, {LINES} lines or more"


def print_panel(folder: Path, stream: TextIO) -> None:
    """Print the panel as it is just now. Raises LeukoscopeError when the appliance does not run.

    folder: of the mirror.
    """
    picture = _live(folder).picture
    stream.write(f"{NOTICE}\n")
    TerminalDisplay(stream).show(picture)


def watch(folder: Path, stream: TextIO, keys: TextIO) -> None:
    """Show the panel in place until q, Ctrl-C (raises KeyboardInterrupt) or a signal to end.

    folder: of the mirror; keys: where keys are read from, if it is a terminal. An appliance that ends
    meanwhile is waited for. Raises LeukoscopeError when it does not run to begin with.
    """
    _live(folder)
    # As Ctrl-C does, so that the terminal is put back as it was.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    _Watch(folder, stream).show_until_quit(keys)


def _live(folder: Path) -> Mirrored:
    newest = read_mirror(folder)
    if newest is None or not newest.live:
        raise LeukoscopeError(
            f"no appliance shows its panel in {folder}: start it (sudo systemctl start leukoscope), "
            "or name its settings file with --settings"
        )
    return newest


class _Watch:
    """One person who looks on. Keys answer on their own thread; all is written by the caller's."""

    def __init__(self, folder: Path, stream: TextIO) -> None:
        self._folder, self._stream = folder, stream
        self._answer = ("", 0.0)
        self._said = ""

    def show_until_quit(self, keys: TextIO) -> None:
        quit_ = threading.Event()
        # Before the words that name the keys: what is typed until it is open is lost.
        keyboard = Keyboard(keys, self._send, {"q": quit_.set})
        try:
            self._stream.write(f"{NOTICE}\n{self._help()}\n")
            display = TerminalDisplay(self._stream, in_place=True)
            while not quit_.wait(POLL_S):
                newest = read_mirror(self._folder)
                if newest is not None:
                    display.show(newest.picture)
                self._say(self._words(newest))
        finally:
            keyboard.close()
            self._stream.write("\n")

    def _help(self) -> str:
        try:
            check_may_send(self._folder)
        except ButtonError as error:
            return f"q quit   No button by key: {error}"
        return "SPACE press   h hold 2 s: finish slide   p hold 6 s: power off   q quit"

    def _send(self, gesture: Gesture) -> None:
        try:
            send(self._folder, gesture)
            words = f"{gesture.value} sent"
        except ButtonError as error:
            words = str(error)
        self._answer = (words, time.monotonic() + ANSWER_S)

    def _words(self, newest: Mirrored | None) -> str:
        answer, until = self._answer
        if newest is None or not newest.live:
            return STOPPED
        if time.monotonic() < until:
            return answer
        columns, lines = shutil.get_terminal_size()
        if columns < COLUMNS or lines < LINES:
            return SMALL
        return DARK if newest.picture.getbbox() is None else ""

    def _say(self, words: str) -> None:
        """Write over the line below the panel; the next picture is drawn from where it begins."""
        shown = words[: shutil.get_terminal_size().columns - 1]
        if shown != self._said:
            self._said = shown
            # ECMA-48 EL: empty the line.
            self._stream.write(f"\r\x1b[K{shown}\r")
            self._stream.flush()
