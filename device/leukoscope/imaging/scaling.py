"""Scaling of a field to fixed µm per pixel, which is what models and gates work on."""

from __future__ import annotations

import numpy as np
from PIL import Image

from leukoscope.errors import FieldError
from leukoscope.field import Field, Rgb

MAX_PIXELS = 50_000_000
"""Most pixels at the requested scale: at 0.34 µm/px 2.4 mm square, a hundred fields of a 40x lens."""


def resample(field: Field, um_per_px: float) -> Rgb:
    """Return the field's picture at `um_per_px` (micrometres per pixel, > 0).

    Returns shape (round(height * s), round(width * s), 3), uint8, s = field.um_per_px / um_per_px;
    at least one pixel each way. Antialiased when it shrinks (triangle filter over the source area).
    Raises FieldError when the field is empty or its scale would make it larger than `MAX_PIXELS`.
    """
    factor = field.um_per_px / um_per_px
    if field.width_px * factor * field.height_px * factor > MAX_PIXELS or not field.rgb.size:
        raise FieldError(
            f"no field of a microscope: {field.width_px}x{field.height_px} px at "
            f"{field.um_per_px:g} µm per pixel; give the right um-per-px"
        )
    size = (max(1, round(field.width_px * factor)), max(1, round(field.height_px * factor)))
    if size == (field.width_px, field.height_px):
        return field.rgb
    return np.asarray(
        Image.fromarray(field.rgb).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    )
