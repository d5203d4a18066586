"""Logging: one line an event on standard error, where systemd puts it in the journal."""

from __future__ import annotations

import logging
from typing import TextIO


class _Line(logging.Formatter):
    """Level, slide when there is one, and the message, on one line."""

    def format(self, record: logging.LogRecord) -> str:
        slide = getattr(record, "slide", "")
        record.msg = f"{slide} {record.msg}" if slide else record.msg
        return super().format(record)


def set_up_logging(stream: TextIO, level: int) -> None:
    """Log to `stream` from `level` up."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Line("%(levelname)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
