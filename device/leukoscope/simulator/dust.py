"""Dust on the sensor of the simulated camera."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

_DUST_SEED = 0xD24B  # of specks that do not overlap
_DUST_SPECKS = 9


@functools.lru_cache(maxsize=4)
def add_dust(shape: tuple[int, int], um_per_px: float) -> npt.NDArray[np.float32]:
    """Return the transmittance of dust on the sensor's cover glass: always the same nine soft specks.

    In a smaller stream of the same sensor, the specks are at the same place of the picture, and have the same size.
    They are 5-20 µm wide at half their depth.

    Args:
        shape: Height and width in pixels.
        um_per_px: Scale on the slide, micrometres per pixel.

    Returns:
        Shape (height, width), float32: 1.0 on clean glass, 0.6-0.9 in the middle of a speck.
    """
    height, width = shape
    rng = np.random.default_rng(_DUST_SEED)
    passed = np.ones(shape, dtype=np.float32)
    for _ in range(_DUST_SPECKS):
        x, y = rng.uniform(0.04, 0.96, 2)
        radius, depth = rng.uniform(2.5, 10.0), rng.uniform(0.1, 0.4)
        across = ((np.arange(width) + 0.5 - x * width) * (um_per_px / radius)).astype(np.float32)
        down = ((np.arange(height) + 0.5 - y * height) * (um_per_px / radius)).astype(np.float32)
        # exp(-ln 2 r^4) has a flat middle and soft flanks, like an object far out of focus.
        square = down[:, None] ** 2 + across[None, :] ** 2
        passed *= 1.0 - np.float32(depth) * np.exp(np.float32(-np.log(2.0)) * square * square)
    return passed
