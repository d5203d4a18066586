"""The button for other processes: a named pipe (FIFO) that takes one letter for each gesture.

    echo p > /run/leukoscope/button

'p' is a press, 'h' a hold, 'l' a long hold. All other bytes are ignored. The file's mode decides who may write: root,
the owner and its group.
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
"""Time between checks of the pipe. If it was removed or replaced, it is made again."""

REST_S, AT_ONCE = 0.1, 8
"""Pause after each read in seconds, and most bytes of one read, so that a flood of bytes does no harm."""

_log = logging.getLogger(__name__)


class RemoteButton:
    """A `Button` whose gestures come from a pipe in `folder`, beside another button that still works.

    If the pipe can't be made, that is logged once and tried again every `RETRY_S`. The other button goes on.
    """

    def __init__(self, button: Button, folder: Path, on_gesture: Callable[[Gesture], None]) -> None:
        """Listen to the pipe.

        Args:
            button: The other button.
            folder: Folder of the pipe.
            on_gesture: Called with each gesture from the pipe, on this button's own thread.
        """
        self._button, self._on_gesture = button, on_gesture
        self._path = folder / FIFO
        self._fifo: int | None = None
        self._lost = self._puzzled = False
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="remote button", daemon=True)
        self._thread.start()

    def held(self) -> Hold | None:
        """Return how the other button is held. A letter in the pipe is a whole gesture and is never held."""
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
                    "%s: %r is not a gesture and is ignored, as are more of these: send p, h or l",
                    self._path,
                    letter,
                )

    def _look_after(self) -> None:
        """Make the pipe if it is not there."""
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
        """Make the folder and the pipe, and open the pipe. A pipe that an earlier run left is replaced."""
        self._path.parent.mkdir(parents=True, exist_ok=True)  # absent unless systemd made it
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISFIFO(self._path.lstat().st_mode):
                raise FileExistsError(errno.EEXIST, "something else has this name")
            self._path.unlink()
        os.mkfifo(self._path, 0o600)
        # Opened for writing too. Otherwise, once a writer has gone, every read would return end of file at once.
        fifo = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW)
        os.fchmod(fifo, 0o620)  # the service's umask would remove the group from mkfifo's mode
        return fifo

    def _is_ours(self) -> bool:
        """Return whether the pipe at the path is the one that is open."""
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
    """Send a gesture to the appliance whose pipe is in `folder`, without waiting for its effect.

    Raises:
        ButtonError: The settings or this user's rights don't allow it, or nobody listens. The message says what to do.
    """
    with _open_pipe(folder) as fifo:
        os.write(fifo, next(letter for letter, meant in LETTERS.items() if meant is gesture))


def check_may_send(folder: Path) -> None:
    """Check that `send` would work, without sending a gesture.

    Raises:
        ButtonError: As in `send`.
    """
    with _open_pipe(folder):
        pass


@contextlib.contextmanager
def _open_pipe(folder: Path) -> Iterator[int]:
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
    """Return what to do. It must fit into 80 columns, because `leukoscope watch` shows it below the panel."""
    if isinstance(error, FileNotFoundError):
        return "not allowed: set [panel] remote_button = true, restart leukoscope"
    if isinstance(error, PermissionError):
        return "not allowed: be root or in the group leukoscope, then log in again"
    if error.errno == errno.ENXIO:
        return "nobody listens: set [panel] remote_button = true, restart leukoscope"
    if isinstance(error, BlockingIOError):
        return "the appliance does not answer: look into its log"
    return f"{path}: {error.strerror}: check [panel] mirror"
