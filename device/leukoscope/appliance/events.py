"""The queue through which other threads send events to the daemon's thread."""

from __future__ import annotations

import logging
import queue

from leukoscope.appliance.workflow import Event
from leukoscope.panel.button import Gesture

GESTURES = {
    Gesture.PRESS: Event.PRESS,
    Gesture.HOLD: Event.HOLD,
    Gesture.LONG_HOLD: Event.LONG_HOLD,
}

_log = logging.getLogger(__name__)


class EventQueue:
    """Events in the order in which they came. Any thread may post them. Only the daemon's thread takes them."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def __bool__(self) -> bool:
        """Whether an event waits."""
        return not self._queue.empty()

    def post(self, event: Event) -> None:
        """Put an event at the end. Any thread may call this."""
        self._queue.put(event)

    def take(self, wait_s: float) -> Event | None:
        """Take the oldest event. Return None if none comes within `wait_s` seconds, which may be 0."""
        try:
            return self._queue.get(timeout=wait_s) if wait_s else self._queue.get_nowait()
        except queue.Empty:
            return None

    def drop_gestures(self, slide_name: str) -> None:
        """Drop the presses and holds that were made while the instrument was busy. A stop or a power-off stays.

        Args:
            slide_name: The open slide, for the log.
        """
        kept = []
        while self:
            event = self._queue.get_nowait()
            if event in (Event.PRESS, Event.HOLD):
                _log.info(
                    "%s ignored: the instrument was busy", event.value, extra={"slide": slide_name}
                )
            else:
                kept.append(event)
        for event in kept:
            self._queue.put(event)
