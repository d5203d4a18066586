"""Red cells as a ruler, on rendered fields whose red cells' size is known."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.errors import CalibrationError
from leukoscope.field import Rgb
from leukoscope.reading.red_cells import median_red_cell_px
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, prepare, render_field

DISEASES = [diagnosis for diagnosis in Diagnosis if diagnosis is not Diagnosis.EMPTY]


@functools.cache
def smear(diagnosis: Diagnosis, um_per_px: float, *, seed: int = 21, index: int = 0) -> Rgb:
    shape = (round(118 / um_per_px), round(157 / um_per_px))
    slide = render_field(
        SmearSlide(diagnosis, seed),
        index,
        um_per_px=um_per_px,
        shape=(min(shape[0], 760), min(shape[1], 1014)),
    )
    return expose(
        defocus(slide.transmittance, 0.0, um_per_px),
        led_level=1.0,
        exposure=1.0,
        shading=0.2,
        rng=np.random.default_rng(1),
    )


def diameter_um(seed: int = 21) -> float:
    return 2 * prepare(SmearSlide(Diagnosis.NORMAL, seed)).red_cells.radius_um


@pytest.mark.parametrize("diagnosis", DISEASES)
def test_ok__scale_of_every_class(diagnosis: Diagnosis) -> None:
    found = median_red_cell_px([smear(diagnosis, 0.31)], 0.31)
    assert found.diameter_px * 0.31 == pytest.approx(diameter_um(), rel=0.06)
    assert found.count >= 20


@pytest.mark.parametrize("um_per_px", [0.08, 0.155, 0.35])
@pytest.mark.parametrize("wrong", [0.5, 1.0, 2.0, None])
def test_ok__scale_not_known(um_per_px: float, wrong: float | None) -> None:
    fields = [
        smear(Diagnosis.NORMAL, um_per_px, index=i) for i in range(1 if um_per_px > 0.1 else 2)
    ]
    found = median_red_cell_px(fields, None if wrong is None else wrong * um_per_px)
    assert found.diameter_px * um_per_px == pytest.approx(diameter_um(), rel=0.06)


def test_ok__fields_add_up() -> None:
    field = smear(Diagnosis.CML, 0.31)
    assert median_red_cell_px([field] * 2).count == 2 * median_red_cell_px([field]).count


def test_fail__few() -> None:
    part = smear(Diagnosis.NORMAL, 0.31)[:60, :80]
    with pytest.raises(CalibrationError, match="red cells are single") as raised:
        median_red_cell_px([part], 0.31)
    assert len(raised.value.problem) <= 14
    assert len(raised.value.advice) <= 21


@pytest.mark.parametrize(
    "fields", [[], [smear(Diagnosis.EMPTY, 0.31)], [np.zeros((50, 60, 3), np.uint8)]]
)
def test_fail__none(fields: list[Rgb]) -> None:
    with pytest.raises(CalibrationError, match="only 0 red cells"):
        median_red_cell_px(fields, 0.31)


@settings(max_examples=15, deadline=None)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    seed=st.integers(0, 99),
    scale=st.floats(0.05, 0.5),
)
def test_fail__noise(height: int, width: int, seed: int, scale: float) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    with pytest.raises(CalibrationError):
        median_red_cell_px([rgb], scale)
