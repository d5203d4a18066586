"""The pitch of a ruling, on drawn micrometers and on what is none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.calibration.micrometer import find_pitch
from leukoscope.errors import CalibrationError
from leukoscope.field import Rgb
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field
from PIL import Image, ImageDraw

SHAPE = (570, 760)


def ruling(
    pitch_px: float,
    angle_deg: float,
    *,
    shift: float = 0.3,
    width: float = 0.16,
    depth: float = 0.6,
    first: int = -60,
    last: int = 60,
    length: float = 5.0,
    number: bool = False,
    base: bool = False,
    shape: tuple[int, int] = SHAPE,
) -> npt.NDArray[np.float32]:
    """Lines `pitch_px` apart across `angle_deg`; width, length in pitches, every 5th and 10th longer."""
    angle = np.radians(angle_deg)
    y, x = np.mgrid[: shape[0], : shape[1]] - np.array(shape)[:, None, None] / 2
    across = (x * np.cos(angle) + y * np.sin(angle)) / pitch_px - shift
    along = (y * np.cos(angle) - x * np.sin(angle)) / pitch_px + length / 2
    tooth = np.clip(np.rint(across), first, last)
    reach = np.where(tooth % 10 == 0, 2.0, np.where(tooth % 5 == 0, 1.5, 1.0)) * length
    edge = 0.6 / pitch_px
    lines = np.clip((width / 2 - np.abs(across - tooth)) / edge + 0.5, 0, 1)
    lines *= np.clip(along / edge + 0.5, 0, 1) * np.clip((reach - along) / edge + 0.5, 0, 1)
    if base:
        on = np.clip((width / 2 - np.abs(along)) / edge + 0.5, 0, 1)
        lines = np.maximum(lines, on * (across > first) * (across < last))
    if number:
        sheet = Image.new("L", shape[::-1])
        ImageDraw.Draw(sheet).text((30, 40), "20", fill=255, font_size=round(1.5 * pitch_px))
        lines = np.maximum(lines, np.asarray(sheet) / 255)
    return np.repeat((1 - depth * lines)[..., None], 3, axis=2).astype(np.float32)


def photo(
    transmittance: npt.NDArray[np.float32],
    *,
    um_per_px: float = 0.2,
    defocus_um: float = 0.0,
    shading: float = 0.3,
    seed: int = 0,
) -> Rgb:
    return expose(
        defocus(transmittance, defocus_um, um_per_px),
        led_level=1.0,
        exposure=1.0,
        shading=shading,
        rng=np.random.default_rng(seed),
    )


@settings(max_examples=10, deadline=None)
@given(
    pitch_px=st.floats(28, 80),
    angle_deg=st.floats(-89, 89),
    shift=st.floats(0, 1),
    base=st.booleans(),
    number=st.booleans(),
)
def test_ok__any_pitch_and_angle(
    pitch_px: float, angle_deg: float, shift: float, base: bool, number: bool
) -> None:
    drawn = ruling(pitch_px, angle_deg, shift=shift, base=base, number=number)
    found = find_pitch(photo(drawn, um_per_px=10 / pitch_px))
    assert found.pitch_px == pytest.approx(pitch_px, rel=0.003)
    assert (found.angle_deg - angle_deg + 90) % 180 - 90 == pytest.approx(0, abs=0.5)
    assert found.lines >= 5


@pytest.mark.parametrize("defocus_um", [1.0, 2.0, 3.0])
def test_ok__blurred(defocus_um: float) -> None:
    found = find_pitch(photo(ruling(50.0, 20.0), defocus_um=defocus_um))
    assert found.pitch_px == pytest.approx(50.0, rel=0.003)


@pytest.mark.parametrize("depth", [0.1, 0.95])
def test_ok__faint_and_black(depth: float) -> None:
    found = find_pitch(photo(ruling(50.0, -8.0, depth=depth)))
    assert found.pitch_px == pytest.approx(50.0, rel=0.003)


def test_ok__large_picture() -> None:
    found = find_pitch(photo(ruling(150.2, 2.0, shape=(900, 1200)), um_per_px=0.067))
    assert found.pitch_px == pytest.approx(150.2, rel=0.003)


def test_ok__end_of_the_scale() -> None:
    found = find_pitch(photo(ruling(50.0, 5.0, first=0, last=5)))
    assert found.pitch_px == pytest.approx(50.0, rel=0.003)
    assert found.lines == 6


def test_fail__few_lines() -> None:
    with pytest.raises(CalibrationError, match="only") as raised:
        find_pitch(photo(ruling(50.0, 5.0, first=0, last=3)))
    assert raised.value.problem == "FEW LINES"


def test_fail__only_long_lines() -> None:
    with pytest.raises(CalibrationError):
        find_pitch(photo(ruling(250.0, 5.0, width=0.03)))


@pytest.mark.parametrize("diagnosis", Diagnosis)
@pytest.mark.parametrize("seed", [1, 2])
def test_fail__no_micrometer(diagnosis: Diagnosis, seed: int) -> None:
    smear = render_field(SmearSlide(diagnosis, seed), 0, um_per_px=0.31, shape=(380, 507))
    with pytest.raises(CalibrationError) as raised:
        find_pitch(photo(smear.transmittance, um_per_px=0.31))
    assert raised.value.problem == "NO RULING"
    assert len(raised.value.advice) <= 21


def test_fail__uneven_lines() -> None:
    rng = np.random.default_rng(4)
    picture = np.ones((*SHAPE, 3), np.float32)
    for column in rng.integers(5, 750, 14):
        picture[:, column : column + 6] = 0.4
    with pytest.raises(CalibrationError, match="evenly"):
        find_pitch(photo(picture))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_fail__nothing(level: int) -> None:
    with pytest.raises(CalibrationError) as raised:
        find_pitch(np.full((*SHAPE, 3), level, np.uint8))
    assert raised.value.problem == "NO RULING"


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 200, 3), (30, 4, 3), (12, 13, 3)])
def test_fail__tiny(shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(5)
    with pytest.raises(CalibrationError):
        find_pitch(rng.integers(0, 255, shape).astype(np.uint8))
