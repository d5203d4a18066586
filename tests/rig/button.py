"""The button, pressed by its wire."""

from __future__ import annotations

import time
from pathlib import Path

BUTTON_LINE, LED_LINE = 27, 17


def sim_line(line: int, what: str) -> Path:
    """A file of gpio-sim's."""
    (path,) = Path("/sys/devices/platform").glob(f"gpio-sim.*/gpiochip*/sim_gpio{line}/{what}")
    return path


def pull(how: str) -> None:
    """'pull-down' closes the button, 'pull-up' opens it."""
    sim_line(BUTTON_LINE, "pull").write_text(how)


def press(seconds: float = 1.0) -> None:
    """Close it for so long: short of the 2 s of a hold, long enough for an emulated processor."""
    pull("pull-down")
    time.sleep(seconds)
    pull("pull-up")


def light() -> bool:
    """Whether the LED's line is high."""
    return sim_line(LED_LINE, "value").read_text().strip() == "1"
