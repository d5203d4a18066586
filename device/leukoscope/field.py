"""A field: one captured field of view. The microscope makes fields; everything after it reads them."""

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
"""A specimen that moves by less than this during a capture counts as still. It is half of what the lens resolves
(0.52 µm at NA 0.65)."""


@dataclass(frozen=True, eq=False)
class Field:
    """One field of view.

    Attributes:
        rgb: Shape (height, width, 3), uint8, R, G, B.
        um_per_px: Scale in micrometres of the specimen per pixel, > 0.
        metadata: The camera's data about the frame, values that JSON can hold.
        off_level: Mean of the frame taken with the LED off, 0..255; None for an image file.
        simulated: Whether a simulator rendered it.
        calibration_sha256: SHA-256 of the calibration that corrected it; None if it was not corrected.
        moved_um: How far the specimen moved while the field was captured, micrometres, >= 0.

    Raises:
        FieldError: Shape, type or scale is wrong.
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
