"""The keyboard of a terminal in place of the button: SPACE is a press, h a hold, p a long hold."""

from __future__ import annotations

import contextlib
import io
import os
import select
import termios
import threading
import tty
from collections.abc import Callable, Mapping
from typing import TextIO

from leukoscope.panel.button import Gesture, Hold

GESTURE_KEYS = {" ": Gesture.PRESS, "h": Gesture.HOLD, "p": Gesture.LONG_HOLD}
GESTURES_TEXT = "SPACE press   h hold 2 s: finish slide   p hold 6 s: power off"
"""The keys, explained for the person at the terminal."""


class Keyboard:
    """A `Button` made of keys. Each key is a whole gesture. If `stream` is not a terminal, there are no gestures."""

    def __init__(
        self,
        stream: TextIO,
        on_gesture: Callable[[Gesture], None],
        more_keys: Mapping[str, Callable[[], None]],
    ) -> None:
        """Listen to the keys.

        Args:
            stream: The terminal.
            on_gesture: Called with each gesture, on the keyboard's thread.
            more_keys: What other keys do; called on the keyboard's thread.
        """
        self._on_gesture, self._more_keys = on_gesture, more_keys
        self._thread: threading.Thread | None = None
        try:
            self._keys = stream.fileno()
        except (io.UnsupportedOperation, ValueError):
            return
        if stream.isatty():
            self._before = termios.tcgetattr(self._keys)
            tty.setcbreak(self._keys)
            self._wake_read, self._wake_write = os.pipe()
            self._thread = threading.Thread(target=self._run, name="keyboard", daemon=True)
            self._thread.start()

    def held(self) -> Hold | None:
        """Return None, because a terminal does not report when a key is released."""
        return None

    def close(self) -> None:
        """Stop listening and restore the terminal."""
        if self._thread is not None:
            os.write(self._wake_write, b"x")
            self._thread.join()
            self._thread = None
            with contextlib.suppress(termios.error):  # the terminal went away
                termios.tcsetattr(self._keys, termios.TCSADRAIN, self._before)
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _run(self) -> None:
        while True:
            ready = select.select([self._keys, self._wake_read], [], [])[0]
            if self._wake_read in ready:
                return
            try:
                key = os.read(self._keys, 1).decode("ascii", "replace")
            except OSError:  # the terminal went away
                return
            if not key:
                return
            if key in GESTURE_KEYS:
                self._on_gesture(GESTURE_KEYS[key])
            elif key in self._more_keys:
                self._more_keys[key]()
