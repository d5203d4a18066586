"""Flat-field correction: brings the background to one level, everywhere and in every channel."""

from __future__ import annotations

import numpy as np
from PIL import Image

from leukoscope.field import Rgb
from leukoscope.imaging.background import BACKGROUND_LEVEL, SRGB_OFFSET, BackgroundMap


def flatten(rgb: Rgb, background: BackgroundMap) -> Rgb:
    """Correct a picture so that its background is `BACKGROUND_LEVEL` everywhere.

    At each place level + 14.025 is multiplied by one factor. That multiplies the light by one factor (see
    `background.SRGB_OFFSET`).

    Args:
        rgb: Shape (height, width, 3).
        background: The background of the same field, shape (rows, columns, 3).

    Returns:
        The corrected picture, in the shape of `rgb`, uint8, clipped at 255.
    """
    height, width = rgb.shape[:2]
    gain = np.float32(BACKGROUND_LEVEL + SRGB_OFFSET) / (background + np.float32(SRGB_OFFSET))
    shift = np.float32(0.5 - SRGB_OFFSET)
    # The gains are enlarged across all at once, and down for a few rows at a time: for the whole picture, in
    # float32, they would fit neither the processor's cache nor, beside a burst, a Pi's memory.
    across = _enlarge_across(gain, width)
    result = np.empty_like(rgb)
    centres = (np.arange(height, dtype=np.float32) + 0.5) * np.float32(len(gain) / height) - 0.5
    upper = np.clip(np.floor(centres).astype(np.intp), 0, len(gain) - 1)
    lower = np.minimum(upper + 1, len(gain) - 1)
    part = np.clip(centres - upper, 0, 1)[:, None, None]
    for start in range(0, height, BAND_ROWS):
        rows = slice(start, start + BAND_ROWS)
        here = across[upper[rows]]
        here += (across[lower[rows]] - here) * part[rows]
        level = rgb[rows] + np.float32(SRGB_OFFSET)
        level *= here
        level += shift
        np.clip(level, 0, 255, out=level)
        result[rows] = level
    return result


BAND_ROWS = 16


def _enlarge_across(gain: BackgroundMap, width: int) -> BackgroundMap:
    """Interpolate the gains at every column: shape (rows, width, 3)."""
    rows, columns = gain.shape[:2]
    planes = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(gain[..., channel])).resize(
                (width, rows), Image.Resampling.BILINEAR
            )
        )
        for channel in range(3)
    ]
    if columns == 1:
        planes = [np.repeat(gain[..., channel], width, axis=1) for channel in range(3)]
    return np.stack(planes, axis=2)
