"""Raw frames: every order of the filter, every depth, whatever pads the lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.errors import CameraError
from leukoscope.microscope.raw import bayer_order, green_shares

ORDERS = ["RGGB", "GRBG", "GBRG", "BGGR"]
DEPTHS = [(8, 8), (10, 10), (12, 12), (14, 14), (16, 16), (16, 10), (16, 12)]
"""Bits of the format and of the sensor; a Pi 5 hands 10 and 12 bits out at the top of 16."""


def lines(pixels: np.ndarray, bits: int, padding: int, rng: np.random.Generator) -> np.ndarray:
    """Pixels as picamera2 hands them out: lines of bytes, padded with noise."""
    data = np.ascontiguousarray(pixels.astype("u1" if bits == 8 else "<u2")).view(np.uint8)
    noise = rng.integers(0, 256, (len(data), padding), dtype=np.uint8)
    return np.hstack([data, noise])


@given(
    order=st.sampled_from(ORDERS),
    depth=st.sampled_from(DEPTHS),
    rows=st.integers(1, 9),
    columns=st.integers(1, 8),
    odd=st.booleans(),
    padding=st.integers(0, 33),
    black_level=st.sampled_from([0, 1024, 4096]),
    seed=st.integers(0, 2**32 - 1),
)
def test_ok__the_green_pixels_and_no_other(
    order: str,
    depth: tuple[int, int],
    rows: int,
    columns: int,
    odd: bool,
    padding: int,
    black_level: int,
    seed: int,
) -> None:
    bits, sensor_bits = depth
    width = 2 * columns + odd
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 2**sensor_bits, (rows, width))
    pixels = values << (bits - sensor_bits)
    shares = green_shares(
        lines(pixels, bits, padding, rng),
        width=width,
        pixel_format=f"S{order}{bits}",
        sensor_bits=sensor_bits,
        black_level=black_level,
    )
    assert shares.shape == (rows, columns)
    assert shares.dtype == np.float32
    black = black_level / 2 ** (16 - sensor_bits)
    for row in range(rows):
        cell = order[2 * (row % 2) : 2 * (row % 2) + 2]
        green = values[row, cell.index("G") :: 2][:columns]
        expected = (green - black) / (2**sensor_bits - 1 - black)
        assert np.allclose(shares[row], expected, atol=1e-5)


@pytest.mark.parametrize(("bits", "sensor_bits"), DEPTHS)
def test_ok__black_is_0_and_saturated_is_1(bits: int, sensor_bits: int) -> None:
    for value, share in ((16 << (sensor_bits - 8), 0.0), (2**sensor_bits - 1, 1.0), (0, None)):
        rows = lines(
            np.full((4, 6), value << (bits - sensor_bits)), bits, 0, np.random.default_rng(1)
        )
        shares = green_shares(
            rows, width=6, pixel_format=f"SBGGR{bits}", sensor_bits=sensor_bits, black_level=4096
        )
        assert (shares < 0).all() if share is None else (shares == share).all()


@pytest.mark.parametrize(
    "pixel_format",
    ["SRGGB12_CSI2P", "RGGB_PISP_COMP1", "BGGR16_PISP_COMP1", "R12", "MONO_PISP_COMP1", "YUV420"],
)
def test_fail__format_is_packed_compressed_or_unknown(pixel_format: str) -> None:
    with pytest.raises(CameraError, match=f"come as {pixel_format}, .* only unpacked Bayer"):
        green_shares(
            np.zeros((4, 16), np.uint8),
            width=4,
            pixel_format=pixel_format,
            sensor_bits=12,
            black_level=4096,
        )


def test_fail__depth_is_not_the_sensor_s() -> None:
    with pytest.raises(CameraError, match="come as SRGGB10, the sensor has 12 bits"):
        green_shares(
            np.zeros((4, 16), np.uint8),
            width=8,
            pixel_format="SRGGB10",
            sensor_bits=12,
            black_level=4096,
        )


@pytest.mark.parametrize(
    "rows",
    [np.zeros((4, 15), np.uint8), np.zeros((4, 8), np.uint16), np.zeros(64, np.uint8)],
)
def test_fail__lines_are_too_short_or_no_bytes(rows: np.ndarray) -> None:
    with pytest.raises(CameraError, match="8 px as SRGGB12 needs lines of 16 bytes, not"):
        green_shares(rows, width=8, pixel_format="SRGGB12", sensor_bits=12, black_level=4096)


@pytest.mark.parametrize("black_level", [-1, 65520, 70_000])
def test_fail__black_level_is_beyond_the_range(black_level: int) -> None:
    with pytest.raises(CameraError, match="black level"):
        green_shares(
            np.zeros((4, 16), np.uint8),
            width=8,
            pixel_format="SRGGB12",
            sensor_bits=12,
            black_level=black_level,
        )


@pytest.mark.parametrize(
    ("pixel_format", "order"),
    [("SRGGB12_CSI2P", "RGGB"), ("SBGGR10", "BGGR"), ("GBRG_PISP_COMP1", "GBRG")],
)
def test_ok__order(pixel_format: str, order: str) -> None:
    assert bayer_order(pixel_format) == order


@pytest.mark.parametrize("pixel_format", ["R12_CSI2P", "MONO_PISP_COMP1", "YUYV"])
def test_fail__sensor_without_colours(pixel_format: str) -> None:
    with pytest.raises(CameraError, match=pixel_format):
        bayer_order(pixel_format)
