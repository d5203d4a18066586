"""A panel that keeps its pictures, for tests and for a device without an OLED."""

from __future__ import annotations

from collections import deque

from PIL import Image

from leukoscope.panel.canvas import SIZE

HISTORY = 256
"""Pictures kept; the oldest go first."""


class MemoryDisplay:
    """A `Display` that remembers: `history` holds each changed picture, `closed` that it was let go of."""

    def __init__(self) -> None:
        self.history: deque[Image.Image] = deque(maxlen=HISTORY)
        self.closed = False

    @property
    def image(self) -> Image.Image:
        """The picture a person would see now; dark before the first."""
        return self.history[-1] if self.history else Image.new("1", SIZE)

    def show(self, image: Image.Image) -> None:
        """Keep the picture, unless it is the one shown already."""
        if not self.history or image.tobytes() != self.history[-1].tobytes():
            self.history.append(image.copy())

    def blank(self) -> None:
        """Keep a dark picture."""
        self.show(Image.new("1", SIZE))

    def close(self, keep: bool) -> None:
        """Let go; the last picture stays when `keep`, else a dark one follows."""
        if not keep:
            self.blank()
        self.closed = True
