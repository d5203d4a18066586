"""Logging, one line for each event: to the systemd journal, slide and field as fields of the entry; else to a stream.

The journal's own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL) is spoken here: python3-systemd would have to be
compiled where it does not come from apt.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

JOURNAL_SOCKET = Path("/run/systemd/journal/socket")
IDENTIFIER = "leukoscope"

_PRIORITIES = (
    (logging.CRITICAL, 2),
    (logging.ERROR, 3),
    (logging.WARNING, 4),
    (logging.INFO, 6),
)
"""Least level of a record, and its priority in syslog(3); below all of them it is 7, debug."""


def set_up_logging(stream: TextIO, level: int) -> None:
    """Log from `level` up: to the journal if `stream` leads there, else to `stream`."""
    lines = logging.StreamHandler(stream)
    lines.setFormatter(_Line("%(levelname)s %(message)s"))
    handler = JournalHandler(JOURNAL_SOCKET, lines) if leads_to_journal(stream) else lines
    logging.basicConfig(level=level, handlers=[handler])


def leads_to_journal(stream: TextIO) -> bool:
    """Whether systemd connected `stream` to the journal: $JOURNAL_STREAM names its device and inode."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # a stream that is no file
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


class JournalHandler(logging.Handler):
    """Sends each record to the journal as one entry, or to another handler if the journal can't take it.

    While the journal is busy, records are lost and counted: standard error leads to the journal as well, and writing
    there would block. An entry with their number comes before the next one.
    """

    def __init__(self, path: Path, instead: logging.Handler) -> None:
        """path: of the journal's socket; instead: is given what the journal does not take."""
        super().__init__()
        self._path, self._instead, self._lost = str(path), instead, 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        # A journal that is busy or restarting must not delay a verdict.
        self._socket.setblocking(False)
        self.setFormatter(_Line("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record. Nothing is raised."""
        try:
            if self._lost:
                self._send(
                    logging.WARNING, f"{self._lost} log entries lost: the journal was busy", {}
                )
                self._lost = 0
            fields = {"LOGGER": record.name}
            for name in ("slide", "field"):
                value = getattr(record, name, None)
                if value:
                    fields[name.upper()] = str(value)
            self._send(record.levelno, self.format(record), fields)
        except BlockingIOError:
            self._lost += 1
        except OSError:
            self._instead.handle(record)
        except Exception:  # a record that can't be formatted: logging's own way
            self.handleError(record)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        super().close()

    def _send(self, level: int, message: str, fields: Mapping[str, str]) -> None:
        """Send one entry. Raises OSError; BlockingIOError when the journal is busy."""
        priority = next((value for least, value in _PRIORITIES if level >= least), 7)
        entry = {
            "MESSAGE": message,
            "PRIORITY": str(priority),
            "SYSLOG_IDENTIFIER": IDENTIFIER,
            **fields,
        }
        self._socket.sendto(encoded(entry), self._path)


def encoded(fields: Mapping[str, str]) -> bytes:
    """The datagram of one journal entry; names: upper-case letters and underscores."""
    parts = []
    for name, text in fields.items():
        value = text.encode(errors="backslashreplace")
        if b"\n" in value:
            parts.append(name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n")
        else:
            parts.append(name.encode() + b"=" + value + b"\n")
    return b"".join(parts)


class _Line(logging.Formatter):
    """The slide, when there is one, before the message."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        slide = getattr(record, "slide", "")
        if slide:
            record.message = f"{slide} {record.message}"
        return super().formatMessage(record)
