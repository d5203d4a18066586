"""What systemd is told of the appliance: that it has started, that its loop runs, and its state."""

from __future__ import annotations

import time
from collections.abc import Callable

from leukoscope.appliance.workflow import Situation, State
from leukoscope.errors import Fault

WATCHDOG_S = 5.0
"""systemd is told at least twice in this time that the loop runs."""


class Notifier:
    """Tells systemd, in the words of sd_notify(3)."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._last_alive = time.monotonic()

    def ready(self) -> None:
        """The start is over."""
        self._notify("READY=1")

    def alive(self) -> None:
        """The watchdog's time begins again."""
        self._last_alive = time.monotonic()
        self._notify("WATCHDOG=1")

    def keep_alive(self) -> None:
        """The same, but only when it is time: for a loop that comes by often."""
        if time.monotonic() - self._last_alive >= WATCHDOG_S / 2:
            self.alive()

    def state(self, situation: Situation, slide_name: str, fault: Fault) -> None:
        """The state, for `systemctl status` and `leukoscope status`; fault: of a state that is one."""
        if situation.state is State.FAULT:
            self.fault(fault)
            return
        text, fields = situation.state.value, situation.fields
        if slide_name:
            text += f", {slide_name}, {fields} field{'' if fields == 1 else 's'}"
        self._notify(f"STATUS={text}")

    def fault(self, fault: Fault) -> None:
        """A fault: its advice, not the error. Every user may read it, and an error can name a folder."""
        self._notify(f"STATUS={State.FAULT.value} {fault.line}")

    def stopping(self) -> None:
        """The end has begun."""
        self._notify("STOPPING=1")
