"""The display that keeps its pictures."""

from __future__ import annotations

from leukoscope.panel.canvas import SIZE
from leukoscope.panel.memory_display import MemoryDisplay
from PIL import Image


def test_ok__memory_display() -> None:
    display = MemoryDisplay()
    assert display.image.getbbox() is None
    white = Image.new("1", SIZE, 1)
    display.show(white)
    display.show(white)
    assert len(display.history) == 1
    display.close(keep=True)
    assert display.closed
    assert display.image.tobytes() == white.tobytes()
    display.close(keep=False)
    assert display.image.getbbox() is None
