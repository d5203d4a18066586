"""Files that are on the disk whole or not at all, whenever the power goes."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_durably(
    path: Path,
    data: bytes,
    *,
    by_way_of: Path | None = None,
    mode: int | None = None,
    owner: tuple[int, int] | None = None,
) -> None:
    """Write `data` to `path`, whole or not at all.

    The bytes go to a temporary file of a new name, which then takes the name of `path`. After a power
    cut the temporary file, `.XXXX.part`, may be left over. Nothing reads it.

    Args:
        path: Replaced if it exists.
        data: The whole content.
        by_way_of: Folder of the temporary file, on the same disk; by default that of `path`.
        mode: Permission bits of the file; by default as the umask has them.
        owner: User and group of the file; by default those of this process.

    Raises:
        OSError: Nothing was written: an older file at `path` is as it was.
    """
    temporary = (by_way_of or path.parent) / f".{secrets.token_hex(8)}.part"
    try:
        with temporary.open("xb") as file:
            # Before the file has its name: another process may open it at any moment.
            if owner is not None:
                os.fchown(file.fileno(), *owner)
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make the names in `folder` reach the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hand_over(path: Path, folder: Path) -> None:
    """Give `path` to the owner of `folder` if root made it: the appliance must be able to write there.

    Raises OSError.
    """
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
