"""What the disk says: room left, and errors in words."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from leukoscope.errors import DiskFullError, StoreError

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
