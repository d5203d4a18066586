"""Writing files so that a power cut leaves a whole file or none."""

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
        by_way_of: Folder of the temporary file, on the same disk. By default it is the folder of `path`.
        mode: Permission bits of the file. By default the umask decides.
        owner: User and group of the file. By default they are those of this process.

    Raises:
        OSError: Nothing was written. An older file at `path` is unchanged.
    """
    temporary = (by_way_of or path.parent) / f".{secrets.token_hex(8)}.part"
    try:
        with temporary.open("xb") as file:
            # Set these before the file gets its name: from then on another process may open it.
            if owner is not None:
                os.fchown(file.fileno(), *owner)
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:  # Ctrl-C, too, must leave nothing behind
        temporary.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Write the names in `folder` to the disk.

    Raises:
        OSError: They may not be on the disk.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hand_over(path: Path, folder: Path) -> None:
    """Give `path` to the owner of `folder` if this process is root: the appliance must be able to write there.

    Raises:
        OSError: The owner can't be changed.
    """
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
