"""Logging: one line per event, to the systemd journal or to a stream.

In the journal, slide and field are fields of the entry. This module speaks the journal's own protocol
(systemd.io/JOURNAL_NATIVE_PROTOCOL), because python3-systemd must be compiled if it does not come from apt.
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
"""Lowest level of a record, and its priority in syslog(3). Any lower level has priority 7, debug."""


def set_up_logging(stream: TextIO, level: int) -> None:
    """Log `level` and above: to the journal if `stream` leads there, otherwise to `stream`."""
    lines = logging.StreamHandler(stream)
    lines.setFormatter(_Line("%(levelname)s %(message)s"))
    handler = JournalHandler(JOURNAL_SOCKET, lines) if leads_to_journal(stream) else lines
    logging.basicConfig(level=level, handlers=[handler])


def leads_to_journal(stream: TextIO) -> bool:
    """Return whether systemd connected `stream` to the journal: $JOURNAL_STREAM names its device and inode."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # a stream without a file
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


class JournalHandler(logging.Handler):
    """Sends each record to the journal as one entry. If the journal can't take it, another handler gets it.

    While the journal is busy, records are lost. Standard error also leads to the journal, so writing there would
    block. The lost records are counted, and an entry with their number comes before the next one.
    """

    def __init__(self, path: Path, instead: logging.Handler) -> None:
        """Open a socket to send by.

        Args:
            path: The journal's socket.
            instead: Gets the records that the journal can't take.
        """
        super().__init__()
        self._path, self._instead, self._lost = str(path), instead, 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        # A busy or restarting journal must not delay a verdict.
        self._socket.setblocking(False)
        self.setFormatter(_Line("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record. It raises no error."""
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
        except Exception:  # the record can't be formatted; logging reports that itself
            self.handleError(record)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        super().close()

    def _send(self, level: int, message: str, fields: Mapping[str, str]) -> None:
        """Send one entry.

        Raises:
            BlockingIOError: The journal is busy.
            OSError: The journal can't take the entry.
        """
        priority = next((value for least, value in _PRIORITIES if level >= least), 7)
        entry = {
            "MESSAGE": message,
            "PRIORITY": str(priority),
            "SYSLOG_IDENTIFIER": IDENTIFIER,
            **fields,
        }
        self._socket.sendto(encoded(entry), self._path)


def encoded(fields: Mapping[str, str]) -> bytes:
    """Return the datagram of one journal entry. Names have only upper-case letters and underscores."""
    parts = []
    for name, text in fields.items():
        value = text.encode(errors="backslashreplace")
        if b"\n" in value:
            parts.append(name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n")
        else:
            parts.append(name.encode() + b"=" + value + b"\n")
    return b"".join(parts)


class _Line(logging.Formatter):
    """Writes the slide, if there is one, before the message."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        slide = getattr(record, "slide", "")
        if slide:
            record.message = f"{slide} {record.message}"
        return super().formatMessage(record)
