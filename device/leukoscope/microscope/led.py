"""The white LED. A GPIO line switches it through a MOSFET."""

from __future__ import annotations

from leukoscope.errors import LightError


class GpioLed:
    """A `Light` with a steady current. PWM would make bands in pictures of a rolling shutter.

    Args:
        pin: BCM number of the GPIO line.

    Raises:
        LightError: The line can't be opened.
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
        # lgpio's errors have no common root below Exception, and lgpio can't be imported everywhere.
        except Exception as error:
            raise LightError(
                f"no light on GPIO{pin}: {error}; check [light] pin, and that no other program "
                "uses that pin"
            ) from error

    def on(self) -> None:
        """Switch it on.

        Raises:
            LightError: The line can't be written.
        """
        self._write(True)

    def off(self) -> None:
        """Switch it off.

        Raises:
            LightError: The line can't be written.
        """
        self._write(False)

    def _write(self, lit: bool) -> None:
        try:
            self._led.value = lit
        except Exception as error:
            raise LightError(f"GPIO{self._pin} can't be written: {error}") from error

    def close(self) -> None:
        """Switch it off and release the line. Otherwise the LED could stay on after the process has ended.

        Raises:
            LightError: The line can't be written.
        """
        if self._led.closed:
            return
        try:
            self.off()
        finally:
            self._led.close()
