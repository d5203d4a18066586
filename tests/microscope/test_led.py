"""The LED on gpiozero's mock pins."""

from __future__ import annotations

import sys

import pytest
from gpiozero.pins.mock import MockFactory
from leukoscope.errors import CameraError, LightError
from leukoscope.microscope.led import GpioLed
from leukoscope.microscope.microscope import Microscope

PIN = 22


def test_ok__dark_until_switched_on(factory: MockFactory) -> None:
    led = GpioLed(PIN)
    pin = factory.pin(PIN)
    assert (pin.function, pin.state) == ("output", False)
    led.on()
    assert pin.state
    led.on()
    assert pin.state
    led.off()
    assert not pin.state
    led.close()


def test_ok__steady_light(factory: MockFactory) -> None:
    """No PWM: one write a switch."""
    led = GpioLed(PIN)
    pin = factory.pin(PIN)
    pin.clear_states()
    led.on()
    led.off()
    pin.assert_states([False, True, False])
    assert pin.frequency is None
    led.close()


def test_ok__close_switches_off_and_gives_the_pin_back(factory: MockFactory) -> None:
    led = GpioLed(PIN)
    pin = factory.pin(PIN)
    pin.clear_states()
    led.on()
    led.close()
    assert [state.state for state in pin.states][:3] == [False, True, False]
    led.close()  # again: nothing
    GpioLed(PIN).close()


def test_fail__pin_in_use(factory: MockFactory) -> None:
    led = GpioLed(PIN)
    with pytest.raises(LightError, match=r"no light on GPIO22: .*\[light\] pin"):
        GpioLed(PIN)
    led.close()


def test_fail__no_such_pin(factory: MockFactory) -> None:
    with pytest.raises(LightError, match="no light on GPIO99"):
        GpioLed(99)


def test_fail__gpiozero_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(LightError, match=r"no light on GPIO22: .*gpiozero"):
        GpioLed(PIN)


def test_fail__line_can_not_be_written(
    factory: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As lgpio fails: with an error whose only root is Exception. The pin is given back all the same."""
    led = GpioLed(PIN)

    def fail(pin: object, value: object) -> None:
        raise Exception("bad handle")

    with monkeypatch.context() as patch:
        patch.setattr(type(factory.pin(PIN)), "_set_state", fail)
        for act in (led.on, led.off, led.close):
            with pytest.raises(LightError, match=r"GPIO22 can't be written: bad handle"):
                act()
    GpioLed(PIN).close()


class Part:
    def __init__(self, error: Exception | None) -> None:
        self.closed, self._error = False, error

    def close(self) -> None:
        self.closed = True
        if self._error is not None:
            raise self._error


@pytest.mark.parametrize("broken", ["light", "camera"])
def test_fail__microscope_closes_both_parts_whichever_fails(broken: str) -> None:
    light = Part(LightError("stuck") if broken == "light" else None)
    camera = Part(CameraError("stuck") if broken == "camera" else None)
    with pytest.raises((LightError, CameraError), match="stuck"):
        Microscope(light, camera, 1, None).close()
    assert light.closed
    assert camera.closed
