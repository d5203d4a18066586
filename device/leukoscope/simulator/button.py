"""A button that is pressed by a program."""

from __future__ import annotations

import time
from collections.abc import Callable

from leukoscope.panel.button import Gesture, Hold, PressTimer


class SimulatedButton:
    """A `Button` that `press_for` presses and releases."""

    def __init__(self, on_gesture: Callable[[Gesture], None]) -> None:
        self._timer, self._on_gesture = PressTimer(), on_gesture

    def held(self) -> Hold | None:
        """Return how the button is held now; None if it is up."""
        return self._timer.progress(time.monotonic())

    def press_for(self, seconds: float) -> None:
        """Press the button, hold it for `seconds`, and release it."""
        self._timer.down(time.monotonic())
        time.sleep(seconds)
        gesture = self._timer.up(time.monotonic())
        if gesture is not None:
            self._on_gesture(gesture)

    def close(self) -> None:
        """Do nothing: there is no pin to release."""
