"""The OLED: SSD1306 or SH1106 on I2C, through luma.oled. If it is lost, the device goes on without it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from PIL import Image

from leukoscope.errors import DisplayError
from leukoscope.panel.canvas import SIZE

RETRY_S = 5.0
"""Time after which a lost OLED is tried again, and an unchanged picture is sent again."""

SHIFT_EVERY = 600
"""Number of calls of `show` after which the picture moves by a pixel, against burn-in: a minute of focus meter."""

_SHIFTS = ((0, 0), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))

_NOP = 0xE3
"""A command that does nothing on both controllers. It is sent to find out whether one answers."""

_log = logging.getLogger(__name__)


class Bus(Protocol):
    """The part of an I2C bus that the OLED needs; `smbus2.SMBus` has it."""

    def write_i2c_block_data(self, i2c_addr: int, register: int, data: list[int]) -> None:
        """Write at most 32 bytes.

        Raises:
            OSError: Nothing answers.
        """

    def close(self) -> None:
        """Close the bus."""


def open_smbus(port: int) -> Bus:
    """Open /dev/i2c-PORT.

    Raises:
        OSError: It does not exist, or this user may not use it.
    """
    from smbus2 import SMBus

    bus: Bus = SMBus(port)
    return bus


class OledDisplay:
    """A `Display` of 128x64 pixels on I2C.

    If the OLED does not answer, that is logged once and it is tried again every `RETRY_S`. When it is back, it gets
    the last picture.

    Attributes:
        problem: Why the OLED is lost, and what to do. Empty when it works, and before it was used.
    """

    def __init__(
        self,
        *,
        controller: str,
        port: int,
        address: int,
        clock: Callable[[], float],
        open_bus: Callable[[int], Bus] = open_smbus,
    ) -> None:
        """Prepare the OLED; the bus is opened by the first picture.

        Args:
            controller: "ssd1306" or "sh1106". It can't be read from the bus.
            port: Number of the bus, 1 on a Raspberry Pi.
            address: 0x3C, seldom 0x3D.
            clock: Monotonic seconds.
            open_bus: Opens the bus with that number.

        Raises:
            DisplayError: luma.oled is not installed.
        """
        try:
            from luma.core.error import Error
            from luma.core.interface.serial import i2c
            from luma.oled import device as chips
        except ImportError as error:
            raise DisplayError(
                f"the OLED needs luma.oled: pip install luma.oled ({error})"
            ) from error
        chip: Any = {"ssd1306": chips.ssd1306, "sh1106": chips.sh1106}[controller]
        # luma keeps every device object until the process ends. So there is one object, which is initialised again at
        # each connection.
        self._device: Any = chip.__new__(chip)
        self._i2c: Callable[..., Any] = i2c
        self._lost_by = (OSError, Error)
        self._port = port
        self._address = address
        self._clock = clock
        self._open_bus = open_bus
        self._bus: Bus | None = None
        self._picture = Image.new("1", SIZE)
        self._due = clock()
        self._shows = 0
        self.problem = ""

    def show(self, image: Image.Image) -> None:
        """Show a picture. It is moved by at most a pixel, against burn-in."""
        shift = _SHIFTS[self._shows // SHIFT_EVERY % len(_SHIFTS)]
        self._shows += 1
        picture = Image.new("1", SIZE)
        picture.paste(image, shift)
        self._send(picture)

    def blank(self) -> None:
        """Show nothing. An unlit pixel of an OLED neither shines nor ages."""
        self._send(Image.new("1", SIZE))

    def close(self, keep: bool) -> None:
        """Close the bus.

        Args:
            keep: Leave the last picture on the OLED, as long as it has power.
        """
        if not keep:
            self.blank()
        self._disconnect()

    def _send(self, picture: Image.Image) -> None:
        changed = picture.tobytes() != self._picture.tobytes()
        self._picture = picture
        now = self._clock()
        if now < self._due and (self._bus is None or not changed):
            return
        self._due = now + RETRY_S
        try:
            if self._bus is None:
                self._connect()
            self._device.display(picture)
        except self._lost_by as error:
            self._disconnect()
            if not self.problem:
                self.problem = self._advice(error)
                _log.warning("%s", self.problem)
            return
        if self.problem:
            self.problem = ""
            _log.info("OLED at I2C address 0x%02X on bus %d is back", self._address, self._port)

    def _connect(self) -> None:
        self._bus = self._open_bus(self._port)
        serial = self._i2c(bus=self._bus, address=self._address)
        serial.command(_NOP)
        self._device.__init__(serial)
        # Otherwise luma would blank the panel when the process ends. The last screen must stay.
        self._device.persist = True

    def _disconnect(self) -> None:
        if self._bus is not None:
            self._bus.close()
        self._bus = None

    def _advice(self, error: Exception) -> str:
        if isinstance(error, FileNotFoundError):
            return f"no I2C bus {self._port}: turn I2C on (sudo raspi-config nonint do_i2c 0)"
        if isinstance(error, PermissionError):
            return f"I2C bus {self._port} is closed to this user: add the user to the group i2c"
        return (
            f"no OLED at I2C address 0x{self._address:02X} on bus {self._port}: "
            f"check its four wires and [panel] address ({error})"
        )
