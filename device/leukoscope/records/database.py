"""Opens the record database.

If there is none, it is made. An old one is migrated. A damaged one is renamed and a new one begun. One of a newer
version of the software is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leukoscope.errors import DiskFullError, StoreError
from leukoscope.records.schema import CREATE, MIGRATIONS, SCHEMA_VERSION, SELECT_FIELDS
from leukoscope.system.durable import fsync_folder

_BUSY_S = 5.0
_SUFFIXES = ("", "-wal", "-shm")

_DISK_OR_LOCK = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""SQLite's errors about the disk, the memory or a lock. Any other error is about the contents of the database."""

_SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""The second is raised when SQLite's message quotes a damaged database."""


class _DamagedError(Exception):
    """The file is not a record database, or is damaged."""


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Turn every SQLite error raised inside into a StoreError that names the database.

    Raises:
        StoreError: SQLite has failed. If the disk is full it is a DiskFullError.
    """
    try:
        yield
    except _SQLITE_ERRORS as error:
        if _code(error) == sqlite3.SQLITE_FULL:
            raise DiskFullError(
                f"{path}: disk full: export the records, then free space on the disk"
            ) from error
        raise StoreError(f"{path}: {error}: check the disk, then restart the device") from error


def open_for_writing(path: Path) -> tuple[sqlite3.Connection, str]:
    """Open the database, or make it.

    A damaged one is renamed to 'records.damaged-<n>.sqlite', and a new one is begun.

    Returns:
        The connection, and a notice for a person; '' if there is nothing to say.

    Raises:
        StoreError: A newer version of the software made it, or it can't be opened.
    """
    with translate_errors(path):
        try:
            return _open_checked(path), ""
        except _DamagedError as damage:
            aside = _move_aside(path)
            return _open_checked(path), (
                f"Records were damaged ({damage}): kept as {aside.name}, new records begun."
            )


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the database for reading only. If there is none, it reads as empty. An older one is read as it is.

    Raises:
        StoreError: It is damaged, a newer version of the software made it, or this user may not read it.
    """
    try:
        path.stat()
    except FileNotFoundError:
        connection = _connect(":memory:")
        connection.executescript(CREATE)
        return connection
    except OSError as error:
        raise StoreError(
            f"{path}: can't read the records: {error.strerror}: try again with sudo"
        ) from error
    with translate_errors(path):
        try:
            return _open_as_it_is(path, "mode=ro")
        except sqlite3.OperationalError:
            if Path(f"{path}-wal").exists():
                raise
            # SQLite needs a journal even to read, and may not make one here. There is no journal, so
            # nobody is writing, and the file can be read without one.
            return _open_as_it_is(path, "immutable=1")


def _open_as_it_is(path: Path, mode: str) -> sqlite3.Connection:
    """Open for reading, without a migration.

    Raises:
        StoreError: The database is damaged, or a newer version of the software made it.
    """
    connection = _connect(f"{path.absolute().as_uri()}?{mode}")
    try:
        _check_contents(connection, path)
    except _DamagedError as damage:
        connection.close()
        raise StoreError(
            f"{path}: the records are damaged ({damage}): restart the device; it renames them and "
            "begins new ones"
        ) from damage
    except BaseException:
        connection.close()
        raise
    return connection


def _open_checked(path: Path) -> sqlite3.Connection:
    """Open for writing. Make the tables in an empty file, and migrate an old one.

    Raises:
        _DamagedError: The file is damaged.
        StoreError: The disk can't hold it, or a newer version of the software made it.
    """
    connection = _connect(f"{path.absolute().as_uri()}?mode=rwc")
    try:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if empty and version == 0:
                connection.executescript(CREATE)
                fsync_folder(path.parent)
        except _SQLITE_ERRORS as error:
            raise _damage_or(error) from error
        if mode != "wal":
            raise StoreError(
                f"{path}: this disk can't hold a database in WAL mode: use a local one"
            )
        _check_contents(connection, path)
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring a database of an older version to this version, one version at a time."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for older in range(max(version, 1), SCHEMA_VERSION):
        connection.executescript(MIGRATIONS[older])


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, timeout=_BUSY_S, isolation_level=None, uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def _check_contents(connection: sqlite3.Connection, path: Path) -> None:
    """Check that this is an undamaged record database.

    Raises:
        _DamagedError: It is not.
        StoreError: A newer version of the software made it.
    """
    try:
        problems = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
        if problems != ["ok"]:
            raise _DamagedError(str(problems[0]).strip().splitlines()[-1])
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{path}: these records were made by a newer version of Leukoscope (format "
                f"{version}, this one knows {SCHEMA_VERSION}): install that version again"
            )
        connection.execute("SELECT number, verdict, ended_by, notice FROM slides LIMIT 0")
        connection.execute(SELECT_FIELDS, (0,))
    except _SQLITE_ERRORS as error:
        raise _damage_or(error) from error


def _damage_or(error: Exception) -> Exception:
    return error if _code(error) in _DISK_OR_LOCK else _DamagedError(str(error))


def _code(error: Exception) -> int | None:
    """Return SQLite's primary result code, or None if it is an error of Python."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _move_aside(path: Path) -> Path:
    """Rename the database and its -wal and -shm files. Return the new path of the database."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    for suffix in _SUFFIXES:
        source = Path(f"{path}{suffix}")
        if source.exists():
            source.replace(f"{aside}{suffix}")
    fsync_folder(path.parent)
    return aside
