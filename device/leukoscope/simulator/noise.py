"""The noise of the simulated sensor."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

POOL_SIZE = 1 << 20


@functools.cache
def noise_pool() -> npt.NDArray[np.float32]:
    """Return standard normal noise, shape (2**20,). It is made once per process (4 MiB), and parts of it are reused."""
    return np.random.default_rng(0x5EED).standard_normal(POOL_SIZE, dtype=np.float32)
