"""A display that keeps its pictures in memory, for commands that show no panel and for tests."""

from __future__ import annotations

from collections import deque

from PIL import Image

from leukoscope.panel.canvas import SIZE

HISTORY = 256
"""Number of pictures that are kept. The oldest are dropped first."""


class MemoryDisplay:
    """A `Display` in memory.

    Attributes:
        history: The pictures shown, oldest first. An unchanged picture is kept once.
        closed: Whether `close` was called.
    """

    def __init__(self) -> None:
        self.history: deque[Image.Image] = deque(maxlen=HISTORY)
        self.closed = False

    @property
    def image(self) -> Image.Image:
        """The picture shown now; a dark one before the first."""
        return self.history[-1] if self.history else Image.new("1", SIZE)

    def show(self, image: Image.Image) -> None:
        """Keep a copy of the picture, unless it is the one shown now."""
        if not self.history or image.tobytes() != self.history[-1].tobytes():
            self.history.append(image.copy())

    def blank(self) -> None:
        """Keep a dark picture."""
        self.show(Image.new("1", SIZE))

    def close(self, keep: bool) -> None:
        """Close the display.

        Args:
            keep: Leave the last picture. Otherwise a dark one follows.
        """
        if not keep:
            self.blank()
        self.closed = True
