"""The white LED on a GPIO line, through a MOSFET."""

from __future__ import annotations

from leukoscope.errors import LightError


class GpioLed:
    """A `Light`: steady current, no PWM, which a rolling shutter would turn into bands.

    pin: BCM number. Raises LightError when the line can't be opened.
    """

    def __init__(self, pin: int) -> None:
        self._pin = pin
        try:
            import gpiozero

            self._led = gpiozero.LED(pin, initial_value=False)
        except ImportError as error:
            raise LightError(
                f"no light on GPIO{pin}: {error.name} is not installed: pip install {error.name}"
            ) from error
        # lgpio's errors share no root but Exception, and lgpio is not importable everywhere.
        except Exception as error:
            raise LightError(
                f"no light on GPIO{pin}: {error}; check [light] pin, and that no other program "
                "uses that pin"
            ) from error

    def on(self) -> None:
        """Switch it on. Raises LightError."""
        self._write(True)

    def off(self) -> None:
        """Switch it off. Raises LightError."""
        self._write(False)

    def _write(self, lit: bool) -> None:
        try:
            self._led.value = lit
        except Exception as error:
            raise LightError(f"GPIO{self._pin} can't be written: {error}") from error

    def close(self) -> None:
        """Switch it off and release the line: gpiozero would leave the LED as it is when a process ends.

        Raises LightError.
        """
        if self._led.closed:
            return
        try:
            self.off()
        finally:
            self._led.close()
