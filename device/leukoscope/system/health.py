"""The computer's own health: what the panel should warn of."""

from __future__ import annotations

import subprocess

UNDER_VOLTAGE_NOW, THROTTLED_NOW, SOFT_TEMPERATURE_LIMIT_NOW = 0x1, 0x4, 0x8
"""Bits of `vcgencmd get_throttled` (Raspberry Pi documentation, vcgencmd)."""


def warning() -> str:
    """Return what is wrong with power or temperature now, at most 18 characters, or ''.

    A computer without vcgencmd, which is no Raspberry Pi, gives '' too.
    """
    return throttling_warning(ask_firmware())


def ask_firmware() -> str:
    """The firmware's answer, such as 'throttled=0x50005'; '' where it gives none."""
    try:
        return subprocess.run(
            ["vcgencmd", "get_throttled"],  # noqa: S607  # found on the system's own path
            capture_output=True,
            text=True,
            timeout=1.0,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def throttling_warning(answer: str) -> str:
    """The warning in an answer such as 'throttled=0x50005'; '' when it is none or not readable."""
    try:
        bits = int(answer.strip().removeprefix("throttled="), 16)
    except ValueError:
        return ""
    if bits & UNDER_VOLTAGE_NOW:
        return "LOW VOLTAGE"
    if bits & (THROTTLED_NOW | SOFT_TEMPERATURE_LIMIT_NOW):
        return "TOO HOT"
    return ""
