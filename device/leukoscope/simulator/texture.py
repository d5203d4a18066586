"""Random textures in micrometres: the same at any sampling, cheap to look up.

A tile of noise is made once per process from a fixed seed and read at the asked coordinates with
bilinear interpolation. It repeats after `PERIOD` units, further than any cell is wide.
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
    """Noise of one dominant wavelength, 1 unit: mean 0, deviation 1, shape (256, 256).

    A ring in the spectrum: round spots of one size, as chromatin clumps are, with no direction.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0x7E87]))
    frequency = np.fft.fftfreq(_SIZE, 1.0 / _PER_UNIT)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    ring = np.exp(-0.5 * ((radius - 1.0) / 0.38) ** 2)
    ring[0, 0] = 0.0
    noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal((_SIZE, _SIZE))) * ring).real
    return np.asarray(noise / noise.std(), dtype=np.float32)


def spots(x_um: Plane, y_um: Plane, wavelength_um: float, rng: np.random.Generator) -> Plane:
    """Noise at the given coordinates: mean about 0, deviation about 1, spots `wavelength_um` apart.

    x_um, y_um: float32, any shape that broadcasts to (height, width). Draws three numbers of `rng`.
    """
    tile = _tile(0)
    shift_x, shift_y = rng.uniform(0.0, _SIZE, 2)
    angle = rng.uniform(0.0, 2.0 * np.pi)
    scale = _PER_UNIT / wavelength_um
    cosine, sine = np.float32(np.cos(angle) * scale), np.float32(np.sin(angle) * scale)
    # The 4 * _SIZE keeps the sum positive, so that truncation is the floor.
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
