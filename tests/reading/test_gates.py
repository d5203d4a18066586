"""Each gate: passed by a good field, failed by the fault it is there for, in the order they stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from leukoscope.field import Field, Rgb
from leukoscope.imaging.scaling import resample
from leukoscope.imaging.sharpness import measure_sharpness
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.gates import (
    MAX_CLIPPED_PERCENT,
    _percentile,
    artefact_gate,
    live_gates,
    picture_gates,
    red_cell_gates,
    white_cell_gate,
)
from leukoscope.reading.red_cell_discs import find_discs
from leukoscope.reading.results import Gate, GateName, WhiteCell
from leukoscope.reading.window_reader import prepare
from leukoscope.simulator.hematology import Diagnosis

from tests.reading.examples import DISEASES, MODEL_UM_PER_PX, SIDE, glass, rendered

PICTURE = [GateName.LIGHT, GateName.EXPOSURE, GateName.CLIPPING, GateName.FOCUS]
ORDER = [*PICTURE, GateName.SCALE, GateName.RED_CELLS, GateName.WHITE_CELLS]


def gates_of(field: Field) -> tuple[Gate, ...]:
    return prepare(field, MODEL_UM_PER_PX, SIDE).gates


def failed(field: Field) -> tuple[GateName, str] | None:
    gates = gates_of(field)
    assert all(gate.passed for gate in gates[:-1]), "a gate after a failed one was checked"
    return None if gates[-1].passed else (gates[-1].name, gates[-1].problem)


def sharpness(field: Field) -> float:
    return measure_sharpness(resample(field, MODEL_UM_PER_PX), MODEL_UM_PER_PX).sharpness


@pytest.mark.parametrize("diagnosis", DISEASES, ids=lambda d: d.value)
def test_ok__a_good_field_passes_all_in_order(diagnosis: Diagnosis) -> None:
    gates = gates_of(rendered(diagnosis)[0])
    assert [gate.name for gate in gates] == ORDER
    assert all(gate.passed and not gate.advice for gate in gates)


def test_ok__a_file_has_no_light_gate() -> None:
    field = replace(rendered()[0], off_level=None)
    assert [gate.name for gate in gates_of(field)] == ORDER[1:]


def test_fail__the_led_is_off() -> None:
    assert failed(rendered(led_level=0.0)[0]) == (GateName.LIGHT, "NO LIGHT")


def test_fail__light_that_does_not_come_from_the_led() -> None:
    field = rendered()[0]
    daylight = replace(field, off_level=float(field.rgb.mean()) - 10)
    assert failed(daylight) == (GateName.LIGHT, "NO LIGHT")


def test_fail__a_dark_frame() -> None:
    assert failed(rendered(exposure=0.1)[0]) == (GateName.EXPOSURE, "TOO DARK")


def test_fail__an_over_exposed_frame() -> None:
    assert failed(rendered(exposure=2.0)[0]) == (GateName.EXPOSURE, "TOO BRIGHT")


def test_fail__glare_in_a_corner() -> None:
    field = rendered()[0]
    rgb = field.rgb.copy()
    # One channel alone, so that the exposure gate, which looks at the mean of all, lets it pass.
    rgb[:200, :300, 0] = 255
    assert failed(replace(field, rgb=rgb)) == (GateName.CLIPPING, "GLARE")


def test_ok__a_little_glare_is_let_pass() -> None:
    field = rendered()[0]
    rgb = field.rgb.copy()
    rgb[:60, :80] = 255
    gate = gates_of(replace(field, rgb=rgb))[2]
    assert gate.passed
    assert 0 < gate.value <= MAX_CLIPPED_PERCENT


@pytest.mark.parametrize("diagnosis", DISEASES, ids=lambda d: d.value)
def test_fail__five_um_out_of_focus(diagnosis: Diagnosis) -> None:
    assert failed(rendered(diagnosis, defocus_um=5.0)[0]) == (GateName.FOCUS, "OUT OF FOCUS")


def test_fail__an_empty_slide() -> None:
    name, problem = failed(rendered(Diagnosis.EMPTY)[0]) or (None, "")
    assert (name, problem) in [
        (GateName.FOCUS, "NOTHING SEEN"),
        (GateName.FOCUS, "OUT OF FOCUS"),
        (GateName.WHITE_CELLS, "NO WHITE CELLS"),
    ]


def test_fail__bare_glass() -> None:
    assert failed(Field(glass(red_cells=False), MODEL_UM_PER_PX)) == (
        GateName.FOCUS,
        "NOTHING SEEN",
    )


def test_fail__sharp_but_no_white_cell() -> None:
    rgb = glass()
    assert failed(Field(rgb, MODEL_UM_PER_PX)) == (GateName.WHITE_CELLS, "NO WHITE CELLS")


def test_ok__one_white_cell_is_enough() -> None:
    assert white_cell_gate([WhiteCell(0, 0, 9, 9, 20.0)]).passed
    assert not white_cell_gate([]).passed


def finds(artefacts: int, cells: int) -> list[WhiteCell]:
    kinds = [CellType.ARTEFACT] * artefacts + [CellType.LYMPHOCYTE] * cells
    return [
        WhiteCell(0, 0, 9, 9, 50.0, None, tuple(float(one is kind) for one in CELL_TYPES))
        for kind in kinds
    ]


def test_fail__nearly_all_finds_are_artefacts() -> None:
    gate = artefact_gate(finds(19, 1))
    assert (gate.problem, gate.value) == ("NO SMEAR", 95.0)


@pytest.mark.parametrize(("artefacts", "cells"), [(0, 0), (0, 9), (5, 1), (70, 30)])
def test_ok__a_dirty_smear_is_one(artefacts: int, cells: int) -> None:
    assert artefact_gate(finds(artefacts, cells)).passed


def test_ok__texts_fit_the_panel() -> None:
    faults = ({"led_level": 0.0}, {"exposure": 0.1}, {"exposure": 2.0}, {"defocus_um": 5.0})
    gates = [gate for fault in faults for gate in gates_of(rendered(**fault)[0])]
    wrong = [*discs_of(glass(um_per_px=0.6)), *discs_of(glass(red_cells=False))]
    assert not all(gate.passed for gate in wrong)
    for gate in [*gates, *wrong, white_cell_gate([]), artefact_gate(finds(9, 0))]:
        assert len(gate.problem) <= 18
        assert len(gate.advice) <= 21


def test_ok__live_gates_are_all_there_even_after_a_failure() -> None:
    gates = live_gates(rendered(led_level=0.0)[0], MODEL_UM_PER_PX)
    assert [gate.name for gate in gates] == PICTURE
    assert not gates[0].passed


# --- focus ---


def test_ok__sharpness_falls_with_defocus() -> None:
    values = [sharpness(rendered(defocus_um=um)[0]) for um in (0.0, 2.0, 3.0, 5.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 1.5 * values[-1]


def test_ok__sharpness_is_the_same_at_any_brightness() -> None:
    values = [sharpness(rendered(exposure=exposure)[0]) for exposure in (0.5, 0.7, 1.0)]
    assert np.ptp(values) < 0.1 * values[-1]


def test_ok__sharpness_is_the_same_at_any_strength_of_stain() -> None:
    full = glass()
    pale = (228 - (228 - full.astype(np.int16)) // 3).astype(np.uint8)
    values = [measure_sharpness(rgb, MODEL_UM_PER_PX) for rgb in (full, pale)]
    assert values[0].sharpness == pytest.approx(values[1].sharpness, rel=0.05)
    assert values[0].contrast == pytest.approx(3 * values[1].contrast, rel=0.05)


def test_ok__sharp_fields_of_different_stain_all_pass_and_blurred_ones_all_fail() -> None:
    sharp = [sharpness(rendered(Diagnosis.CLL, seed)[0]) for seed in range(700, 703)]
    soft = [sharpness(rendered(Diagnosis.CLL, s, defocus_um=5.0)[0]) for s in range(700, 703)]
    assert min(sharp) > 1.2 * max(soft)


@given(st.integers(1, 7), st.integers(1, 9))
def test_ok__a_picture_of_a_few_pixels_has_no_focus(height: int, width: int) -> None:
    rgb = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    if min(height, width) <= 6:
        assert measure_sharpness(rgb, MODEL_UM_PER_PX).sharpness == 0.0


# --- arithmetic ---


@given(
    hnp.arrays(np.uint16, st.integers(1, 60), elements=st.integers(0, 765)),
    st.sampled_from([0.0, 2.0, 50.0, 98.0, 100.0]),
)
def test_ok__percentile_is_numpys(values: np.ndarray, percent: float) -> None:
    assert _percentile(values, percent) == pytest.approx(np.percentile(values, percent), abs=1e-9)


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))),
    st.floats(0, 255),
)
def test_ok__gates_say_what_their_names_say(rgb: np.ndarray, off_level: float) -> None:
    light, exposure, clipping, _ = picture_gates(rgb, MODEL_UM_PER_PX, off_level)
    sampled = rgb[::2, ::2]
    high = (sampled >= 254).sum(axis=2)
    glass = (sampled >= 0.93 * np.percentile(sampled, 98, axis=(0, 1))).all(axis=2)
    lost = (high >= 2) | ((high == 1) & ~glass)
    assert light.value == pytest.approx(rgb.mean() - off_level, abs=0.051)
    assert exposure.value == pytest.approx(np.percentile(sampled.mean(axis=2), 98), abs=0.051)
    assert clipping.value == pytest.approx(100 * lost.mean(), abs=0.0051)


# --- red cells ---


def discs_of(rgb: Rgb, um_per_px: float = MODEL_UM_PER_PX) -> tuple[Gate, ...]:
    return tuple(red_cell_gates(find_discs(rgb, um_per_px)))


@pytest.mark.parametrize("um_per_px", [0.155, 0.24, 0.34])
def test_ok__red_cells_have_their_size_at_any_scale(um_per_px: float) -> None:
    shape = (round(100 / um_per_px), round(140 / um_per_px))
    scale, red_cells = discs_of(glass(shape=shape, um_per_px=um_per_px), um_per_px)
    assert scale.value == pytest.approx(6.8, rel=0.1)
    assert scale.passed
    assert red_cells.passed


@pytest.mark.parametrize("factor", [0.5, 0.7, 1.5, 2.0])
def test_fail__a_scale_that_the_red_cells_contradict(factor: float) -> None:
    field = Field(glass(um_per_px=0.25), 0.25 * factor)
    assert failed(field) == (GateName.SCALE, "WRONG SCALE?")


def test_ok__a_few_red_cells_say_nothing_about_the_scale() -> None:
    rgb = glass(red_cells=False)
    y, x = np.mgrid[: rgb.shape[0], : rgb.shape[1]]
    for at in (60, 120, 180, 240):
        rgb[(x - at) ** 2 + (y - 80) ** 2 <= 10**2] = (205, 165, 170)
    assert [gate.name for gate in discs_of(rgb)] == [GateName.RED_CELLS]


def test_fail__stripes_are_no_red_cells() -> None:
    rgb = glass((80, 80, 12), (200, 200, 12), red_cells=False)
    rgb[:, np.arange(rgb.shape[1]) % 40 < 20] = (205, 165, 170)
    assert [gate.problem for gate in discs_of(rgb)] == ["NO RED CELLS"]


def test_fail__white_cells_alone() -> None:
    rgb = glass((80, 80, 18), (200, 200, 18), (300, 90, 18), red_cells=False)
    assert failed(Field(rgb, MODEL_UM_PER_PX)) == (GateName.RED_CELLS, "NO RED CELLS")


def test_ok__a_background_at_255_in_one_channel_is_no_glare() -> None:
    rgb = glass((70, 60, 12))
    glass_alone = (rgb == (225, 220, 228)).all(axis=2)
    rgb[glass_alone] = (255, 228, 200)
    gates = gates_of(Field(rgb, MODEL_UM_PER_PX))
    assert gates[1].value == 0.0
    assert gates[-1].name is GateName.WHITE_CELLS
    assert gates[-1].value == 1.0


def test_fail__red_cells_that_are_clipped_in_one_channel() -> None:
    rgb = glass((70, 60, 12))
    rgb[..., 0] = 255
    assert failed(Field(rgb, MODEL_UM_PER_PX)) == (GateName.CLIPPING, "GLARE")


def test_fail__a_background_at_255_in_two_channels() -> None:
    rgb = glass((70, 60, 12))
    rgb[(rgb == (225, 220, 228)).all(axis=2)] = (255, 255, 200)
    assert failed(Field(rgb, MODEL_UM_PER_PX)) == (GateName.CLIPPING, "GLARE")


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_ok__any_picture_has_a_share_of_red_cells(rgb: np.ndarray) -> None:
    gates = discs_of(rgb)
    assert gates[-1].name is GateName.RED_CELLS
    assert all(np.isfinite(gate.value) for gate in gates)
