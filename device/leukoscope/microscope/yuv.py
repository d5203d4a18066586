"""Pixels of a planar YUV frame, as libcamera's small stream has them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.field import Rgb


def convert_yuv420(planes: npt.NDArray[np.uint8], width: int) -> Rgb:
    """Convert a planar YUV 4:2:0 frame to R, G, B: full range, BT.601 (libcamera's sYCC, as in JPEG).

    planes: shape (height * 3 / 2, stride), uint8: Y, then U and V at half size each way.
    width: px of the picture, at most the stride. Returns shape (height, width, 3).
    """
    rows, stride = planes.shape
    height = rows * 2 // 3
    luma = planes[:height, :width]
    chroma = planes[height:].reshape(2, height // 2, stride // 2)[:, :, : width // 2]
    bands = [Image.fromarray(np.ascontiguousarray(luma))] + [
        Image.fromarray(np.ascontiguousarray(plane)).resize((width, height)) for plane in chroma
    ]
    return np.asarray(Image.merge("YCbCr", bands).convert("RGB"))
