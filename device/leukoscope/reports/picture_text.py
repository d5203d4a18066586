"""Writes text on a picture, in the font that comes with Pillow."""

from __future__ import annotations

from PIL import ImageDraw, ImageFont

# That font has no Greek letters and no superscripts.
_PLAIN_LETTERS = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "3", "°": " deg"})


def write(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    size: int,
    colour: str | tuple[int, int, int, int],
) -> None:
    """Write `text` on a picture.

    Args:
        draw: Draws on the picture.
        at: Upper left corner of the text.
        text: What to write.
        size: Size of the letters, px.
        colour: A name; on a drawing of mode RGBA also R, G, B and opacity, 0..255.
    """
    draw.text(at, text.translate(_PLAIN_LETTERS), font=_font(size), fill=colour)


def write_right(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, colour: str
) -> None:
    """Write `text` with its upper right corner at `at`."""
    write(draw, (at[0] - round(text_width(text, size)), at[1]), text, size, colour)


def text_width(text: str, size: int) -> float:
    """Return the width of `text`, px."""
    return _font(size).getlength(text)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
