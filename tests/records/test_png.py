"""Our PNG files, read back by Pillow."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from leukoscope.field import Field
from leukoscope.records.png import CAMERA, DRAWING, PAGE, encode_png
from PIL import Image

from tests.records import examples

PICTURE = Image.fromarray(examples.field().rgb)


def decode(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png), formats=["PNG"])
    image.load()
    return image


@given(examples.fields())
def test_ok__lossless(field: Field) -> None:
    image = decode(encode_png(Image.fromarray(field.rgb), {}, um_per_px=field.um_per_px))
    assert image.mode == "RGB"
    assert np.array_equal(np.asarray(image), field.rgb)


def test_ok__rows_that_do_not_lie_together() -> None:
    rgb = examples.field(40, 30).rgb[::2, 5:25, ::-1]
    assert np.array_equal(np.asarray(decode(encode_png(Image.fromarray(rgb), {}))), rgb)


def test_ok__scale_and_texts() -> None:
    texts = {"Title": "S0001 field 1", "X": "µm"}
    image = decode(encode_png(PICTURE, texts, um_per_px=0.155))
    assert image.info["dpi"][0] == pytest.approx(25_400 / 0.155, rel=1e-6)
    assert image.text == {**texts, "Comment": "Research instrument. Not a diagnosis."}


@pytest.mark.parametrize("um_per_px", [1e-9, 1e9])
def test_ok__scale_that_png_cannot_hold(um_per_px: float) -> None:
    assert "dpi" not in decode(encode_png(PICTURE, {}, um_per_px=um_per_px)).info


def test_ok__repeats_are_small() -> None:
    flat = np.full((300, 400, 3), 200, np.uint8)
    assert len(encode_png(Image.fromarray(flat), {})) < flat.size / 7


@pytest.mark.parametrize("compression", [CAMERA, PAGE, DRAWING])
def test_ok__simulated_picture_says_so(compression: Mapping[str, object]) -> None:
    image = decode(encode_png(PICTURE, {}, compression=compression, simulated=True))
    assert image.text["Comment"].endswith(" SIMULATED")
    assert np.array_equal(np.asarray(image), np.asarray(PICTURE))
