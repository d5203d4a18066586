"""Draws the parts of a screen: text, large letters, bars. Nothing is drawn outside the margin."""

from __future__ import annotations

from PIL import Image, ImageDraw

from leukoscope.panel.large_letters import draw_letters
from leukoscope.panel.small_font import GLYPHS, HEIGHT

SIZE = (128, 64)
"""Width and height of the OLED in pixels."""

LEFT, TOP, RIGHT, BOTTOM = 1, 1, 126, 62
"""The first and last column and row that may be lit. The OLED moves the picture by up to a pixel each way."""

WIDTH = RIGHT - LEFT + 1

BAR_PX = WIDTH - 4
"""Columns of a full bar. It is inside its frame, with a dark column on either side."""

_MARK = 70
"""First column of the mark in the top line."""


class PanelCanvas:
    """A dark 128x64 picture to draw on.

    Attributes:
        image: The picture so far, mode '1'.
    """

    def __init__(self) -> None:
        self.image = Image.new("1", SIZE)
        self._pen = ImageDraw.Draw(self.image)

    def header(self, text: str) -> None:
        """Draw small text in the top line, left of the mark."""
        self._paste(draw_small(text, _MARK - LEFT - 1), LEFT, TOP + 1)

    def mark(self, text: str) -> None:
        """Draw at most 9 capitals on a lit strip at the right of the top line."""
        self._strip(_MARK, TOP, text)

    def text(self, y: int, text: str, *, x: int = LEFT) -> None:
        """Draw small text from column x on. Text that does not fit is cut and ends in '…'."""
        self._paste(draw_small(text, RIGHT - x + 1), x, y)

    def text_right(self, y: int, text: str) -> None:
        """Draw small text that ends at the right margin."""
        picture = draw_small(text, WIDTH)
        self._paste(picture, RIGHT - picture.width + 1, y)

    def text_centred(self, y: int, text: str) -> None:
        """Draw small text in the middle of the line."""
        self._centre(draw_small(text, WIDTH), y)

    def large(self, y: int, text: str, height: int, *, x: int = LEFT) -> int:
        """Draw large letters from column x on.

        Returns:
            The first free column after them.
        """
        picture = draw_letters(text, RIGHT - x + 1, height)
        self._paste(picture, x, y)
        return x + picture.width

    def large_centred(self, y: int, text: str, height: int) -> None:
        """Draw large letters in the middle of the line."""
        self._centre(draw_letters(text, WIDTH, height), y)

    def strip(self, y: int, text: str) -> None:
        """Draw dark capitals in the middle of a lit strip over the whole width, 9 rows high."""
        self._strip(LEFT, y, text)

    def thin_bar(self, y: int, share: float) -> None:
        """Draw a bar without a frame, 2 rows high, over `share` 0..1 of the width."""
        end = LEFT + round(min(max(share, 0.0), 1.0) * (WIDTH - 1))
        self._pen.rectangle((LEFT, y, end, y + 1), fill=1)

    def bar(self, y: int, height: int, share: float, peak: float = 0.0) -> None:
        """Draw a framed bar over the whole width, filled to `share` 0..1. A `peak` above that is marked."""
        self._pen.rectangle((LEFT, y, RIGHT, y + height - 1), outline=1)
        top, bottom = y + 2, y + height - 3
        end = _column(share)
        if end >= LEFT + 2:
            self._pen.rectangle((LEFT + 2, top, end, bottom), fill=1)
        mark = _column(peak)
        if mark > end + 2:
            self._pen.rectangle((mark - 1, top, mark, bottom), fill=1)

    def _paste(self, picture: Image.Image, x: int, y: int) -> None:
        self.image.paste(picture, (x, y))

    def _strip(self, x: int, y: int, text: str) -> None:
        self._pen.rectangle((x, y, RIGHT, y + HEIGHT), fill=1)
        picture = draw_small(text, RIGHT - x - 1)
        at = (x + (RIGHT - x + 1 - picture.width) // 2, y + 1)
        self.image.paste(0, at, picture)

    def _centre(self, picture: Image.Image, y: int) -> None:
        self._paste(picture, LEFT + (WIDTH - picture.width) // 2, y)


def draw_small(text: str, max_width: int) -> Image.Image:
    """Draw text in the small font.

    Args:
        text: Characters that the font does not have become '?'.
        max_width: In pixels. Text that is wider is cut and ends in '…'.
    """
    shown = "".join(char if char in GLYPHS else "?" for char in text)
    if _text_width(shown) > max_width:
        while shown and _text_width(shown + "…") > max_width:
            shown = shown[:-1]
        shown = shown.rstrip() + "…"
    image = Image.new("1", (max(_text_width(shown), 1), HEIGHT))
    x = 0
    for char in shown:
        for y, row in enumerate(GLYPHS[char]):
            for column, dot in enumerate(row):
                if dot == "#":
                    image.putpixel((x + column, y), 1)
        x += len(GLYPHS[char][0]) + 1
    return image


def _text_width(text: str) -> int:
    return sum(len(GLYPHS[char][0]) + 1 for char in text) - 1


def _column(share: float) -> int:
    """Return the last lit column of a bar filled to `share`, which is limited to 0..1."""
    return LEFT + 1 + round(min(max(share, 0.0), 1.0) * BAR_PX)
