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
    height, width = rgb.shape[:2]
    rows, columns = (max(1, round(n * um_per_px / BLOCK_UM)) for n in (height, width))
    block_height, block_width = height // rows, width // columns
    blocks = (
        rgb[: rows * block_height, : columns * block_width]
        .reshape(rows, block_height, columns, block_width, 3)
        .transpose(0, 2, 4, 1, 3)
        .reshape(rows, columns, 3, -1)
    )
    rank = int(blocks.shape[-1] * GLASS_PERCENTILE / 100)
    glass = np.partition(blocks, rank, axis=-1)[..., rank].astype(np.float32) + 1
    channels = [
        Image.fromarray(np.ascontiguousarray(glass[..., c])).resize(
            (width, height), Image.Resampling.BILINEAR
        )
        for c in range(3)
    ]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


def optical_density(rgb: Rgb, um_per_px: float) -> npt.NDArray[np.float32]:
    """Optical density over the local glass, log10(glass / pixel), per channel, >= 0.

    rgb: shape (height, width, 3). Returns the same shape, float32. The levels are sRGB-encoded, so
    this is a contrast that grows with absorbance, not an absorbance as Beer and Lambert mean it.
    """
    ratio = background(rgb, um_per_px) / (rgb.astype(np.float32) + 1)
    density: npt.NDArray[np.float32] = np.log10(np.maximum(ratio, 1, out=ratio), out=ratio)
    return density
