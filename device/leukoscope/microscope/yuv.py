"""Converts a planar YUV frame, the format of libcamera's small stream, to RGB."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.field import Rgb


def convert_yuv420(planes: npt.NDArray[np.uint8], width: int) -> Rgb:
    """Convert a planar YUV 4:2:0 frame to R, G, B: full range, BT.601 (libcamera's sYCC, as in JPEG).

    Args:
        planes: Shape (height * 3 / 2, stride), uint8: Y, then U and V at half the width and height.
        width: Width of the picture in px, at most the stride.

    Returns:
        Shape (height, width, 3).
    """
    rows, stride = planes.shape
    height = rows * 2 // 3
    luma = planes[:height, :width]
    chroma = planes[height:].reshape(2, height // 2, stride // 2)[:, :, : width // 2]
    bands = [Image.fromarray(np.ascontiguousarray(luma))] + [
        Image.fromarray(np.ascontiguousarray(plane)).resize((width, height)) for plane in chroma
    ]
    return np.asarray(Image.merge("YCbCr", bands).convert("RGB"))
