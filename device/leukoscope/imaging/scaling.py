"""Scales a field to the fixed µm per pixel that models and gates work with."""

from __future__ import annotations

import numpy as np
from PIL import Image

from leukoscope.errors import FieldError
from leukoscope.field import Field, Rgb

MAX_PIXELS = 50_000_000
"""Most pixels at the requested scale. At 0.34 µm/px that is a square of 2.4 mm: a hundred fields of a 40x lens."""


def resample(field: Field, um_per_px: float) -> Rgb:
    """Scale the field's picture to `um_per_px` (micrometres per pixel, > 0).

    Returns:
        The picture, uint8, shape (round(height * s), round(width * s), 3) with s = field.um_per_px / um_per_px;
        at least one pixel high and wide. A smaller picture is antialiased (triangle filter over the source area).

    Raises:
        FieldError: The field is empty, or would have more than `MAX_PIXELS` pixels at this scale.
    """
    factor = field.um_per_px / um_per_px
    if field.width_px * factor * field.height_px * factor > MAX_PIXELS or not field.rgb.size:
        raise FieldError(
            f"not a microscope field: {field.width_px}x{field.height_px} px at "
            f"{field.um_per_px:g} µm per pixel; give the right um-per-px"
        )
    size = (max(1, round(field.width_px * factor)), max(1, round(field.height_px * factor)))
    if size == (field.width_px, field.height_px):
        return field.rgb
    return np.asarray(
        Image.fromarray(field.rgb).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    )
