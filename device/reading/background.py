"""Background (empty glass) and optical density, estimated from the field itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from device.field import Rgb

BLOCK_UM = 24.0
"""Block over which the brightest glass is taken: three red cells across, so that it has some."""

GLASS_PERCENTILE = 90.0
"""Percentile of a block that counts as its glass; what is brighter is noise or glare."""


def background(rgb: Rgb, um_per_px: float) -> npt.NDArray[np.float32]:
    """Level of empty glass at each pixel, per channel.

    rgb: shape (height, width, 3). Returns the same shape, float32, 1..256: the 90th percentile of
    blocks of about 24 µm, joined bilinearly, so that shading and a coloured rim are followed.
    """
    return np.moveaxis(_background_planes(_planes(rgb), um_per_px), 0, -1)


def optical_density(rgb: Rgb, um_per_px: float) -> npt.NDArray[np.float32]:
    """Optical density over the local glass, log10(glass / pixel), per channel, >= 0.

    rgb: shape (height, width, 3). Returns the same shape, float32. The levels are sRGB-encoded, so
    this is a contrast that grows with absorbance, not an absorbance as Beer and Lambert mean it.
    """
    planes = _planes(rgb)
    density = _background_planes(planes, um_per_px)
    density /= planes.astype(np.float32) + 1
    np.log10(np.maximum(density, 1, out=density), out=density)
    return np.moveaxis(density, 0, -1)


def _planes(rgb: Rgb) -> npt.NDArray[np.uint8]:
    """The channels as planes, shape (3, height, width): arithmetic on them is several times faster."""
    return np.ascontiguousarray(rgb.transpose(2, 0, 1))


def _background_planes(planes: npt.NDArray[np.uint8], um_per_px: float) -> npt.NDArray[np.float32]:
    """As `background`, of and as planes, shape (3, height, width)."""
    height, width = planes.shape[1:]
    rows, columns = (max(1, round(n * um_per_px / BLOCK_UM)) for n in (height, width))
    block_height, block_width = height // rows, width // columns
    blocks = (
        planes[:, : rows * block_height, : columns * block_width]
        .reshape(3, rows, block_height, columns, block_width)
        .transpose(0, 1, 3, 2, 4)
        .reshape(3, rows, columns, -1)
    )
    rank = int(blocks.shape[-1] * GLASS_PERCENTILE / 100)
    glass = np.partition(blocks, rank, axis=-1)[..., rank].astype(np.float32) + 1
    background_planes = np.empty(planes.shape, np.float32)
    for plane, levels in zip(background_planes, glass, strict=True):
        plane[:] = Image.fromarray(levels).resize((width, height), Image.Resampling.BILINEAR)
    return background_planes
