"""Cuts white cells out of their field: optical density, nucleus and cytoplasm, without the surroundings.

All cells of a field are cut out together, as stacks of squares: a call of numpy costs more than the work on the
pixels of one cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leukoscope.field import Rgb
from leukoscope.imaging.morphology import (
    Mask,
    Plane,
    box_mean,
    count_pixels,
    dilate,
    erode,
    select_touched,
)
from leukoscope.reading.white_cells import TISSUE_DENSITY, Nuclei, density

VIEW_UM = 21.8
"""Side of a view: the largest promyelocytes reach 20 µm."""
CYTOPLASM_UM = 3.5
"""How far from the nucleus cytoplasm is searched for."""
RING_UM = (1.0, 2.5)
"""The ring around a nucleus in which the density outside it is measured. The nucleus's edge is where the density is
half-way between inside and outside."""
RED_CELL_COSINE, RED_CELL_SHARE = 0.985, 0.5
"""A pixel is coloured like a red cell when its colour is within 10 degrees of theirs and it is at least half as dense.
In pink stains the cytoplasm of granulocytes has this colour too."""
NECK_UM = 0.7
"""A red cell that touches the cytoplasm hangs on to it by a neck. Erosion by this much separates them."""
FULL_DENSITY = 1.2
"""Density that becomes level 255 for a model. A tenth of the densest nuclei exceed it somewhere."""
OUTSIDE_LEVEL = 255
"""Level given to places outside the picture: their density is 0."""


@dataclass(frozen=True, eq=False)
class CellViews:
    """A square around each white cell of a field.

    Attributes:
        dense: Optical density above the background in R, G, B, shape (cells, side, side, 3); 0 outside the picture.
        nucleus: Mask of the nucleus, shape (cells, side, side).
        cell: Mask of nucleus and cytoplasm together, same shape.
        red_cell: Density of the field's red cells in R, G, B.
        um_per_px: Scale of the squares, micrometres per pixel.
        whole: Shape (cells,): False where the picture's edge cuts a nucleus.
    """

    dense: npt.NDArray[np.float32]
    nucleus: Mask
    cell: Mask
    red_cell: npt.NDArray[np.float32]
    um_per_px: float
    whole: Mask

    def pictures(self) -> npt.NDArray[np.uint8]:
        """Return the input of a model: the density of the cells alone, 0 to 1.2 as 0..255.

        Returns:
            Shape (cells, side, side, 3), R, G, B.
        """
        levels = self.dense * np.float32(255 / FULL_DENSITY)
        levels += np.float32(0.5)
        shown = np.minimum(levels, 255, out=levels).astype(np.uint8)
        shown *= dilate(self.cell, 1)[..., None]
        return np.ascontiguousarray(shown)


def view_px(um_per_px: float) -> int:
    """Return the side of a view in pixels, an even number."""
    return 2 * round(VIEW_UM / um_per_px / 2)


def cell_views(rgb: Rgb, nuclei: Nuclei, um_per_px: float) -> CellViews:
    """Cut out the cells of a flattened picture.

    Args:
        rgb: The flattened picture, shape (height, width, 3).
        nuclei: The nuclei found in it.
        um_per_px: Its scale, micrometres per pixel.

    Returns:
        A view of each nucleus, in their order.
    """
    height, width = rgb.shape[:2]
    boxes = np.array(nuclei.boxes, np.intp).reshape(-1, 4)
    x0, y0, x1, y1 = boxes.T
    side = view_px(um_per_px)
    corners = np.stack([(y0 + y1) // 2, (x0 + x1) // 2], axis=1) - side // 2
    levels = _cut_squares(rgb, corners, side, OUTSIDE_LEVEL)
    # Stored channel by channel: numpy is much slower if the three channels of a pixel are stored together.
    channels = density(np.ascontiguousarray(np.moveaxis(levels, -1, 0)))
    full_size = nuclei.labels.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    labels = _cut_squares(full_size, corners, side, 0)
    found = labels == np.arange(1, len(boxes) + 1, dtype=np.int32)[:, None, None]
    others = (labels > 0) & ~found
    red_cell = np.array(nuclei.red_cell, np.float32)
    nucleus = _refine_nuclei(channels, found, others, um_per_px)
    return CellViews(
        dense=np.moveaxis(channels, 0, -1),
        nucleus=nucleus,
        cell=_add_cytoplasm(channels, nucleus, others, red_cell, um_per_px),
        red_cell=red_cell,
        um_per_px=um_per_px,
        whole=(x0 > 1) & (y0 > 1) & (x1 < width - 1) & (y1 < height - 1),
    )


def _cut_squares(
    picture: npt.NDArray[Any], corners: npt.NDArray[np.intp], side: int, outside: int
) -> npt.NDArray[Any]:
    """Cut out the squares with these upper left corners (top, left), shape (corners, side, side, ...)."""
    squares = np.full((len(corners), side, side, *picture.shape[2:]), outside, picture.dtype)
    for square, (top, left) in zip(squares, corners.tolist(), strict=True):
        part = picture[max(top, 0) : top + side, max(left, 0) : left + side]
        square[max(-top, 0) :, max(-left, 0) :][: part.shape[0], : part.shape[1]] = part
    return squares


def _refine_nuclei(
    channels: npt.NDArray[np.float32], found: Mask, others: Mask, um_per_px: float
) -> Mask:
    """Find the nuclei's edges at full size: there the density is half-way between the nucleus and its surroundings."""
    dark = box_mean((channels[0] + channels[1]) / np.float32(2), 1)
    near, far = (round(um / um_per_px) for um in RING_UM)
    reach = dilate(found, near)
    ring = dilate(found, far) & ~reach & ~others
    edge = (_quantile(dark, found, 0.75) + _quantile(dark, ring, 0.5)) / 2
    nucleus = reach & ~others & (dark > edge[:, None, None])
    kept = count_pixels(nucleus) * 2 > count_pixels(found)
    return np.where(kept[:, None, None], nucleus, found)


def _add_cytoplasm(
    channels: npt.NDArray[np.float32],
    nucleus: Mask,
    others: Mask,
    red_cell: npt.NDArray[np.float32],
    um_per_px: float,
) -> Mask:
    """Add the cytoplasm to the nuclei: all that is stained, near a nucleus, connected to it, and not a red cell.

    A part that is coloured like red cells is a red cell only where it goes on beyond the reach of cytoplasm.
    """
    red_part, green, blue = channels
    length = np.sqrt(red_part * red_part + green * green + blue * blue)
    scale = float(np.linalg.norm(red_cell))
    along = red_part * red_cell[0] + green * red_cell[1] + blue * red_cell[2]
    red = (along > RED_CELL_COSINE * length * scale) & (length > RED_CELL_SHARE * scale)
    reach = dilate(nucleus, round(CYTOPLASM_UM / um_per_px))
    stained = np.maximum(np.maximum(red_part, green), blue) > TISSUE_DENSITY
    red_cells = _select_red_cells(red & ~nucleus, reach, um_per_px)
    open_ = dilate(erode((reach & stained & ~red_cells & ~dilate(others, 1)) | nucleus, 2), 2)
    return select_touched((open_ & reach) | nucleus, nucleus)


def _select_red_cells(red: Mask, reach: Mask, um_per_px: float) -> Mask:
    """Select the parts of `red` that go on beyond `reach`, cut off at their necks."""
    neck = round(NECK_UM / um_per_px)
    beyond = select_touched(erode(red, neck), ~reach)
    return dilate(beyond, neck) & red


def _quantile(values: Plane, masks: Mask, share: float) -> Plane:
    """Return the quantile `share` (0..1) of the values in each mask, shape (masks,); 0 for an empty mask."""
    quantiles = np.zeros(len(masks), np.float32)
    picked, start = values[masks], 0
    for number, count in enumerate(count_pixels(masks).tolist()):
        if count:
            ordered = np.sort(picked[start : start + count])
            below, part = divmod(share * (count - 1), 1)
            low, high = ordered[int(below)], ordered[min(int(below) + 1, count - 1)]
            quantiles[number] = low + (high - low) * part
        start += count
    return quantiles
