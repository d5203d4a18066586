"""A field: one captured field of view, the thing that every part hands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from leukoscope.errors import FieldError

Rgb: TypeAlias = npt.NDArray[np.uint8]
"""An image, shape (height, width, 3), uint8, channels in R, G, B order, sRGB-encoded."""


STILL_UM = 0.26
"""A field that moved by less while it was captured stood still: half of what the lens resolves
(0.52 µm at NA 0.65)."""


@dataclass(frozen=True, eq=False)
class Field:
    """One field of view.

    rgb: shape (height, width, 3), uint8, R, G, B.
    um_per_px: scale in micrometres of the specimen per pixel, > 0.
    metadata: what the camera said of the frame (JSON-able values).
    off_level: mean of the frame taken with the LED off, 0..255, or None for an image file.
    simulated: whether a simulator rendered it.
    calibration_sha256: of the calibration that it was corrected by; None: it was not corrected.
    moved_um: how far the specimen moved while the field was captured, micrometres, >= 0.
    Raises FieldError when shape, type or scale are not that.
    """

    rgb: Rgb
    um_per_px: float
    metadata: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    off_level: float | None = None
    simulated: bool = False
    calibration_sha256: str | None = None
    moved_um: float = 0.0

    def __post_init__(self) -> None:
        if self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or self.rgb.dtype != np.uint8:
            raise FieldError(
                f"a field must be (height, width, 3) uint8, not {self.rgb.shape} {self.rgb.dtype}"
            )
        if not (self.um_per_px > 0):
            raise FieldError(f"micrometres per pixel must be above 0, not {self.um_per_px}")

    @property
    def moved(self) -> bool:
        """Whether the specimen moved while the field was captured."""
        return self.moved_um >= STILL_UM

    @property
    def height_px(self) -> int:
        """Height in pixels."""
        return int(self.rgb.shape[0])

    @property
    def width_px(self) -> int:
        """Width in pixels."""
        return int(self.rgb.shape[1])
