"""The button from another process: a named pipe (FIFO) that takes one letter a gesture.

    echo p > /run/leukoscope/button

'p' is a press, 'h' a hold, 'l' a long hold. White space is nothing; any other byte is ignored.
Who may write is a matter of the file's mode: root, the owner and its group.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from leukoscope.errors import ButtonError
from leukoscope.panel.button import Button, Gesture, Hold

FIFO = "button"
"""The pipe's name in the folder of the mirror."""

LETTERS = {b"p": Gesture.PRESS, b"h": Gesture.HOLD, b"l": Gesture.LONG_HOLD}

RETRY_S = 2.0
"""Time between checks of the pipe: one that was removed or replaced is made again."""

REST_S, AT_ONCE = 0.1, 8
"""Most bytes read at once, and the pause after them in seconds, so that a flood of bytes does no harm."""

_log = logging.getLogger(__name__)


class RemoteButton:
    """A `Button` beside another one: its gestures come from a pipe in `folder`, on a thread of its own.

    button: the other one, which works as before. on_gesture: called from that thread. A pipe that can't
    be made stops nothing: it is logged once and tried again every `RETRY_S`.
    """

    def __init__(self, button: Button, folder: Path, on_gesture: Callable[[Gesture], None]) -> None:
        self._button, self._on_gesture = button, on_gesture
        self._path = folder / FIFO
        self._fifo: int | None = None
        self._lost = self._puzzled = False
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="remote button", daemon=True)
        self._thread.start()

    def held(self) -> Hold | None:
        """How the other button is held: a letter is a whole gesture."""
        return self._button.held()

    def close(self) -> None:
        """Remove the pipe, and close the other button."""
        os.write(self._wake_write, b"x")
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)
        self._button.close()

    def _run(self) -> None:
        while True:
            self._look_after()
            fifo = [] if self._fifo is None else [self._fifo]
            ready = select.select([self._wake_read, *fifo], [], [], RETRY_S)[0]
            if self._wake_read in ready:
                break
            if ready:
                self._take(os.read(ready[0], AT_ONCE))
                if select.select([self._wake_read], [], [], REST_S)[0]:
                    break
        with contextlib.suppress(OSError):
            if self._is_ours():
                self._path.unlink()
        self._let_go()

    def _take(self, letters: bytes) -> None:
        for byte in letters:
            letter = bytes((byte,))
            gesture = LETTERS.get(letter)
            if gesture is not None:
                _log.info("remote button: %s, by an unknown user", gesture.value)
                self._on_gesture(gesture)
            elif not letter.isspace() and not self._puzzled:
                self._puzzled = True
                _log.warning(
                    "%s: %r is no gesture and is ignored, as will be others: send p, h or l",
                    self._path,
                    letter,
                )

    def _look_after(self) -> None:
        """Make the pipe, unless it is there."""
        try:
            if self._is_ours():
                return
            self._let_go()
            self._fifo = self._make()
        except OSError as error:
            self._let_go()
            if not self._lost:
                self._lost = True
                _log.warning(
                    "no remote button: %s: %s; check [panel] mirror",
                    error.filename or self._path,
                    error.strerror or error,
                )
            return
        self._lost = False
        _log.info("remote button: %s takes gestures from its group", self._path)

    def _make(self) -> int:
        """Make the pipe in place of one that another run left, and its folder, and open it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)  # absent when no systemd made it
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISFIFO(self._path.lstat().st_mode):
                raise FileExistsError(errno.EEXIST, "something else has this name")
            self._path.unlink()
        os.mkfifo(self._path, 0o600)
        # For writing too, so that a writer who goes away leaves no end of file to be read for ever.
        fifo = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW)
        os.fchmod(fifo, 0o620)  # mkfifo's mode would lose the group to the service's umask
        return fifo

    def _is_ours(self) -> bool:
        """Whether the pipe at the path is the one that is open."""
        try:
            return self._fifo is not None and os.path.samestat(
                os.fstat(self._fifo), self._path.lstat()
            )
        except FileNotFoundError:
            return False

    def _let_go(self) -> None:
        if self._fifo is not None:
            os.close(self._fifo)
        self._fifo = None


def send(folder: Path, gesture: Gesture) -> None:
    """Do a gesture on the appliance whose pipe is in `folder`, without waiting for what comes of it.

    Raises ButtonError, which says what to do, when the settings or this user's rights don't allow it,
    or nobody listens.
    """
    with _opened(folder) as fifo:
        os.write(fifo, next(letter for letter, meant in LETTERS.items() if meant is gesture))


def check_may_send(folder: Path) -> None:
    """Raise ButtonError where `send` would; do nothing else."""
    with _opened(folder):
        pass


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    path = folder / FIFO
    try:
        fifo = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            if not stat.S_ISFIFO(os.fstat(fifo).st_mode):
                raise FileExistsError(errno.EEXIST, "something else has this name")
            yield fifo
        finally:
            os.close(fifo)
    except OSError as error:
        raise ButtonError(_advice(error, path)) from error


def _advice(error: OSError, path: Path) -> str:
    """What to do, in less than a terminal's 80 columns where a person reads it while watching."""
    if isinstance(error, FileNotFoundError):
        return "not allowed: set [panel] remote_button = true, restart leukoscope"
    if isinstance(error, PermissionError):
        return "not allowed: be root or in the group leukoscope, then log in again"
    if error.errno == errno.ENXIO:
        return "nobody listens: set [panel] remote_button = true, restart leukoscope"
    if isinstance(error, BlockingIOError):
        return "the appliance does not answer: look into its log"
    return f"{path}: {error.strerror}: check [panel] mirror"
