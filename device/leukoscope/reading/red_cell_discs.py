"""Finds the red cells of a field by their round rims, even where they touch or overlap.

A rim of a dark disc has its steepest change of darkness towards the middle. Each edge pixel therefore votes for the
place that lies one radius away in this direction (fast radial symmetry: Loy & Zelinsky, IEEE Trans. PAMI 25, 2003,
959-973). A place that gets votes from nearly all directions is the middle of a disc of this radius. A part of the rim
may be missing, as it is where cells touch.

In a picture with many edges, votes meet by chance. The same votes cast the other way, away from the dark side, count
how often that happens, because blood has no bright discs of that size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.field import Rgb
from leukoscope.imaging.background import BACKGROUND_LEVEL
from leukoscope.imaging.components import components
from leukoscope.reading.red_cells import DIAMETER_UM, TISSUE

SEARCH_UM_PER_PX = 0.68
"""About the scale of the search: a red cell is 11 pixels wide."""
RADII_UM = (1.5, 1.8, 2.15, 2.5, 2.9, 3.3, 3.75, 4.25, 4.8, 5.5, 6.3, 7.3)
"""Radii that are looked for: each is about 15 % larger than the one before."""
RED_CELL_UM = (2.7, 4.9)
"""Limits of the radius of a red cell, µm. A dried red cell is 6.0 to 8.5 µm across (see red_cells.py)."""
SMALL = 2
"""The discs of the first radii are grains, platelets, parts of letters or noise."""
BRIGHT_WEIGHT, SMALL_WEIGHT = 0.5, 0.25
"""How many dark discs of the size of red cells are expected by chance: this share of the bright and of the small
discs. Real fields have some of both: gaps between cells, the bright rims of a lens that is a little out of focus,
platelets."""
EDGE_SHARE, LEAST_EDGE = 0.35, 0.05
"""Least change of darkness over two pixels at an edge: this share of the usual darkness of cells, and at least this."""
DIRECTIONS, LEAST_DIRECTIONS = 8, 7
"""A disc needs votes from at least this many of the eight directions."""

_DARKNESS = 1 - np.arange(256, dtype=np.float32) / np.float32(BACKGROUND_LEVEL)
_ENOUGH = np.array([bits.bit_count() >= LEAST_DIRECTIONS for bits in range(256)])


@dataclass(frozen=True)
class Discs:
    """The discs of a field.

    Attributes:
        area_um2: Area of the field, µm².
        edge_um: Length of all edges, µm.
        dark: Number of dark discs of each of `RADII_UM`.
        bright: The same of bright discs.
        red_cells: Number of dark discs of the size of red cells; one that fits two radii counts once.
        bright_like_red_cells: The same of bright discs.
    """

    area_um2: float
    edge_um: float
    dark: tuple[int, ...]
    bright: tuple[int, ...]
    red_cells: int
    bright_like_red_cells: int

    @property
    def red_cell_share(self) -> float:
        """Share of all edges that are rims of red cells beyond chance; below 0 if chance alone would find more."""
        chance = BRIGHT_WEIGHT * self.bright_like_red_cells + SMALL_WEIGHT * max(self.dark[:SMALL])
        return (self.red_cells - chance) * np.pi * DIAMETER_UM / max(self.edge_um, 1.0)

    def common_size(self) -> tuple[float, float]:
        """Return the common diameter of the dark discs, µm, and how many discs beyond chance have about this size."""
        radii = np.array(RADII_UM)
        beyond = np.maximum(np.array(self.dark) - BRIGHT_WEIGHT * np.array(self.bright), 0)
        # Weighted by size: a small disc is often a part of something larger.
        peak = int(np.argmax(np.convolve(beyond * radii, np.ones(3), "same")))
        near = slice(max(peak - 1, 0), peak + 2)
        # The squares give the radii beside the peak, which fit the same discs less well, little weight.
        around = slice(max(peak - 2, 0), peak + 3)
        weights = beyond[around] ** 2
        if not weights.any():
            return 0.0, 0.0
        mean = float((weights * np.log(radii[around])).sum() / weights.sum())
        return 2 * float(np.exp(mean)), float(beyond[near].sum())


@dataclass(frozen=True, eq=False)
class _Edges:
    """Edge pixels: rows, columns, direction towards the dark side, and the bit of the direction's octant."""

    y: npt.NDArray[np.intp]
    x: npt.NDArray[np.intp]
    down: npt.NDArray[np.float32]
    across: npt.NDArray[np.float32]
    octants: tuple[npt.NDArray[np.intp], ...]


def find_discs(rgb: Rgb, um_per_px: float) -> Discs:
    """Find the discs of a flattened picture.

    Args:
        rgb: The flattened picture, shape (height, width, 3).
        um_per_px: Its scale, 0.1 to 0.7 µm per pixel.
    """
    shrink = max(1, round(SEARCH_UM_PER_PX / um_per_px))
    px_um = um_per_px * shrink
    darkness = _DARKNESS.take(np.asarray(Image.fromarray(rgb).reduce(shrink))[..., 1])
    edges = _find_edges(darkness)
    dark, bright = (
        [_mark_middles(edges, sign * radius / px_um, darkness.shape) for radius in RADII_UM]
        for sign in (1, -1)
    )
    low, high = RED_CELL_UM
    sized = [place for place, radius in enumerate(RADII_UM) if low < radius < high]
    reds, like_reds = (
        len(components(np.logical_or.reduce([marks[place] for place in sized])))
        for marks in (dark, bright)
    )
    return Discs(
        area_um2=darkness.size * px_um**2,
        edge_um=len(edges.y) * px_um,
        dark=tuple(len(components(marks)) for marks in dark),
        bright=tuple(len(components(marks)) for marks in bright),
        red_cells=reds,
        bright_like_red_cells=like_reds,
    )


def _find_edges(darkness: npt.NDArray[np.float32]) -> _Edges:
    """Find the pixels where the darkness changes most: thin lines."""
    height, width = darkness.shape
    down, across = np.zeros_like(darkness), np.zeros_like(darkness)
    down[1:-1] = darkness[2:] - darkness[:-2]
    across[:, 1:-1] = darkness[:, 2:] - darkness[:, :-2]
    steep: npt.NDArray[np.float32] = np.hypot(down, across)
    tissue = darkness[darkness > TISSUE]
    usual = float(np.median(tissue)) if tissue.size else 1.0
    y, x = np.nonzero(steep > max(EDGE_SHARE * usual, LEAST_EDGE))
    here = steep[y, x]
    down /= np.maximum(steep, LEAST_EDGE)
    across /= np.maximum(steep, LEAST_EDGE)
    down, across = down[y, x], across[y, x]
    thin = np.ones(len(y), np.bool_)
    step_y, step_x = np.rint(down).astype(np.intp), np.rint(across).astype(np.intp)
    for sign in (-1, 1):
        beside_y = np.clip(y + sign * step_y, 0, height - 1)
        beside_x = np.clip(x + sign * step_x, 0, width - 1)
        thin &= here >= steep[beside_y, beside_x]
    down, across = down[thin], across[thin]
    turn = (np.arctan2(down, across) / np.pi + 1) * (DIRECTIONS / 2)
    octant = turn.astype(np.intp) % DIRECTIONS
    octants = tuple(np.flatnonzero(octant == number) for number in range(DIRECTIONS))
    return _Edges(y[thin], x[thin], down, across, octants)


def _mark_middles(edges: _Edges, radius_px: float, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Mark the places that get votes from enough directions; radius below 0: bright discs."""
    height, width = shape
    y = np.rint(edges.y + edges.down * np.float32(radius_px)).astype(np.intp)
    x = np.rint(edges.x + edges.across * np.float32(radius_px)).astype(np.intp)
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    # A frame of two pixels, so that a shift of the line never carries a vote over the picture's edge.
    row = width + 2
    at = (y + 1) * row + x + 1
    votes = np.zeros((height + 2) * row, np.uint8)
    for number, members in enumerate(edges.octants):
        votes[at[members[inside[members]]]] |= np.uint8(1 << number)
    wide = votes.copy()
    wide[1:] |= votes[:-1]
    wide[:-1] |= votes[1:]
    tall = wide.copy()
    tall[row:] |= wide[:-row]
    tall[:-row] |= wide[row:]
    marks: npt.NDArray[np.bool_] = _ENOUGH[tall].reshape(height + 2, row)[1:-1, 1:-1]
    return marks
