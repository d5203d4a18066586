"""Augments pictures as the paper does: rotation, flips, zoom. With NumPy and Pillow alone, the same for every backend.

The paper does not state the ranges. The fields are squashed to squares, so a large angle would give cells shapes that
are in no field.
"""

from __future__ import annotations

import math

import numpy as np
from leukoscope.field import Rgb
from PIL import Image

TURN_DEGREES = 20.0
ZOOM = 0.1
"""Largest angle in either direction, and largest zoom in or out."""


def augment(picture: Rgb, rng: np.random.Generator) -> Rgb:
    """Turn, zoom and perhaps flip a picture of shape (side, side, 3), uint8. Outside its rim it is mirrored."""
    side = len(picture)
    angle = math.radians(rng.uniform(-TURN_DEGREES, TURN_DEGREES))
    step = math.exp(rng.uniform(-1, 1) * math.log1p(ZOOM))
    across, down = rng.choice((-1.0, 1.0), 2)
    rim = math.ceil(side * (math.sqrt(2) * (1 + ZOOM) - 1) / 2) + 1
    wide = Image.fromarray(np.pad(picture, ((rim, rim), (rim, rim), (0, 0)), mode="reflect"))
    cosine, sine = step * math.cos(angle), step * math.sin(angle)
    # The matrix maps a place in the new picture to one in the wide picture, relative to the centres of both.
    x_by_x, x_by_y, y_by_x, y_by_y = across * cosine, -down * sine, across * sine, down * cosine
    middle, centre = side / 2, side / 2 + rim
    turned = wide.transform(
        (side, side),
        Image.Transform.AFFINE,
        (
            *(x_by_x, x_by_y, centre - (x_by_x + x_by_y) * middle),
            *(y_by_x, y_by_y, centre - (y_by_x + y_by_y) * middle),
        ),
        Image.Resampling.BILINEAR,
    )
    return np.asarray(turned)
