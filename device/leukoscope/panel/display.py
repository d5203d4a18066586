"""The interface of a display."""

from __future__ import annotations

from typing import Protocol

from PIL import Image


class Display(Protocol):
    """Shows 128x64 pictures. Its methods never raise. A display that is lost logs that and comes back by itself."""

    def show(self, image: Image.Image) -> None:
        """Show a picture from `screen_drawing.draw`. Call it on every tick; an unchanged picture costs nothing."""

    def blank(self) -> None:
        """Show nothing until the next `show`."""

    def close(self, keep: bool) -> None:
        """Close the display.

        Args:
            keep: Leave the last picture on it. Otherwise it goes dark.
        """
