"""Helpers for files that are kept: numbered names, free space on the disk, and error messages."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from leukoscope.errors import DiskFullError, StoreError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def store_error(action: str, path: Path, error: OSError) -> StoreError:
    """Return the error to raise when an action has failed.

    Args:
        action: What failed, such as "write the picture".
        path: The file or folder.
        error: The cause.
    """
    if error.errno in _NO_ROOM:
        return DiskFullError(
            f"{path}: no room to {action}: export the records, then free space on the disk"
        )
    return StoreError(
        f"{path}: can't {action}: {error.strerror or error}: check the disk and its permissions"
    )


def numbered_entries(folder: Path, name: re.Pattern[str]) -> list[tuple[int, os.DirEntry[str]]]:
    """Return the entries of `folder` with a number in their name, in any order. An absent folder has none.

    Args:
        folder: Where to look.
        name: Matches the whole name of such an entry; its first group is the number.

    Raises:
        OSError: The folder can't be read.
    """
    try:
        with os.scandir(folder) as entries:
            found = [(name.fullmatch(entry.name), entry) for entry in entries]
    except FileNotFoundError:
        return []
    return [(int(match[1]), entry) for match, entry in found if match]


def free_bytes(folder: Path) -> int:
    """Return how many bytes this process may still write on the disk of `folder`."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize
