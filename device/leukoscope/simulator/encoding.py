"""The sRGB encoding of linear light, IEC 61966-2-1."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

LINEAR_STEPS = (1 << 12) - 1
"""The step of `srgb_table` that stands for a linear light of 1."""


def srgb_decode(level: float) -> float:
    """Return the linear light of an encoded value of 0.05..1."""
    return float(((level + 0.055) / 1.055) ** 2.4)


@functools.cache
def srgb_table() -> npt.NDArray[np.uint8]:
    """Return the sRGB level, 0..255, for each step of linear light, shape (4096,)."""
    linear = np.arange(LINEAR_STEPS + 1) / LINEAR_STEPS
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255.0 * encoded), dtype=np.uint8)
