"""The panel of the running appliance in a terminal, live; the keys are its button where that is allowed."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TextIO

from leukoscope.errors import ButtonError, LeukoscopeError
from leukoscope.notice import NOTICE
from leukoscope.panel.button import Gesture
from leukoscope.panel.keyboard import GESTURES_TEXT, Keyboard
from leukoscope.panel.mirror import MirroredScreen, read_mirror
from leukoscope.panel.remote_button import check_may_send, send
from leukoscope.panel.terminal import LiveTerminal, write_picture
from leukoscope.system.output import interruptible

POLL_S = 0.05
"""How often the mirror is looked at."""

ANSWER_S = 3.0
"""How long the answer to a key stays."""

STOPPED = "STOPPED: its last screen, not a live one. Waits for its start"
DARK = "The panel is dark. A press wakes it"


def print_panel(folder: Path, stream: TextIO) -> None:
    """Print the panel as it is just now. Raises LeukoscopeError when the appliance does not run.

    folder: of the mirror.
    """
    picture = _live(folder).picture
    stream.write(f"{NOTICE}\n")
    write_picture(picture, stream)


def watch(folder: Path, stream: TextIO, keys: TextIO) -> None:
    """Show the panel in place until q, Ctrl-C (raises KeyboardInterrupt) or a signal to end.

    folder: of the mirror; stream: a live terminal; keys: where keys are read from, if it is a terminal. An
    appliance that ends meanwhile is waited for. Raises LeukoscopeError when it does not run to begin with.
    """
    _live(folder)
    # Signals as Ctrl-C, so that the terminal is put back as it was.
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
    """One person who looks on. Keys answer on their own thread; all is written by the caller's."""

    def __init__(self, folder: Path, stream: TextIO) -> None:
        self._folder, self._stream = folder, stream
        self._answer = ("", 0.0)

    def show_until_quit(self, keys: TextIO) -> None:
        quit_ = threading.Event()
        # Before the words that name the keys: what is typed until it is open is lost.
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
        """What the keys do, which an appliance that starts again may have changed."""
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
