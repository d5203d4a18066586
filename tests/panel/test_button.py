"""Presses and holds: the pure timing, and gpiozero with its mock pins."""

from __future__ import annotations

import sys

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.errors import ButtonError
from leukoscope.panel.button import HOLD_S, LONG_HOLD_S, Gesture, GpioButton, Hold, PressTimer

PIN = 17
SECONDS = st.floats(0, 1e6, allow_nan=False)


def expected(held: float) -> Gesture:
    if held < HOLD_S:
        return Gesture.PRESS
    return Gesture.HOLD if held < LONG_HOLD_S else Gesture.LONG_HOLD


@pytest.mark.parametrize(
    ("held", "gesture"),
    [
        (0.0, Gesture.PRESS),
        (1.99, Gesture.PRESS),
        (2.0, Gesture.HOLD),
        (5.99, Gesture.HOLD),
        (6.0, Gesture.LONG_HOLD),
        (3600.0, Gesture.LONG_HOLD),
    ],
)
def test_ok__gesture_by_time_held(held: float, gesture: Gesture) -> None:
    timer = PressTimer()
    timer.down(0.0)
    assert timer.up(held) is gesture
    assert timer.up(held + 1) is None


@given(st.lists(st.tuples(st.sampled_from(["down", "up"]), SECONDS)))
def test_ok__one_gesture_for_each_completed_press(edges: list[tuple[str, float]]) -> None:
    """Any edges, in any order, doubled or missed: a gesture for each down that an up follows."""
    timer = PressTimer()
    down_at: float | None = None
    now = 0.0
    for edge, wait in edges:
        now += wait
        if edge == "down":
            timer.down(now)
            down_at = now if down_at is None else down_at
        else:
            gesture = timer.up(now)
            assert gesture is (None if down_at is None else expected(now - down_at))
            down_at = None
        assert (timer.progress(now) is None) == (down_at is None)


@given(SECONDS, SECONDS)
def test_ok__progress_foretells_the_gesture(start: float, wait: float) -> None:
    timer = PressTimer()
    timer.down(start)
    held = timer.progress(start + wait)
    assert held is not None
    assert 0.0 <= held.progress <= 1.0
    assert timer.up(start + wait) is held.gesture


def test_ok__progress_runs_to_the_next_gesture() -> None:
    timer = PressTimer()
    assert timer.progress(0.0) is None
    timer.down(10.0)
    assert timer.progress(11.0) == Hold(1.0, Gesture.PRESS, 0.5)
    assert timer.progress(13.0) == Hold(3.0, Gesture.HOLD, 0.25)
    assert timer.progress(20.0) == Hold(10.0, Gesture.LONG_HOLD, 1.0)
    timer.up(20.0)
    assert timer.progress(20.0) is None


class ButtonClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_ok__gpio_button(factory: MockFactory) -> None:
    clock, gestures = ButtonClock(), []
    button = GpioButton(PIN, bounce_time=0.03, on_gesture=gestures.append, clock=clock)
    pin = factory.pin(PIN)
    assert pin.pull == "up"
    assert pin.bounce == 0.03
    for seconds in (0.1, 3.0, 7.0):
        assert button.held() is None
        pin.drive_low()
        clock.now += seconds
        held = button.held()
        assert held is not None
        assert held.seconds == pytest.approx(seconds)
        pin.drive_high()
    assert gestures == [Gesture.PRESS, Gesture.HOLD, Gesture.LONG_HOLD]
    button.close()
    assert pin.when_changed is None


def test_fail__pin_in_use(factory: MockFactory) -> None:
    first = GpioButton(PIN, bounce_time=0.03, on_gesture=print, clock=ButtonClock())
    with pytest.raises(ButtonError, match=r"no button on GPIO17: .*\[button\] pin"):
        GpioButton(PIN, bounce_time=0.03, on_gesture=print, clock=ButtonClock())
    first.close()


def test_fail__no_such_pin(factory: MockFactory) -> None:
    with pytest.raises(ButtonError, match="no button on GPIO99"):
        GpioButton(99, bounce_time=0.03, on_gesture=print, clock=ButtonClock())


def test_fail__gpiozero_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(ButtonError, match=r"no button on GPIO17: .*gpiozero"):
        GpioButton(PIN, bounce_time=0.03, on_gesture=print, clock=ButtonClock())
