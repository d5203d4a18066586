"""What the kernel traced: the pictures that crossed the I2C bus to the OLED, and the changes of GPIO lines."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

PIPE = Path("/sys/kernel/tracing/trace_pipe")
WIDTH, PAGES = 128, 8

_STAMP = r"\s(?P<seconds>\d+\.\d+): "
_WRITE = re.compile(_STAMP + r"smbus_write: .* c=(?P<register>\w+) \S+ l=\d+ \[(?P<bytes>[\w-]+)\]")
_LINE = re.compile(_STAMP + r"gpio_value: (?P<line>\d+) set (?P<value>\d)")


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture on the OLED: seconds of the kernel's clock, 128x64."""

    seconds: float
    picture: Image.Image


class Wire:
    """Reads the kernel's trace on a thread of its own; `pictures` and `lines` grow."""

    def __init__(self) -> None:
        self.pictures: list[Shown] = []
        self.lines: list[tuple[float, int, int]] = []
        """Seconds, number of the line (the kernel's own count), its new value."""
        self._memory = bytearray()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with PIPE.open() as pipe:
            for text in pipe:
                self.take(text)

    def take(self, text: str) -> None:
        """One line of the trace."""
        if match := _LINE.search(text):
            self.lines.append((float(match["seconds"]), int(match["line"]), int(match["value"])))
        elif match := _WRITE.search(text):
            # An I2C block's first byte says how many follow.
            data = bytes.fromhex(match["bytes"].replace("-", ""))[1:]
            if int(match["register"], 16) == 0x40:
                self._memory += data
            elif data[:1] == b"\x21":  # from the first column on: a new picture
                self._memory.clear()
            if len(self._memory) == WIDTH * PAGES:
                self.pictures.append(Shown(float(match["seconds"]), picture_of(self._memory)))
                self._memory.clear()

    def await_picture(self, wanted: Callable[[Image.Image], bool], limit_s: float) -> Shown:
        """The newest picture as soon as it is wanted. Raises TimeoutError."""
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            if self.pictures and wanted(self.pictures[-1].picture):
                return self.pictures[-1]
            time.sleep(0.05)
        raise TimeoutError(f"no such picture in {limit_s} s")


def picture_of(memory: bytes) -> Image.Image:
    """An SSD1306's memory as a picture: a byte is eight pixels of a column, the lowest bit on top."""
    pages = np.frombuffer(bytes(memory), np.uint8).reshape(PAGES, 1, WIDTH)
    bits = (pages >> np.arange(8, dtype=np.uint8)[None, :, None]) & 1
    return Image.fromarray((bits.reshape(64, WIDTH) * 255).astype(np.uint8)).convert("1")
