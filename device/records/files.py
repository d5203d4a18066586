"""Files that are there whole or not at all, whenever the power goes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from device.errors import DiskFullError, StoreError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def store_error(action: str, path: Path, error: OSError) -> StoreError:
    """Return the error to raise when `action` ("write the picture") failed on `path`."""
    if error.errno in _NO_ROOM:
        return DiskFullError(
            f"{path}: no room to {action}: export the records, then free space on the disk"
        )
    return StoreError(f"{path}: can't {action}: {error.strerror or error}: check the disk")


def free_bytes(folder: Path) -> int:
    """Return the bytes that this process may still write on the disk that holds `folder`."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def write_durably(path: Path, data: bytes, temporary: Path) -> None:
    """Put `data` at `path`, by way of the file `temporary` on the same disk.

    When this returns the file has reached the disk, name and all; when it raises OSError neither
    file is there (an older file at `path` is).
    """
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make the names in `folder` reach the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
