"""The panel's large letters, which can be read at arm's length: capitals drawn as strokes.

A letter is a few straight strokes on a lattice 4 wide and 6 high. It can be drawn in any width without changing its
height: INCONCLUSIVE is condensed, ALL is wide, and both have the same height. All calculations use integers, so that
every machine draws the same pixels.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from PIL import Image

_STROKES = {
    " ": "",
    "A": "06 02 20 42 46, 04 44",
    "B": "06 00 30 41 42 33 44 45 36 06, 03 33",
    "C": "41 30 10 01 05 16 36 45",
    "D": "06 00 30 41 45 36 06",
    "E": "40 00 06 46, 03 33",
    "F": "40 00 06, 03 33",
    "G": "41 30 10 01 05 16 36 45 43 23",
    "H": "00 06, 40 46, 03 43",
    "I": "00 06",
    "J": "40 45 36 16 05",
    "K": "00 06, 40 03 46",
    "L": "00 06 46",
    "M": "06 00 23 40 46",
    "N": "06 00 46 40",
    "O": "10 30 41 45 36 16 05 01 10",
    "P": "06 00 30 41 42 33 03",
    "Q": "10 30 41 45 36 16 05 01 10, 24 46",
    "R": "06 00 30 41 42 33 03, 23 46",
    "S": "41 30 10 01 02 13 33 44 45 36 16 05",
    "T": "00 40, 20 26",
    "U": "00 05 16 36 45 40",
    "V": "00 26 40",
    "W": "00 06 23 46 40",
    "X": "00 46, 40 06",
    "Y": "00 23 40, 23 26",
    "Z": "00 40 06 46",
    "0": "10 30 41 45 36 16 05 01 10",
    "1": "11 20 26, 16 36",
    "2": "01 10 30 41 42 06 46",
    "3": "01 10 30 41 42 33 44 45 36 16 05, 13 33",
    "4": "00 03 43, 40 46",
    "5": "40 00 03 33 44 45 36 16 05",
    "6": "41 30 10 01 05 16 36 45 44 33 03",
    "7": "00 40 26",
    "8": "10 30 41 42 33 44 45 36 16 05 04 13 02 01 10, 13 33",
    "9": "05 16 36 45 41 30 10 01 02 13 43",
    "%": "06 40, 00 10 11 01 00, 35 45 46 36 35",
    ".": "06",
    "-": "03 43",
    "/": "06 40",
    ":": "02, 05",
    "?": "01 10 30 41 42 23 24, 26",
}
"""Strokes as lattice points 'xy' (y downwards). Lines join the points of a stroke; commas separate strokes."""

_NARROW = frozenset("I.:")
"""Characters that are as wide as their stroke."""

_BROAD = frozenset("MNW")
"""Letters that are 2 pixels wider than the others, because of their diagonals."""


class Style(NamedTuple):
    """How a line of letters is drawn, in pixels. `width - stroke` is even, so that middle strokes are crisp."""

    width: int
    stroke: int
    gap: int


_STYLES = (
    Style(18, 4, 4),
    Style(16, 4, 4),
    Style(14, 4, 3),
    Style(11, 3, 3),
    Style(9, 3, 2),
    Style(10, 2, 2),
    Style(8, 2, 2),
    Style(6, 2, 2),
    Style(6, 2, 1),
    Style(4, 2, 1),
)
"""From the widest to the most condensed."""


def draw_letters(text: str, max_width: int, height: int) -> Image.Image:
    """Draw `text` in the widest capitals that fit.

    Args:
        text: A character that has no strokes here is drawn as '?'. Text that is too long even for the most
            condensed letters is cut off at the right. 18 characters always fit into 126 pixels.
        max_width: In pixels.
        height: 14 or more pixels. The letters have this height, or 1 pixel less if their stroke needs it.

    Returns:
        The picture, mode '1', without a margin.
    """
    text = text.upper()
    styles = [style for style in _STYLES if _in_proportion(style, height)]
    style = next((s for s in styles if _line_width(text, s) <= max_width), styles[-1])
    while _line_width(text, style) > max_width:
        text = text[:-1]
    return _draw(text, style, height - (height - style.stroke) % 2)


def _in_proportion(style: Style, height: int) -> bool:
    """Return whether letters of this height are higher than wide and their strokes are thin enough."""
    return style.width * 4 <= height * 3 and style.stroke * 11 <= height * 2


def _line_width(text: str, style: Style) -> int:
    return sum(_width(char, style) + style.gap for char in text) - style.gap


def _width(char: str, style: Style) -> int:
    if char in _NARROW:
        return style.stroke
    if char in _BROAD:
        return style.width + 2
    return style.width // 2 if char == " " else style.width


def _draw(text: str, style: Style, height: int) -> Image.Image:
    image = Image.new("1", (max(_line_width(text, style), 1), height))
    x = 0
    for char in text:
        image.paste(_letter(char, style, height), (x, 0))
        x += _width(char, style) + style.gap
    return image


@lru_cache(maxsize=512)
def _letter(char: str, style: Style, height: int) -> Image.Image:
    width = _width(char, style)
    image = Image.new("1", (width, height))
    for stroke in _STROKES.get(char, _STROKES["?"]).split(","):
        points = [_place(point, width, height, style.stroke) for point in stroke.split()]
        for start, end in zip(points, points[1:] or points, strict=False):
            for y in range(height):
                for x in range(width):
                    if _near(24 * x, 24 * y, start, end, 12 * style.stroke):
                        image.putpixel((x, y), 1)
    return image


def _place(point: str, width: int, height: int, stroke: int) -> tuple[int, int]:
    """Convert a lattice point to pixel coordinates times 24, inset by half the stroke."""
    column, row = int(point[0]), int(point[1])
    inset = 12 * (stroke - 1)
    return inset + 6 * column * (width - stroke), inset + 4 * row * (height - stroke)


def _near(x: int, y: int, start: tuple[int, int], end: tuple[int, int], radius: int) -> bool:
    """Return whether (x, y) is at most `radius` from the line between `start` and `end`."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    from_x, from_y = x - start[0], y - start[1]
    length2 = along_x**2 + along_y**2
    dot = from_x * along_x + from_y * along_y
    if dot <= 0:
        return from_x**2 + from_y**2 <= radius**2
    if dot >= length2:
        return (x - end[0]) ** 2 + (y - end[1]) ** 2 <= radius**2
    return (from_x * along_y - from_y * along_x) ** 2 <= radius**2 * length2
