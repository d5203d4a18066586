"""Random textures in micrometres, which are the same at any scale and fast to look up.

A tile of noise is made once per process from a fixed seed, and is read with bilinear interpolation. It repeats after
`PERIOD` units, which is more than the width of a cell.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
"""Shape (height, width), float32."""

_SIZE = 256
_PER_UNIT = 8
PERIOD = _SIZE / _PER_UNIT


@functools.cache
def _tile(seed: int) -> Plane:
    """Return noise with a wavelength of about 1 unit: mean 0, standard deviation 1, shape (256, 256).

    Its spectrum is a ring. That gives round spots of one size and without direction, like clumps of chromatin.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0x7E87]))
    frequency = np.fft.fftfreq(_SIZE, 1.0 / _PER_UNIT)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    ring = np.exp(-0.5 * ((radius - 1.0) / 0.38) ** 2)
    ring[0, 0] = 0.0
    noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal((_SIZE, _SIZE))) * ring).real
    return np.asarray(noise / noise.std(), dtype=np.float32)


def spots(x_um: Plane, y_um: Plane, wavelength_um: float, rng: np.random.Generator) -> Plane:
    """Return noise at some places: mean about 0, standard deviation about 1, spots `wavelength_um` apart.

    Args:
        x_um: x of the places, float32, any shape that broadcasts to (height, width).
        y_um: y of the places, likewise.
        wavelength_um: Distance of the spots.
        rng: Chooses a part of the tile and its direction; three numbers are drawn.
    """
    tile = _tile(0)
    shift_x, shift_y = rng.uniform(0.0, _SIZE, 2)
    angle = rng.uniform(0.0, 2.0 * np.pi)
    scale = _PER_UNIT / wavelength_um
    cosine, sine = np.float32(np.cos(angle) * scale), np.float32(np.sin(angle) * scale)
    # 4 * _SIZE keeps the coordinates positive.
    u = x_um * cosine - y_um * sine + np.float32(shift_x + 4 * _SIZE)
    v = x_um * sine + y_um * cosine + np.float32(shift_y + 4 * _SIZE)
    column, row = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    u -= column
    v -= row
    flat = tile.ravel()
    left, right = column & (_SIZE - 1), (column + 1) & (_SIZE - 1)
    upper, lower = (row & (_SIZE - 1)) * _SIZE, ((row + 1) & (_SIZE - 1)) * _SIZE
    top = flat[upper + left] * (1 - u) + flat[upper + right] * u
    bottom = flat[lower + left] * (1 - u) + flat[lower + right] * u
    return np.asarray(top * (1 - v) + bottom * v, dtype=np.float32)
