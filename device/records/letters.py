"""Writing on a picture, in the font that comes with Pillow."""

from __future__ import annotations

from PIL import ImageDraw, ImageFont

# That font has no Greek and no superscripts.
_PLAIN_LETTERS = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "3", "°": " deg"})


def write(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, colour: str
) -> None:
    """Write `text` with its upper left corner at `at`; size: of the letters, px."""
    draw.text(at, text.translate(_PLAIN_LETTERS), font=_font(size), fill=colour)


def write_right(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, colour: str
) -> None:
    """Write `text` so that it ends at `at`."""
    write(draw, (at[0] - round(_font(size).getlength(text)), at[1]), text, size, colour)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
