"""Finds white cells by the purple of their nuclei, which red cells and platelets do not have.

There are two tests for this purple. A pixel that passes one of them counts as nucleus:

- Azure B and eosin stain nuclei so that they absorb green most and blue least. Haemoglobin absorbs blue as much as
  green. So D_green - 0.15 D_red - 0.8 D_blue is high in nuclei (D: optical density above the background). The
  threshold is relative to the field's own red cells.
- Some stains make red cells blue-grey and darker than nuclei. So the colour of the field's own red cells is measured
  and subtracted from the colour of nuclei (linear unmixing, Ruifrok & Johnston, Anal Quant Cytol Histol 23, 2001,
  291-299). Thick and thin red cells then look the same.

Both values are smoothed over 2 µm, which removes the thin dark rims of red cells that are out of focus. Pictures are
flattened first (flat_picture.py), so the level of the background is known. Weights and limits were chosen on a part
of two public sets of pictures with boxes drawn by experts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.field import Rgb
from leukoscope.imaging.background import BACKGROUND_LEVEL
from leukoscope.imaging.components import label
from leukoscope.imaging.morphology import Mask, Plane, box_mean, dilate
from leukoscope.imaging.threshold import otsu_threshold
from leukoscope.reading.results import WhiteCell

RED_WEIGHT, BLUE_WEIGHT = 0.15, 0.8
MIN_STAIN = 0.06
"""Least nuclear stain (density units) of a nucleus. With a lower limit, palely stained glass would count as nucleus."""
ABOVE_MEDIAN = 1.8
"""A nucleus has at least this many times the median stain of everything that is not background."""
NUCLEUS_COLOUR = (0.65, 0.70, 0.20)
"""Density of a nucleus in R, G, B, as a direction, before the red cells' part is subtracted."""
MIN_UNMIXED, UNMIXED_SPREADS = 0.05, 4.0
"""Least unmixed density of a nucleus, in density units and in robust standard deviations of the red cells."""
HALF_LEVEL = 0.5
"""The edge of a nucleus is at this share of its highest stain. Cytoplasm has less."""
TISSUE_DENSITY = 0.04
"""Density in green above which a pixel is a cell and not background."""
MIN_TISSUE_PX = 50
MIN_NUCLEUS_UM2 = 16.0
"""Least area of a nucleus; platelets are smaller (1.5 to 3 µm across, up to 7 µm²)."""
CROWDED_UM2 = 90.0
"""A larger find may be several nuclei that touch: the nucleus of a large neutrophil is smaller."""
CORE_UM, CORE_SHARE = 6.0, 0.9
"""A core is a place where at least this share of a square of this side is nucleus. Every round nucleus has one, a
lobe has none."""

Colour: TypeAlias = npt.NDArray[np.float32]

_DENSITY = np.maximum(
    np.log10((BACKGROUND_LEVEL + 1) / (np.arange(256, dtype=np.float32) + 1)), 0
).astype(np.float32)
"""Optical density, above the background, of each level. The levels are sRGB-encoded. So this density grows with the
absorbance, but is not the absorbance of the Beer-Lambert law."""


def density(rgb: Rgb) -> npt.NDArray[np.float32]:
    """Return the optical density of a flattened picture above its background: same shape, float32, 0 to 2.4."""
    dense: npt.NDArray[np.float32] = _DENSITY.take(rgb)
    return dense


@dataclass(frozen=True, eq=False)
class Nuclei:
    """The nuclei of a flattened picture.

    Attributes:
        labels: The number of the nucleus (from 1) at each place, else 0; int32, at half the picture's size: shape
            (height // 2, width // 2), or one more each way.
        areas_um2: Area of each nucleus, µm².
        boxes: x0, y0, x1, y1 of each nucleus in the picture's own pixels, ends exclusive.
        red_cell: Median density in R, G, B of everything that is neither nucleus nor background.
    """

    labels: npt.NDArray[np.int32]
    areas_um2: tuple[float, ...]
    boxes: tuple[tuple[int, int, int, int], ...]
    red_cell: tuple[float, float, float]


def find_nuclei(rgb: Rgb, um_per_px: float) -> Nuclei:
    """Find the nuclei of a flattened picture.

    The search runs on the picture at half its size. There a nucleus of 16 µm² still has more than 30 pixels (at
    0.34 µm/px). Lobes less than two of these pixels apart are joined to one nucleus. Round nuclei that touch are
    separated.

    Args:
        rgb: The flattened picture, shape (height, width, 3).
        um_per_px: Its scale, 0.1 to 0.5 µm per pixel.
    """
    if min(rgb.shape[:2]) < 2:
        return Nuclei(np.zeros((0, 0), np.int32), (), (), (0.0, 0.0, 0.0))
    half = np.asarray(Image.fromarray(rgb).reduce(2))
    dense = density(half)
    tissue = dense[..., 1] > TISSUE_DENSITY
    labels = np.zeros(tissue.shape, np.int32)
    if np.count_nonzero(tissue) < MIN_TISSUE_PX:
        return Nuclei(labels, (), (), (0.0, 0.0, 0.0))
    mask, red_cell = _mark_nuclei(dense, tissue)
    # Lobes that are one or two pixels apart are one nucleus.
    joined, blobs = label(dilate(mask, 1))
    joined *= mask
    px_um = 2 * um_per_px
    areas: list[float] = []
    boxes: list[tuple[int, int, int, int]] = []
    for number, blob in enumerate(blobs, 1):
        at = np.s_[blob.y0 : blob.y1, blob.x0 : blob.x1]
        for part in _separate_nuclei(joined[at] == number, px_um):
            area = float(np.count_nonzero(part)) * px_um**2
            if area < MIN_NUCLEUS_UM2:
                continue
            areas.append(area)
            labels[at][part] = len(areas)
            ys, xs = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
            boxes.append(
                (
                    2 * (blob.x0 + int(xs[0])),
                    2 * (blob.y0 + int(ys[0])),
                    min(2 * (blob.x0 + int(xs[-1]) + 1), rgb.shape[1]),
                    min(2 * (blob.y0 + int(ys[-1]) + 1), rgb.shape[0]),
                )
            )
    return Nuclei(labels, tuple(areas), tuple(boxes), red_cell)


def find_white_cells(rgb: Rgb, um_per_px: float) -> tuple[WhiteCell, ...]:
    """Find the white cells of a flattened picture (see `find_nuclei`).

    Args:
        rgb: The flattened picture, shape (height, width, 3).
        um_per_px: Its scale, 0.1 to 0.5 µm per pixel.

    Returns:
        The cells. Each box is in the picture's own pixels and contains the nucleus.
    """
    nuclei = find_nuclei(rgb, um_per_px)
    return tuple(
        WhiteCell(*box, nucleus_um2=round(area, 1))
        for box, area in zip(nuclei.boxes, nuclei.areas_um2, strict=True)
    )


def _mark_nuclei(
    dense: npt.NDArray[np.float32], tissue: Mask
) -> tuple[Mask, tuple[float, float, float]]:
    """Mark the pixels of nuclei, and measure the density of the red cells.

    Args:
        dense: Density of the picture, shape (height, width, 3).
        tissue: Mask of what is not background, shape (height, width).

    Returns:
        The mask of the nuclei, and the red cells' median density in R, G, B.
    """
    stain = dense @ np.array([-RED_WEIGHT, 1, -BLUE_WEIGHT], np.float32)
    threshold = max(MIN_STAIN, ABOVE_MEDIAN * float(np.median(stain[tissue])))
    unmixed, spread = _subtract_red_cells(dense, dense[tissue])
    mask = _select_above(stain, threshold) | _select_above(unmixed, max(MIN_UNMIXED, spread))
    others = dense[tissue & ~dilate(mask, 2)]
    red_cell = np.median(others, axis=0) if len(others) else np.zeros(3)
    return mask, (float(red_cell[0]), float(red_cell[1]), float(red_cell[2]))


def _subtract_red_cells(
    dense: npt.NDArray[np.float32], tissue: npt.NDArray[np.float32]
) -> tuple[Plane, float]:
    """Subtract the red cells' colour from the density, by linear unmixing.

    The first estimate of the red cells' colour uses all tissue. Two more rounds leave the nuclei out.

    Args:
        dense: Density of the picture, shape (height, width, 3).
        tissue: The densities of all pixels that are not background, shape (n, 3).

    Returns:
        The part of each pixel's density that comes from a nucleus, shape (height, width). And the highest level
        that this part still has in red cells.
    """
    nucleus = np.array(NUCLEUS_COLOUR, np.float32)
    directions = tissue / np.linalg.norm(tissue, axis=1, keepdims=True)
    red_cells = np.ones(len(tissue), np.bool_)
    for _ in range(3):
        red_cell = np.median(directions[red_cells], axis=0)
        red_cell /= np.linalg.norm(red_cell)
        weights = nucleus - (nucleus @ red_cell) * red_cell
        weights /= np.linalg.norm(weights)
        values = tissue @ weights
        below = values < otsu_threshold(values)
        red_cells = below if below.mean() > 0.2 else values < np.median(values)
        if not red_cells.any():
            break
    kept = values[red_cells] if red_cells.any() else values
    middle = float(np.median(kept))
    # For normal noise, 1.48 times the median absolute deviation is the standard deviation.
    spread = 1.48 * float(np.median(np.abs(kept - middle)))
    return dense @ weights, middle + UNMIXED_SPREADS * spread


def _select_above(stain: Plane, threshold: float) -> Mask:
    """Select the pixels whose smoothed stain is above the threshold and above half of the highest in their blob."""
    smooth = box_mean(stain, 1)
    labels, blobs = label(smooth > threshold)
    inside = labels > 0
    highest = np.zeros(len(blobs) + 1, np.float32)
    np.maximum.at(highest, labels[inside], smooth[inside])
    return inside & (smooth > HALF_LEVEL * highest[labels])


def _separate_nuclei(nucleus: Mask, px_um: float) -> list[Mask]:
    """Separate a find into the round nuclei that touch in it; a single nucleus comes back whole.

    Args:
        nucleus: Mask of the find.
        px_um: Scale of the mask, micrometres per pixel.
    """
    if np.count_nonzero(nucleus) * px_um**2 < CROWDED_UM2:
        return [nucleus]
    radius = round(CORE_UM / px_um / 2)
    inside = box_mean(np.pad(nucleus, radius), radius)[radius:-radius, radius:-radius]
    labels, cores = label(inside > CORE_SHARE)
    if len(cores) < 2:
        return [nucleus]
    ys, xs = np.nonzero(nucleus)
    distances = []
    for number in range(1, len(cores) + 1):
        core_ys, core_xs = np.nonzero(labels == number)
        distances.append(np.hypot(ys - core_ys.mean(), xs - core_xs.mean()))
    nearest = np.argmin(distances, axis=0)
    parts = []
    for number in range(len(cores)):
        part = np.zeros_like(nucleus)
        part[ys[nearest == number], xs[nearest == number]] = True
        parts.append(part)
    return parts
