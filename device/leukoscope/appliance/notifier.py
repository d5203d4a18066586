"""Tells systemd that the appliance has started, that its loop runs, and what its state is."""

from __future__ import annotations

import time
from collections.abc import Callable

from leukoscope.appliance.workflow import Situation, State
from leukoscope.errors import Fault

WATCHDOG_S = 5.0
"""The loop tells systemd at least twice in this time that it runs."""


class Notifier:
    """Sends systemd the messages of sd_notify(3)."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._last_alive = time.monotonic()

    def ready(self) -> None:
        """Tell that the start is over."""
        self._notify("READY=1")

    def alive(self) -> None:
        """Feed the watchdog: its time begins again."""
        self._last_alive = time.monotonic()
        self._notify("WATCHDOG=1")

    def keep_alive(self) -> None:
        """Feed the watchdog if half of its time is over. The loop may call this often."""
        if time.monotonic() - self._last_alive >= WATCHDOG_S / 2:
            self.alive()

    def state(self, situation: Situation, slide_name: str, fault: Fault) -> None:
        """Tell the state, for `systemctl status` and `leukoscope status`.

        Args:
            situation: The workflow's state, and the number of fields.
            slide_name: The open slide; "" if there is none.
            fault: Which fault it is, if the state is FAULT.
        """
        if situation.state is State.FAULT:
            self.fault(fault)
            return
        text, fields = situation.state.value, situation.fields
        if slide_name:
            text += f", {slide_name}, {fields} field{'' if fields == 1 else 's'}"
        self._notify(f"STATUS={text}")

    def fault(self, fault: Fault) -> None:
        """Tell a fault and its advice. The error's own message is left out, because every user can read the status."""
        self._notify(f"STATUS={State.FAULT.value} {fault.line}")

    def stopping(self) -> None:
        """Tell that the appliance is stopping."""
        self._notify("STOPPING=1")
