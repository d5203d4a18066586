"""Flat-field correction: the background of every channel is brought to one level."""

from __future__ import annotations

import numpy as np
from PIL import Image

from leukoscope.field import Rgb
from leukoscope.imaging.background import BACKGROUND_LEVEL, SRGB_OFFSET, BackgroundMap


def flatten(rgb: Rgb, background: BackgroundMap) -> Rgb:
    """Correct a picture so that its empty glass has `BACKGROUND_LEVEL` everywhere.

    Each level + 14.025 is multiplied by one factor, which is a factor of the light (see `background.SRGB_OFFSET`).

    Args:
        rgb: Shape (height, width, 3).
        background: Of the same field, shape (rows, columns, 3).

    Returns:
        The same shape as `rgb`, uint8, clipped at 255.
    """
    height, width = rgb.shape[:2]
    gain = np.float32(BACKGROUND_LEVEL + SRGB_OFFSET) / (background + np.float32(SRGB_OFFSET))
    shift = np.float32(0.5 - SRGB_OFFSET)
    # Upsampled across at once and down a band at a time: the gains of the whole picture, in
    # float32, would fit neither the processor's cache nor a Pi's memory beside a burst.
    across = _across(gain, width)
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


def _across(gain: BackgroundMap, width: int) -> BackgroundMap:
    """The gains at every column: shape (rows, width, 3)."""
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
