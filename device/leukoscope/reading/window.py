"""Chooses the square of a field that the reader of whole fields gives its model: the one with most white cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leukoscope.errors import FieldError
from leukoscope.field import Rgb
from leukoscope.reading.results import WhiteCell, Window


def choose_window(shape: tuple[int, int], cells: Sequence[WhiteCell], side: int) -> Window:
    """Choose the square of `side` px, centred on a cell, that contains most cell centres.

    A square that reaches beyond the edge is moved into the picture. If the picture is smaller than the square, the
    square reaches beyond it on both sides. Of several squares with the same number of cells the first in reading
    order is chosen.

    Args:
        shape: (height, width) of the picture in pixels.
        cells: At least one cell, with boxes in the same pixels.
        side: Side of the square, in pixels.

    Raises:
        ValueError: There is no cell.
    """
    height, width = shape
    centres = np.array([((c.x0 + c.x1) / 2, (c.y0 + c.y1) / 2) for c in cells])
    corners = np.array([(_start(x, width, side), _start(y, height, side)) for x, y in centres])
    offsets = centres - corners[:, None]
    held = ((offsets >= 0) & (offsets < side)).all(axis=2).sum(axis=1)
    x0, y0 = corners[int(held.argmax())].tolist()
    return Window(x0, y0, x0 + side, y0 + side)


def _start(centre: float, length: int, side: int) -> int:
    if length < side:
        return -((side - length) // 2)
    return int(min(max(centre - side / 2, 0), length - side))


def cut(rgb: Rgb, window: Window) -> Rgb:
    """Cut out the window, shape (side, side, 3), uint8. Outside the picture it shows the picture mirrored.

    Raises:
        FieldError: The picture is less than half as wide or high as the window. Most of what the model reads
            would be mirrored.
    """
    height, width = rgb.shape[:2]
    side = window.x1 - window.x0
    if 2 * min(height, width) < side:
        raise FieldError(
            f"field too small: {width}x{height} px at the model's scale, which needs at least "
            f"{-(-side // 2)} px each way; take a larger field or give the right um-per-px"
        )
    padding = [
        (max(0, -window.y0), max(0, window.y1 - height)),
        (max(0, -window.x0), max(0, window.x1 - width)),
        (0, 0),
    ]
    inside = rgb[max(0, window.y0) : window.y1, max(0, window.x0) : window.x1]
    if inside.shape == (side, side, 3):
        return inside.copy()
    return np.pad(inside, padding, mode="reflect")
