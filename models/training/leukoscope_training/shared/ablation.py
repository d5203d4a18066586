"""The ablation: cuts white cells out of a flattened picture and fills the holes with other parts of it.

On such pictures a model that reads white cells must not be better than chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from leukoscope.field import Rgb
from leukoscope.reading.results import WhiteCell
from leukoscope.reading.white_cells import find_nuclei
from PIL import Image, ImageFilter

RIM_UM = 4.0
"""How far beyond its nucleus a cell is cut out. Usual cytoplasm is not wider."""

TRIES = 60
FEATHER_PX = 1.5

Mask = npt.NDArray[np.bool_]


def mask_cells(rgb: Rgb, cells: Sequence[WhiteCell], um_per_px: float) -> list[Mask]:
    """Make one mask per cell: its nucleus and a rim of 4 µm around it.

    Args:
        rgb: The flattened picture that the cells were found in, (height, width, 3), uint8.
        cells: The cells.
        um_per_px: The picture's scale.

    Returns:
        A mask of shape (height, width) for each cell.

    Raises:
        ValueError: A cell was not found in this picture.
    """
    nuclei = find_nuclei(rgb, um_per_px)
    numbers = {box: number for number, box in enumerate(nuclei.boxes, 1)}
    rim = round(RIM_UM / um_per_px)
    height, width = rgb.shape[:2]
    # Nuclei are labelled at half size. If a side is odd, its last row or column repeats the one before.
    full = nuclei.labels.repeat(2, axis=0).repeat(2, axis=1)
    full = np.pad(full, ((0, 1), (0, 1)), mode="edge")[:height, :width]
    masks = []
    for cell in cells:
        number = numbers.get((cell.x0, cell.y0, cell.x1, cell.y1))
        if number is None:
            raise ValueError(
                f"{cell}: not a white cell of this picture at {um_per_px:g} µm per pixel"
            )
        top, left = max(0, cell.y0 - rim), max(0, cell.x0 - rim)
        around = np.s_[top : min(height, cell.y1 + rim), left : min(width, cell.x1 + rim)]
        mask = np.zeros((height, width), np.bool_)
        mask[around] = _dilate(full[around] == number, rim)
        masks.append(mask)
    return masks


def cut_out_cells(rgb: Rgb, masks: Sequence[Mask], rng: np.random.Generator) -> Rgb:
    """Replace the masked cells by other parts of the picture, with as little of other cells as possible."""
    avoid = _unite(masks, rgb.shape[:2])
    picture = rgb.astype(np.float32)
    for mask in masks:
        if not mask.any():
            continue
        box = _find_box(mask)
        rows, columns = _choose_shift(mask, avoid, rng)
        there = (
            slice(box[0].start + rows, box[0].stop + rows),
            slice(box[1].start + columns, box[1].stop + columns),
        )
        weight = _feather(mask[box])[..., None]
        picture[box] = picture[box] * (1 - weight) + rgb[there] * weight
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _find_box(mask: Mask) -> tuple[slice, slice]:
    """Return the smallest box that contains a mask, which must not be empty."""
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return slice(int(ys[0]), int(ys[-1]) + 1), slice(int(xs[0]), int(xs[-1]) + 1)


def _choose_shift(mask: Mask, avoid: Mask, rng: np.random.Generator) -> tuple[int, int]:
    """Choose by how many rows and columns to move `mask`, so that it covers least of `avoid` and stays inside."""
    down, across = _find_box(mask)
    height, width = mask.shape
    rows = rng.integers(-down.start, height - down.stop + 1, TRIES)
    columns = rng.integers(-across.start, width - across.stop + 1, TRIES)
    shape = mask[down, across]
    cover = [
        np.count_nonzero(
            avoid[down.start + row : down.stop + row, across.start + column : across.stop + column]
            & shape
        )
        for row, column in zip(rows, columns, strict=True)
    ]
    best = int(np.argmin(cover))
    return int(rows[best]), int(columns[best])


def _unite(masks: Sequence[Mask], shape: tuple[int, ...]) -> Mask:
    union = np.zeros(shape, np.bool_)
    for mask in masks:
        union |= mask
    return union


def _dilate(mask: Mask, radius: int) -> Mask:
    """Dilate by about `radius` px, by a square whose corners a blur makes round."""
    image = Image.fromarray(mask.astype(np.uint8) * 255)
    blurred = image.filter(ImageFilter.MaxFilter(2 * round(radius * 0.75) + 1))
    return np.asarray(blurred.filter(ImageFilter.BoxBlur(radius * 0.25))) > 8


def _feather(mask: Mask) -> npt.NDArray[np.float32]:
    image = Image.fromarray(mask.astype(np.uint8) * 255)
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(FEATHER_PX)), np.float32) / 255
    return np.maximum(soft, mask)
