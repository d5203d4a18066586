"""Keeps the panel's newest picture in a file, where another process can read it.

The file is a PBM picture and is always whole. The process that shows the panel keeps it locked. The kernel removes
the lock when that process ends, for whatever reason. So a picture without a lock is an old one.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from PIL import Image

from leukoscope.errors import DisplayError
from leukoscope.panel.canvas import SIZE
from leukoscope.panel.display import Display

PICTURE = "panel"
"""The file's name in the folder of the mirror."""

RETRY_S = 5.0
"""Time after which a file that could not be written is tried again, and an unchanged file is checked."""

_HEADER = b"P4\n%d %d\n" % SIZE
_LENGTH = len(_HEADER) + SIZE[0] * SIZE[1] // 8
_INK = "1;I"
"""How PBM writes pixels: a dark one is 1."""

_log = logging.getLogger(__name__)


class MirroredDisplay:
    """A `Display` that shows its pictures on another display and also keeps the newest in a file in `folder`.

    If the folder can't be made or is lost, that is logged once and tried again every `RETRY_S`. The other display
    goes on.
    """

    def __init__(self, display: Display, folder: Path, clock: Callable[[], float]) -> None:
        """Mirror a display.

        Args:
            display: The display that is mirrored.
            folder: Folder of the file. It is made if it is absent. Any user of this computer may read the file.
            clock: Monotonic seconds.
        """
        self._display, self._clock = display, clock
        self._path, self._unfinished = folder / PICTURE, folder / f"{PICTURE}.new"
        self._file: FileIO | None = None
        self._picture = b""
        self._due = clock()
        self._lost = False

    def show(self, image: Image.Image) -> None:
        """Show a picture on both."""
        self._display.show(image)
        self._mirror(image)

    def blank(self) -> None:
        """Show nothing on both."""
        self._display.blank()
        self._mirror(Image.new("1", SIZE))

    def close(self, keep: bool) -> None:
        """Close both.

        Args:
            keep: Leave the file, but unlocked, so that it is not taken for a live picture.
        """
        self._display.close(keep)
        with contextlib.suppress(OSError):
            if not keep and self._is_ours():
                self._path.unlink()
        self._let_go()

    def _mirror(self, image: Image.Image) -> None:
        picture = _HEADER + image.tobytes("raw", _INK)
        changed = picture != self._picture
        self._picture = picture
        now = self._clock()
        if now < self._due and (self._file is None or not changed):
            return
        self._due = now + RETRY_S
        try:
            if changed or not self._is_ours():
                self._write()
        except OSError as error:
            self._let_go()
            if not self._lost:
                self._lost = True
                _log.warning(
                    "leukoscope watch can't show this panel: %s: %s; set [panel] mirror to a folder "
                    "that this user may write",
                    error.filename or self._path,
                    error.strerror or error,
                )
            return
        if self._lost:
            self._lost = False
            _log.info("the mirror of the panel is back: %s", self._path)

    def _write(self) -> None:
        """Lock the new picture before it gets its name, and unlock the old one after that."""
        # systemd makes the folder for the service. A run that was started by hand makes it here.
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._unfinished.open("wb", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if file.write(self._picture) != len(self._picture):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            # Whatever the service's umask: a picture of the panel names no patient.
            os.fchmod(file.fileno(), 0o644)
            self._unfinished.replace(self._path)
        except OSError:
            file.close()
            raise
        self._let_go()
        self._file = file

    def _is_ours(self) -> bool:
        """Return whether the file at the path is the one written last."""
        return self._file is not None and _is_same(self._file, self._path)

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


@dataclass(frozen=True)
class MirroredScreen:
    """The picture in the mirror.

    Attributes:
        picture: 128x64, mode '1'.
        live: Whether the panel shows it now. Otherwise it is the last picture of a panel that is closed.
    """

    picture: Image.Image
    live: bool


def read_mirror(folder: Path) -> MirroredScreen | None:
    """Read the newest picture of the panel from the mirror's folder; None when there is none.

    Raises:
        DisplayError: The file can't be read, or is not a picture of the panel.
    """
    path = folder / PICTURE
    try:
        while True:
            with path.open("rb", buffering=0) as file:
                data = file.read(_LENGTH + 1)
                live = _is_locked(file)
                # Without a lock it is an old picture, or it was replaced just after it was opened.
                if live or _is_same(file, path):
                    break
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DisplayError(
            f"{path}: can't read the panel's picture: {error.strerror}: check [panel] mirror"
        ) from error
    if len(data) != _LENGTH or not data.startswith(_HEADER):
        raise DisplayError(f"{path}: not a picture of the panel: check [panel] mirror")
    return MirroredScreen(Image.frombytes("1", SIZE, data[len(_HEADER) :], "raw", _INK), live)


def _is_locked(file: FileIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _is_same(file: FileIO, path: Path) -> bool:
    """Return whether the open file is still the one at this path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
