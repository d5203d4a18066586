"""Finding white cells: by the purple of their nuclei, which red cells and platelets lack.

Azure B and eosin colour nuclei so that green is absorbed most and blue least; haemoglobin absorbs
blue as much as green, and a thick blue-grey red cell absorbs red most. So

    nuclear stain = D_green - 0.15 D_red - 0.8 D_blue       (D: optical density over the glass)

is high in nuclei only. A field's own red cells set the level that a nucleus must exceed. Pictures are
flattened (flattening.py), so that the glass is known.
The weights and limits were chosen on expert boxes of two public sets (README.md beside this file).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from device.field import Rgb
from device.reading.components import components
from device.reading.glass import GLASS_LEVEL
from device.reading.results import WhiteCell

RED_WEIGHT, BLUE_WEIGHT = 0.15, 0.8
MIN_STAIN = 0.075
"""Least nuclear stain (density units) of a nucleus: below it palely stained glass would count."""
ABOVE_MEDIAN = 1.8
"""A nucleus has at least this many times the median stain of everything that is not glass."""
TISSUE_DENSITY = 0.04
"""Green density above which a pixel is a cell and not glass."""
MIN_NUCLEUS_UM2 = 16.0
"""Least area of a nucleus; platelets (1.5 to 3 µm across, up to 7 µm²) stay below it."""
HISTOGRAM_BINS = 128
MIN_SPREAD = 1e-4
"""Least range of stain that can hold two classes; numpy makes no bins of a few float32 steps."""


_DENSITY = np.maximum(
    np.log10((GLASS_LEVEL + 1) / (np.arange(256, dtype=np.float32) + 1)), 0
).astype(np.float32)
"""Optical density over the glass of each level. The levels are sRGB-encoded, so this is a contrast that
grows with absorbance, not an absorbance as Beer and Lambert mean it."""


def nuclear_stain(rgb: Rgb) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Nuclear stain of each pixel of a flattened picture, and where tissue is.

    rgb: shape (height, width, 3). Returns (height, width) float32 in density units, and bool.
    """
    red, green, blue = (_DENSITY[rgb[..., channel]] for channel in range(3))
    return green - RED_WEIGHT * red - BLUE_WEIGHT * blue, green > TISSUE_DENSITY


def nucleus_mask(rgb: Rgb) -> npt.NDArray[np.bool_]:
    """Where nuclei are in a flattened picture; (height, width), bool. rgb: (height, width, 3)."""
    stain, tissue = nuclear_stain(rgb)
    values = stain[tissue]
    if not values.size:
        return tissue
    threshold = max(_otsu(values), MIN_STAIN, ABOVE_MEDIAN * float(np.median(values)))
    return tissue & (stain > threshold)


def find_white_cells(rgb: Rgb, um_per_px: float) -> tuple[WhiteCell, ...]:
    """The white cells of a flattened picture; boxes are in its own pixels and hold the nucleus.

    rgb: shape (height, width, 3), at 0.1 to 0.5 µm per pixel. Nuclei that touch count as one
    cell. The search runs on the picture at half its size: a nucleus of 16 µm² is still over 30
    pixels there at 0.34 µm/px.
    """
    if min(rgb.shape[:2]) < 2:
        return ()
    half = np.asarray(Image.fromarray(rgb).reduce(2))
    height, width = rgb.shape[:2]
    pixel_um2 = (2 * um_per_px) ** 2
    return tuple(
        WhiteCell(
            x0=2 * blob.x0,
            y0=2 * blob.y0,
            x1=min(2 * blob.x1, width),
            y1=min(2 * blob.y1, height),
            nucleus_um2=round(blob.area_px * pixel_um2, 1),
        )
        for blob in components(nucleus_mask(half))
        if blob.area_px * pixel_um2 >= MIN_NUCLEUS_UM2
    )


def _otsu(values: npt.NDArray[np.float32]) -> float:
    """The threshold of largest between-class variance (Otsu, IEEE Trans. SMC 9, 1979, 62-66)."""
    high = float(values.max())
    if high - float(values.min()) < MIN_SPREAD:
        return high
    counts, edges = np.histogram(values, bins=HISTOGRAM_BINS)
    centres = (edges[1:] + edges[:-1]) / 2
    share = counts / counts.sum()
    below = np.cumsum(share)
    mean_below = np.cumsum(share * centres)
    variance = (mean_below[-1] * below - mean_below) ** 2 / np.maximum(below * (1 - below), 1e-9)
    return float(centres[int(np.argmax(variance))])
