"""Slide numbers: 42 in the program, 'S0042' where a person sees it."""

from __future__ import annotations

import re

SLIDE_NAME = re.compile(r"S(?!0000)([0-9]{4,9})")
"""A slide number as the device writes it in names of files and folders."""

_WRITTEN = re.compile(r"[Ss]?0*([1-9][0-9]{0,8})")


def format_slide_number(number: int) -> str:
    """Return a slide number as a person reads it: 42 -> 'S0042', 12345 -> 'S12345'.

    Raises:
        ValueError: The number is below 1. Slides are counted from S0001.
    """
    if number < 1:
        raise ValueError(f"slide numbers begin at 1, not {number}")
    return f"S{number:04d}"


def parse_slide_number(text: str) -> int:
    """Return the number in 'S0042', 's42' or '42'.

    Raises:
        ValueError: The text is no slide number. The message says how to write one.
    """
    match = _WRITTEN.fullmatch(text.strip())
    if match is None or not text.isascii():
        raise ValueError(
            f"{text!r} is not a slide number: write it as the panel shows it, e.g. S0042"
        )
    return int(match.group(1))
