"""A button that a program presses."""

from __future__ import annotations

import time
from collections.abc import Callable

from leukoscope.panel.button import Gesture, Hold, PressTimer


class SimulatedButton:
    """A `Button` with a finger of its own: `press_for` holds it down and lets go."""

    def __init__(self, on_gesture: Callable[[Gesture], None]) -> None:
        self._timer, self._on_gesture = PressTimer(), on_gesture

    def held(self) -> Hold | None:
        """Return how the button is held now; None if it is up."""
        return self._timer.progress(time.monotonic())

    def press_for(self, seconds: float) -> None:
        """Hold the button down for so long, then let go."""
        self._timer.down(time.monotonic())
        time.sleep(seconds)
        gesture = self._timer.up(time.monotonic())
        if gesture is not None:
            self._on_gesture(gesture)

    def close(self) -> None:
        """Do nothing: there is no line to release."""
