"""The panel in a terminal: each changed screen as block characters, readable over SSH."""

from __future__ import annotations

import contextlib
import shutil
from typing import TextIO

from PIL import Image

from device.panel.canvas import SIZE

_HALVES = " ▄▀█"
"""By the upper pixel (2) and the lower one (1) of a character."""

_QUARTERS = " ▗▖▄▝▐▞▟▘▚▌▙▀▜▛█"
"""By upper left (8), upper right (4), lower left (2), lower right (1)."""


def to_text(image: Image.Image, columns: int = SIZE[0]) -> str:
    """A mode '1' picture as lines of block characters, two rows of pixels a line.

    Where `columns` has room for a character a pixel (128x64: 32 lines of 128), the picture keeps its
    shape; in a narrower terminal a character is two pixels wide, and the picture half as wide.
    """
    pixels = [1 if value else 0 for value in image.convert("L").tobytes()]
    width = image.width
    rows = [pixels[start : start + width] for start in range(0, len(pixels), width)]
    pairs = zip(rows[::2], rows[1::2], strict=True)
    if columns >= width:
        return "\n".join(
            "".join(_HALVES[2 * up + down] for up, down in zip(upper, lower, strict=True))
            for upper, lower in pairs
        )
    return "\n".join(
        "".join(
            _QUARTERS[8 * upper[x] + 4 * upper[x + 1] + 2 * lower[x] + lower[x + 1]]
            for x in range(0, width - 1, 2)
        )
        for upper, lower in pairs
    )


class TerminalDisplay:
    """A `Display` that writes each changed picture to a text stream, under a rule as wide as it.

    in_place: write each picture over the one before, for a terminal that a person looks at.
    A terminal that went away (SSH ended) stops nothing.
    """

    def __init__(self, stream: TextIO, *, in_place: bool = False) -> None:
        self._stream, self._in_place = stream, in_place
        self._last: bytes | None = None

    def show(self, image: Image.Image) -> None:
        """Write the picture, unless it is the one written last."""
        pixels = image.tobytes()
        if pixels == self._last:
            return
        text = to_text(image, shutil.get_terminal_size((SIZE[0], 40)).columns)
        lines = text.count("\n") + 2
        # ECMA-48 CPL: that many lines up.
        back = f"\x1b[{lines}F" if self._in_place and self._last is not None else ""
        self._last = pixels
        with contextlib.suppress(OSError):
            self._stream.write(f"{back}{'─' * text.index(chr(10))}\n{text}\n")
            self._stream.flush()

    def blank(self) -> None:
        """Write a dark picture."""
        self.show(Image.new("1", SIZE))

    def close(self, keep: bool) -> None:
        """Leave the stream open: it is the caller's, and what is written stays."""
