"""A calibration's files: what is written comes back, what is damaged is refused."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.calibration.record import (
    BACKGROUND_FILE,
    Calibration,
    encode_background,
    parse_calibration,
    quantize_background,
    to_toml,
)
from leukoscope.errors import CalibrationError

from tests.calibration.examples import EXAMPLE, calibrations


def parsed(text: str, png: bytes = encode_background(EXAMPLE.background)) -> Calibration:
    return parse_calibration(text, png, "C0003")


def same(one: Calibration, other: Calibration) -> bool:
    return all(
        np.array_equal(getattr(one, f.name), getattr(other, f.name))
        for f in dataclasses.fields(Calibration)
    )


@given(calibration=calibrations())
def test_ok__what_is_written_comes_back(calibration: Calibration) -> None:
    back = parse_calibration(
        to_toml(calibration), encode_background(calibration.background), "here"
    )
    assert same(back, calibration)
    assert back.sha256 == calibration.sha256


def test_ok__its_hash_is_that_of_its_file(tmp_path: Path) -> None:
    """So that `sha256sum calibration.toml` finds the one that a record names."""
    path = tmp_path / "calibration.toml"
    path.write_text(to_toml(EXAMPLE), encoding="utf-8")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == EXAMPLE.sha256


def test_ok__an_estimated_scale_is_said_to_be_one() -> None:
    assert "estimate" not in EXAMPLE.scale_text
    by_cells = dataclasses.replace(EXAMPLE, scale_source="red cells", scale_count=88)
    assert "estimate" in by_cells.scale_text
    assert "88 red cells" in by_cells.scale_text


def test_ok__levels_keep_a_256th_of_a_level() -> None:
    glass = np.linspace(1, 255, EXAMPLE.background.size, dtype=np.float32).reshape(
        EXAMPLE.background.shape
    )
    assert np.abs(quantize_background(glass) - glass).max() <= 0.5 / 256 + 1e-4


@given(
    number=st.integers(0, 400), text=st.sampled_from(["", "0", "-1", '"x"', "nan", "9" * 400, "[]"])
)
def test_fail__a_damaged_line_is_refused_or_harmless(number: int, text: str) -> None:
    lines = to_toml(EXAMPLE).splitlines()
    line = number % len(lines)
    lines[line] = lines[line].split("=")[0] + f"= {text}"
    with contextlib.suppress(CalibrationError):
        assert 0 < parsed("\n".join(lines)).um_per_px <= 10


@given(text=st.text(max_size=200))
def test_fail__any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(CalibrationError, match="C0003") as refused:
        parsed(text)
    assert (refused.value.problem, refused.value.advice) == ("CALIBRATION", "damaged: calibrate")


@pytest.mark.parametrize("key", ["format", "number", "made", "exposure_us", "um_per_px", "sha256"])
def test_fail__missing(key: str) -> None:
    lines = [line for line in to_toml(EXAMPLE).splitlines() if not line.startswith(key)]
    with pytest.raises(CalibrationError, match=f"{key} is missing"):
        parsed("\n".join(lines))


def test_fail__another_glass() -> None:
    other = encode_background(EXAMPLE.background + 1)
    with pytest.raises(CalibrationError, match=f"{BACKGROUND_FILE} is not the one"):
        parsed(to_toml(EXAMPLE), other)


@pytest.mark.parametrize("glass", [np.full((8, 8, 3), 200.0), np.zeros((24, 32, 3))])
def test_fail__glass_that_can_not_be(glass: np.ndarray) -> None:
    png = encode_background(glass)
    digest = tomllib.loads(to_toml(EXAMPLE))["glass"]["sha256"]
    text = to_toml(EXAMPLE).replace(digest, hashlib.sha256(png).hexdigest())
    with pytest.raises(CalibrationError, match="calibrate again"):
        parsed(text, png)


def test_fail__no_png() -> None:
    digest = tomllib.loads(to_toml(EXAMPLE))["glass"]["sha256"]
    text = to_toml(EXAMPLE).replace(digest, hashlib.sha256(b"nothing").hexdigest())
    with pytest.raises(CalibrationError, match="is no PNG"):
        parsed(text, b"nothing")


def test_fail__of_a_later_program() -> None:
    with pytest.raises(CalibrationError, match="format 2 is not 1"):
        parsed(to_toml(EXAMPLE).replace("format = 1", "format = 2"))
