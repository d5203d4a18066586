"""The panel's picture in a file, for another process: the newest whole one, or none.

The file is a PBM picture. The process that shows the panel keeps it locked, and the kernel takes the
lock off however that process ends: a picture without a lock is an old one.
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
"""Time after which a mirror that was lost is tried again, and one without a change is checked."""

_HEADER = b"P4\n%d %d\n" % SIZE
_LENGTH = len(_HEADER) + SIZE[0] * SIZE[1] // 8
_INK = "1;I"
"""PBM's way of writing pixels, in which a dark one is 1."""

_log = logging.getLogger(__name__)


class MirroredDisplay:
    """A `Display` that shows on another one, and keeps each changed picture as a file in `folder`.

    folder: made when it is absent; any user of this computer may read the file. clock: monotonic seconds.
    A folder that can't be made, or is lost, stops nothing: it is logged once and tried again every `RETRY_S`.
    """

    def __init__(self, display: Display, folder: Path, clock: Callable[[], float]) -> None:
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
        """Go dark on both."""
        self._display.blank()
        self._mirror(Image.new("1", SIZE))

    def close(self, keep: bool) -> None:
        """Close both. keep: the file stays, unlocked, so that it does not pass for a live picture."""
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
        """Lock the new picture before it has its name, and unlock the old one after."""
        # systemd has made it for the service; a run that was started by hand makes its own.
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
        """Whether the file at the path is the one written last."""
        return self._file is not None and _is_same(self._file, self._path)

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


@dataclass(frozen=True)
class MirroredScreen:
    """What the mirror held. live: whether the panel shows it now; if not, it is the last one."""

    picture: Image.Image
    live: bool


def read_mirror(folder: Path) -> MirroredScreen | None:
    """The newest picture of the panel, 128x64 mode '1'; None when there is none in `folder`.

    Raises DisplayError when it can't be read, or is none.
    """
    path = folder / PICTURE
    try:
        while True:
            with path.open("rb", buffering=0) as file:
                data = file.read(_LENGTH + 1)
                live = _is_locked(file)
                # Without a lock, it is an old one, or one that was replaced just after it was opened.
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
    """Whether the open file is still the one that has this path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
