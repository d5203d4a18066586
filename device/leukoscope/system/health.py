"""Undervoltage and throttling of the computer, for the warning on the panel."""

from __future__ import annotations

import subprocess

UNDER_VOLTAGE_NOW, THROTTLED_NOW, SOFT_TEMPERATURE_LIMIT_NOW = 0x1, 0x4, 0x8
"""Bits of `vcgencmd get_throttled` (Raspberry Pi documentation, vcgencmd)."""


def warning() -> str:
    """Return what is wrong with power or temperature now, in at most 18 characters; '' if nothing is.

    It is also '' on a computer that is not a Raspberry Pi: that has no vcgencmd.
    """
    return throttling_warning(ask_firmware())


def ask_firmware() -> str:
    """Return the firmware's answer, such as 'throttled=0x50005'; '' if it gives none."""
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
    """Return the warning in an answer such as 'throttled=0x50005'; '' if there is none, or it can't be read."""
    try:
        bits = int(answer.strip().removeprefix("throttled="), 16)
    except ValueError:
        return ""
    if bits & UNDER_VOLTAGE_NOW:
        return "LOW VOLTAGE"
    if bits & (THROTTLED_NOW | SOFT_TEMPERATURE_LIMIT_NOW):
        return "TOO HOT"
    return ""
