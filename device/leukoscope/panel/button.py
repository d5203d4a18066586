"""The one button, with presses and holds. A gesture is decided on release, so that a hold is never also a press."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from leukoscope.errors import ButtonError

HOLD_S = 2.0
"""Shortest hold; it finishes the slide."""

LONG_HOLD_S = 6.0
"""Shortest long hold; it switches the device off."""


class Gesture(enum.Enum):
    """What a person did with the button."""

    PRESS = "press"
    HOLD = "hold"
    LONG_HOLD = "long hold"


@dataclass(frozen=True)
class Hold:
    """The button is down.

    Attributes:
        seconds: How long it has been down.
        gesture: The gesture if it is let go now.
        progress: How near the next longer gesture is, 0..1; 1 when there is no longer one.
    """

    seconds: float
    gesture: Gesture
    progress: float


class Button(Protocol):
    """A button that passes its gestures to a callable, from its own thread."""

    def held(self) -> Hold | None:
        """Return how the button is held now, for the panel's hint; None if it is up. Any thread may call this."""

    def close(self) -> None:
        """Close the button. No gesture comes after this."""


class GestureRelay:
    """Passes gestures to `to`, which may be changed while the button stays open.

    >>> relay = GestureRelay(print)
    >>> relay(Gesture.PRESS)
    Gesture.PRESS
    """

    def __init__(self, to: Callable[[Gesture], None]) -> None:
        self.to = to

    def __call__(self, gesture: Gesture) -> None:
        """Pass a gesture on."""
        self.to(gesture)


class PressTimer:
    """Decides on gestures from the times of press and release, in seconds of a monotonic clock.

    >>> timer = PressTimer()
    >>> timer.down(10.0)
    >>> timer.up(12.5)
    <Gesture.HOLD: 'hold'>
    """

    def __init__(self) -> None:
        self._down_at: float | None = None

    def down(self, t: float) -> None:
        """Take note that the button went down. If it was down already, the earlier time counts."""
        if self._down_at is None:
            self._down_at = t

    def up(self, t: float) -> Gesture | None:
        """Take note that the button came up.

        Returns:
            The gesture; None if the button was not seen going down (it was held since before the start).
        """
        held = self.progress(t)
        self._down_at = None
        return held.gesture if held else None

    def progress(self, t: float) -> Hold | None:
        """Return how the button is held at time t; None if it is up."""
        down_at = self._down_at
        if down_at is None:
            return None
        seconds = max(t - down_at, 0.0)
        if seconds < HOLD_S:
            return Hold(seconds, Gesture.PRESS, seconds / HOLD_S)
        if seconds < LONG_HOLD_S:
            return Hold(seconds, Gesture.HOLD, (seconds - HOLD_S) / (LONG_HOLD_S - HOLD_S))
        return Hold(seconds, Gesture.LONG_HOLD, 1.0)


class GpioButton:
    """A `Button` between a GPIO pin and ground, through gpiozero.

    GpioButton(17, bounce_time=0.03, on_gesture=queue.put, clock=time.monotonic)
    """

    def __init__(
        self,
        pin: int,
        *,
        bounce_time: float,
        on_gesture: Callable[[Gesture], None],
        clock: Callable[[], float],
    ) -> None:
        """Open the button.

        Args:
            pin: BCM number of the pin.
            bounce_time: How long the contacts may chatter, seconds.
            on_gesture: Called from gpiozero's thread. It should only put the gesture on a queue.
            clock: Monotonic seconds.

        Raises:
            ButtonError: The pin can't be used.
        """
        self._timer = PressTimer()
        self._on_gesture = on_gesture
        self._clock = clock
        try:
            import gpiozero

            self._button = gpiozero.Button(pin, pull_up=True, bounce_time=bounce_time)
        except ImportError as error:
            raise ButtonError(
                f"no button on GPIO{pin}: {error.name} is not installed: pip install {error.name}"
            ) from error
        # The error of lgpio is derived only from Exception, and lgpio is not installed on every machine.
        except Exception as error:
            raise ButtonError(
                f"no button on GPIO{pin}: {error}; check [button] pin, and that no other "
                "program uses that pin"
            ) from error
        self._button.when_pressed = self._pressed
        self._button.when_released = self._released
        if (
            self._button.is_pressed
        ):  # held since before the start: gpiozero will not report this press
            self._pressed()

    def held(self) -> Hold | None:
        """Return how the button is held now; None if it is up."""
        return self._timer.progress(self._clock())

    def close(self) -> None:
        """Release the pin."""
        self._button.close()

    def _pressed(self) -> None:
        self._timer.down(self._clock())

    def _released(self) -> None:
        gesture = self._timer.up(self._clock())
        if gesture is not None:
            self._on_gesture(gesture)
