"""Interface of a display."""

from __future__ import annotations

from typing import Protocol

from PIL import Image


class Display(Protocol):
    """Shows 128x64 pictures. It never raises: a display that is lost logs that and comes back by itself."""

    def show(self, image: Image.Image) -> None:
        """Show a picture from `drawing.draw`. Call it on every tick: an unchanged picture costs nothing."""

    def blank(self) -> None:
        """Go dark until the next `show`."""

    def close(self, keep: bool) -> None:
        """Close the display. keep: leave the last picture on it; otherwise it goes dark."""
