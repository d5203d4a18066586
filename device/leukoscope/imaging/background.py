"""Estimates the background of a field (the level of empty glass everywhere) from the field itself.

A picture from an uncalibrated microscope is shaded: its rim is darker than its middle and has another colour.
Empty glass is bright and smooth, and there is some between the cells nearly everywhere. It therefore shows the
shading, and a smooth surface (a polynomial of two variables) is fitted to it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.field import Rgb
from leukoscope.imaging.surface import degrees_for, fit_weighted, surface_basis

BackgroundMap: TypeAlias = npt.NDArray[np.float32]
"""Level of empty glass, 0..255, sRGB-encoded, shape (rows, columns, 3): a grid of equal tiles over the field. Each
value holds at the middle of its tile. Between the middles the level is linear, beyond the outermost it is constant."""

BACKGROUND_LEVEL = 225.0
"""Level that the background gets in every channel: white, with room above it for noise."""

SRGB_OFFSET = 0.055 * 255
"""In sRGB (IEC 61966-2-1), except for its darkest levels, level + 14.025 is proportional to light ** (1 / 2.4).
Shading multiplies the light, so it also multiplies level + 14.025."""

DEGREE = 6
"""Degree of the surface. Degree 4 leaves a coloured rim in the fields of a Pi camera."""

TILE_UM = 8.0
"""Side of a tile: about one red cell, so that most tiles contain some glass."""
TILE_PX = 10
"""Samples along each side of a tile: one per 0.8 µm, fine enough for the gaps between cells."""

FIRST_DEGREE, FIRST_BRIGHTEST = 4, 0.25
"""Degree of the first surface, and the share of each tile's samples (the brightest) whose median it is fitted to."""
FIRST_ROUNDS, ROUNDS, WEIGHINGS = 5, 2, 3
MAX_SLOPE = 0.02
"""Glass is smooth: the largest change from one sample to the next, as a share of the level."""
BAND = 0.035
"""Glass is even: the largest distance from its most common level once the shading is removed, as a share."""
LEAST_SHARE = 0.04
"""Least share of a tile that must be glass for the tile to count."""
HOLD = 0.01
"""Weight of the earlier surface in each tile, against 1 for a tile with much glass."""

_MEAN = np.full(3, 1 / 3)
"""Weights of the channels in their mean."""

_Plane: TypeAlias = npt.NDArray[np.float32]


def estimate_background(rgb: Rgb, um_per_px: float, degree: int = DEGREE) -> BackgroundMap:
    """Estimate the background map of a field.

    If the field has no glass at all, the surface follows its brightest parts.

    Args:
        rgb: Shape (height, width, 3).
        um_per_px: Scale of `rgb`, micrometres per pixel.
        degree: Degree of the surface, 0 (one level for the whole field) to 6. A field with few tiles gets a
            lower degree.

    Returns:
        The map, float32, 1..255, one value per tile of about `TILE_UM`.
    """
    height, width = rgb.shape[:2]
    rows, columns = (max(1, round(n * um_per_px / TILE_UM)) for n in (height, width))
    small = Image.fromarray(rgb).resize((columns * TILE_PX, rows * TILE_PX), Image.Resampling.BOX)
    samples = np.asarray(small, np.float32) + np.float32(SRGB_OFFSET)
    # One plane for each channel: numpy sums over planes several times faster than over a pixel's three channels.
    planes = [_split_tiles(samples[..., channel], rows, columns) for channel in range(3)]
    surface = _first_surface(planes, rows, columns, min(degree, FIRST_DEGREE))
    basis = _basis(rows, columns, degree)
    for _ in range(ROUNDS):
        even = sum(plane / level[:, None] for plane, level in zip(planes, surface.T, strict=True))
        glass = _glass_samples(np.asarray(even / 3, np.float32), rows, columns)
        counted = glass.sum(axis=1)
        share = counted / glass.shape[1]
        weights = np.where(share >= LEAST_SHARE, np.minimum(2 * share, 1), 0)
        if not weights.any():
            break
        sums = np.stack([np.einsum("ts,ts->t", plane, glass) for plane in planes], axis=1)
        levels = np.where(
            weights[:, None] > 0, np.log(np.maximum(sums, 1) / np.maximum(counted, 1)[:, None]), 0
        )
        before = np.log(surface)
        fitted = weights
        for _ in range(WEIGHINGS):
            plane = basis @ fit_weighted(basis, levels, fitted, before, HOLD)
            off = (levels - plane) @ _MEAN
            usual = max(0.006, 1.5 * float(np.median(np.abs(off[weights > 0]))))
            fitted = weights / (1 + (off / usual) ** 2)
        surface = np.exp(plane)
    grid = (surface - SRGB_OFFSET).reshape(rows, columns, 3).astype(np.float32)
    return np.clip(grid, 1, 255)


def _first_surface(
    planes: Sequence[_Plane], rows: int, columns: int, degree: int
) -> npt.NDArray[np.float64]:
    """Fit a surface to each tile's brightest samples. Tiles darker than the others are cells and get little weight."""
    brightness = planes[0] + planes[1] + planes[2]
    first = round(brightness.shape[1] * (1 - FIRST_BRIGHTEST))
    brightest = np.argpartition(brightness, first, axis=1)[:, first:]
    levels = np.log(
        np.stack([np.median(np.take_along_axis(p, brightest, axis=1), axis=1) for p in planes], 1)
    )
    basis = _basis(rows, columns, degree)
    weights = np.ones(len(levels))
    for _ in range(FIRST_ROUNDS):
        plane = basis @ fit_weighted(basis, levels, weights, levels, HOLD)
        off = (levels - plane) @ _MEAN
        trusted = weights > 0.5
        usual = max(0.012, 1.5 * float(np.median(np.abs(off[trusted])))) if trusted.any() else 0.012
        weights = np.where(
            off < 0, 1 / (1 + (off / usual) ** 2) ** 2, 1 / (1 + (off / usual / 4) ** 2)
        )
    return np.exp(plane)


def _glass_samples(even: _Plane, rows: int, columns: int) -> npt.NDArray[np.bool_]:
    """Find the samples that are glass.

    Args:
        even: Brightness without the shading, shape (tiles, samples).
        rows: Rows of tiles.
        columns: Columns of tiles.

    Returns:
        A mask with the shape of `even`.
    """
    picture = _join_tiles(even, rows, columns)
    slope = np.zeros_like(picture)
    slope[1:] = np.abs(picture[1:] - picture[:-1])
    slope[:, 1:] += np.abs(picture[:, 1:] - picture[:, :-1])
    smooth = _split_tiles(slope, rows, columns) < MAX_SLOPE
    near = np.abs(even - _find_common_level(even[smooth])) < BAND
    both: npt.NDArray[np.bool_] = smooth & near
    return both


def _find_common_level(values: _Plane) -> float:
    """Return the brightest of the common values, because glass is brighter than cells; 1 if there is none."""
    # Give numpy the number of bins, not their edges: with edges it would sort all values.
    histogram, edges = np.histogram(values, bins=50, range=(0.7, 1.2))
    counts = np.convolve(histogram, [1, 2, 1], "same")
    inner = counts[1:-1]
    peaks = np.flatnonzero(
        (inner >= counts[:-2]) & (inner > counts[2:]) & (inner > counts.max() / 4)
    )
    return float(edges[peaks[-1] + 1] + 0.005) if peaks.size else 1.0


def _split_tiles(picture: _Plane, rows: int, columns: int) -> _Plane:
    """Reshape (rows * n, columns * n) to (rows * columns, n * n)."""
    parts = picture.reshape(rows, TILE_PX, columns, TILE_PX).transpose(0, 2, 1, 3)
    return parts.reshape(rows * columns, TILE_PX * TILE_PX)


def _join_tiles(values: _Plane, rows: int, columns: int) -> _Plane:
    """Reshape (rows * columns, n * n) to (rows * n, columns * n)."""
    parts = values.reshape(rows, columns, TILE_PX, TILE_PX).transpose(0, 2, 1, 3)
    return parts.reshape(rows * TILE_PX, columns * TILE_PX)


@functools.lru_cache(maxsize=8)
def _basis(rows: int, columns: int, degree: int) -> npt.NDArray[np.float64]:
    return surface_basis(rows, columns, degrees_for(rows, columns, degree))
