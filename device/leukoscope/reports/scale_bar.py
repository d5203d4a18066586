"""Draws the scale bar of a picture."""

from __future__ import annotations

from PIL import Image, ImageDraw

from leukoscope.reports.picture_text import write

LENGTHS_UM = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def draw_scale_bar(image: Image.Image, um_per_px: float) -> None:
    """Draw a scale bar in the lower left corner: the longest of `LENGTHS_UM` that fits in a quarter of the width.

    Args:
        image: RGB. It is changed. If it is too small for the shortest length, it gets no bar.
        um_per_px: Its scale.
    """
    lengths = [um for um in LENGTHS_UM if um / um_per_px <= image.width / 4]
    if not lengths:
        return
    draw = ImageDraw.Draw(image)
    length = round(lengths[-1] / um_per_px)
    x, y = 14, image.height - 18
    draw.rectangle((x - 6, y - 26, x + max(length, 60) + 6, y + 10), fill="#000000")
    draw.rectangle((x, y, x + length, y + 4), fill="#ffffff")
    write(draw, (x, y - 22), f"{lengths[-1]} µm", 15, "#ffffff")
