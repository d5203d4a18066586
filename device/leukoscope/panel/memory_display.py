"""A display that keeps its pictures: for a command that shows no panel, and for tests."""

from __future__ import annotations

from collections import deque

from PIL import Image

from leukoscope.panel.canvas import SIZE

HISTORY = 256
"""Pictures kept; the oldest go first."""


class MemoryDisplay:
    """A `Display` in memory.

    Attributes:
        history: the pictures shown, oldest first; an unchanged picture is kept once.
        closed: whether `close` was called.
    """

    def __init__(self) -> None:
        self.history: deque[Image.Image] = deque(maxlen=HISTORY)
        self.closed = False

    @property
    def image(self) -> Image.Image:
        """The picture shown now; dark before the first."""
        return self.history[-1] if self.history else Image.new("1", SIZE)

    def show(self, image: Image.Image) -> None:
        """Keep a copy of the picture, unless it is the one shown now."""
        if not self.history or image.tobytes() != self.history[-1].tobytes():
            self.history.append(image.copy())

    def blank(self) -> None:
        """Keep a dark picture."""
        self.show(Image.new("1", SIZE))

    def close(self, keep: bool) -> None:
        """Close the display. keep: leave the last picture; otherwise a dark one follows."""
        if not keep:
            self.blank()
        self.closed = True
