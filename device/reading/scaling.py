"""Bringing a field to a fixed scale: models and gates see µm, never a share of the sensor."""

from __future__ import annotations

import numpy as np
from PIL import Image

from device.field import Field, Rgb


def resampled(field: Field, um_per_px: float) -> Rgb:
    """The field's picture at `um_per_px` (micrometres per pixel, > 0).

    Returns shape (round(height * s), round(width * s), 3), uint8, s = field.um_per_px / um_per_px;
    at least one pixel each way. Antialiased when it shrinks (triangle filter over the source area).
    """
    factor = field.um_per_px / um_per_px
    size = (max(1, round(field.width_px * factor)), max(1, round(field.height_px * factor)))
    if size == (field.width_px, field.height_px):
        return field.rgb
    return np.asarray(
        Image.fromarray(field.rgb).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    )
