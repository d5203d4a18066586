"""Reads the sensor's raw pixels from unpacked Bayer frames."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from leukoscope.errors import CameraError

_ORDER = re.compile(r"S?(RGGB|GRBG|GBRG|BGGR)")
_UNPACKED = re.compile(r"S(?P<order>RGGB|GRBG|GBRG|BGGR)(?P<bits>8|10|12|14|16)")


def bayer_order(pixel_format: str) -> str:
    """Return the four colours of the sensor's filter, row by row: 'RGGB' for 'SRGGB12_CSI2P'.

    Raises:
        CameraError: The sensor has no colour filter.
    """
    found = _ORDER.match(pixel_format)
    if found is None:
        raise CameraError(f"the sensor's format {pixel_format} has no red, green and blue pixels")
    return found[1]


def green_shares(
    rows: npt.NDArray[np.uint8],
    *,
    width: int,
    pixel_format: str,
    sensor_bits: int,
    black_level: float,
) -> npt.NDArray[np.float32]:
    """Return the green pixels of a raw frame as shares of the sensor's range.

    Args:
        rows: Shape (height, stride), uint8: the frame's lines as bytes. The bytes beyond `width` px are padding.
        width: Width of the frame, px.
        pixel_format: libcamera's name of an unpacked format, such as 'SRGGB12'.
        sensor_bits: Bits of the sensor's mode. A Pi 5 shifts them to the top of 16 bits.
        black_level: On a scale of 16 bits, as libcamera gives it.

    Returns:
        Shape (height, width // 2), float32: each line has a green pixel in every second column. 0 at the black
        level, 1 where the converter saturates, linear in between.

    Raises:
        CameraError: The format is packed, compressed or unknown, the lines are too short, or the black level is
            outside the sensor's range.
    """
    found = _UNPACKED.fullmatch(pixel_format)
    if found is None:
        raise CameraError(
            f"raw frames come as {pixel_format}, which is packed, compressed or unknown: "
            "only unpacked Bayer formats such as SRGGB12 can be read"
        )
    bits = int(found["bits"])
    if bits not in (sensor_bits, 16):
        raise CameraError(f"raw frames come as {pixel_format}, the sensor has {sensor_bits} bits")
    line = width * (1 if bits == 8 else 2)
    if rows.ndim != 2 or rows.dtype != np.uint8 or rows.shape[1] < line:
        raise CameraError(
            f"a raw frame of {width} px as {pixel_format} needs lines of {line} bytes, "
            f"not {rows.shape} {rows.dtype}"
        )
    white = (2**sensor_bits - 1) << (16 - sensor_bits)
    if not 0 <= black_level < white:
        raise CameraError(f"a black level of {black_level:g} is not within the sensor's range")
    pixels = np.ascontiguousarray(rows[:, :line]).view(np.uint8 if bits == 8 else "<u2")
    first = found["order"].index("G")
    green = np.empty((rows.shape[0], width // 2), np.float32)
    for row, column in ((0, first), (1, 1 - first)):
        green[row::2] = pixels[row::2, column::2][:, : width // 2]
    green *= 2 ** (16 - bits)
    green -= black_level
    green /= white - black_level
    return green
