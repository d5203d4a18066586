"""The rendered smear: repeatable, lawful, and honest about what depends on the diagnosis."""

from __future__ import annotations

import collections
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.simulator import hematology, white_cells
from leukoscope.simulator.hematology import Diagnosis, RenderedCellType
from leukoscope.simulator.sheet import Sheet
from leukoscope.simulator.smear import SmearSlide, prepare, render_field
from leukoscope.simulator.stain import draw_stain
from leukoscope.simulator.white_cells import RenderedWhiteCell

SMALL = {"um_per_px": 0.6, "shape": (196, 262)}
BLOOD = [diagnosis for diagnosis in Diagnosis if diagnosis is not Diagnosis.EMPTY]
REPOSITORY = Path(__file__).parents[2]

diagnoses = st.sampled_from(Diagnosis)
seeds = st.integers(0, 2**40)


def digest(diagnosis: Diagnosis, seed: int, index: int) -> str:
    field = render_field(SmearSlide(diagnosis, seed), index, **SMALL)
    return hashlib.sha256(field.transmittance.tobytes()).hexdigest()


def test_ok__another_process_renders_the_same_field() -> None:
    code = (
        "from tests.simulator.test_smear import *\n"
        "print(digest(Diagnosis.AML, 7, 3), digest(Diagnosis.NORMAL, 7, 3))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PYTHONHASHSEED": "12345", "PYTHONPATH": str(REPOSITORY / "device")},
    )
    assert done.stdout.split() == [digest(Diagnosis.AML, 7, 3), digest(Diagnosis.NORMAL, 7, 3)]


def test_ok__fields_and_slides_differ() -> None:
    asked = [(d, seed, index) for d in Diagnosis for seed in (0, 1) for index in (0, 1)]
    assert len({digest(*each) for each in asked}) == len(asked)


@settings(max_examples=25, deadline=None)
@given(diagnosis=diagnoses, seed=seeds, index=st.integers(0, 10**6))
def test_ok__transmittance_is_lawful(diagnosis: Diagnosis, seed: int, index: int) -> None:
    field = render_field(SmearSlide(diagnosis, seed), index, **SMALL)
    assert field.transmittance.shape == (196, 262, 3)
    assert field.transmittance.dtype == np.float32
    assert np.isfinite(field.transmittance).all()
    assert field.transmittance.min() >= 0.0
    assert field.transmittance.max() <= 1.0
    assert bool(field.white_cells) is (diagnosis is not Diagnosis.EMPTY)
    for cell in field.white_cells:
        assert -0.5 <= cell.x_px <= 261.5
        assert -0.5 <= cell.y_px <= 195.5
        assert 6.0 < cell.diameter_um < 23.0


@settings(max_examples=8, deadline=None)
@given(diagnosis=diagnoses, seed=seeds)
def test_ok__geometry_does_not_depend_on_sampling(diagnosis: Diagnosis, seed: int) -> None:
    slide = SmearSlide(diagnosis, seed)
    coarse = render_field(slide, 0, um_per_px=0.6, shape=(196, 262))
    fine = render_field(slide, 0, um_per_px=0.3, shape=(392, 524))
    assert len(coarse.white_cells) == len(fine.white_cells)
    for one, other in zip(coarse.white_cells, fine.white_cells, strict=True):
        assert one.cell_type is other.cell_type
        assert one.diameter_um == other.diameter_um
        assert (one.x_px + 0.5) * 0.6 == pytest.approx((other.x_px + 0.5) * 0.3)
        assert (one.y_px + 0.5) * 0.6 == pytest.approx((other.y_px + 0.5) * 0.3)
    binned = fine.transmittance.reshape(196, 2, 262, 2, 3).mean(axis=(1, 3))
    # Edges and texture alias at 0.6 µm; the cells must lie in the same places.
    assert np.abs(binned - coarse.transmittance).mean() < 0.02


def test_ok__a_smaller_view_shows_the_middle() -> None:
    slide = SmearSlide(Diagnosis.CLL, 5)
    whole = render_field(slide, 2, um_per_px=0.4, shape=(280, 380)).transmittance
    part = render_field(slide, 2, um_per_px=0.4, shape=(100, 200)).transmittance
    np.testing.assert_allclose(part, whole[90:190, 90:290], atol=2e-3)


@pytest.mark.parametrize("diagnosis", Diagnosis)
def test_ok__white_cells_lie_where_the_truth_says(diagnosis: Diagnosis) -> None:
    for seed in range(3):
        field = render_field(SmearSlide(diagnosis, seed), 0, **SMALL)
        clear = np.median(field.transmittance[:, :, 1])
        for cell in field.white_cells:
            row, column = round(cell.y_px), round(cell.x_px)
            near = field.transmittance[
                max(row - 6, 0) : row + 7, max(column - 6, 0) : column + 7, 1
            ]
            assert near.min() < 0.6 * clear, cell


def test_ok__stain_and_red_cells_are_those_of_the_seed_not_of_the_diagnosis() -> None:
    for seed in range(5):
        first, *others = (prepare(SmearSlide(diagnosis, seed)) for diagnosis in Diagnosis)
        for other in others:
            assert other.red_cells == first.red_cells
            assert other.deposit == first.deposit
            for name, colour in vars(first.stain).items():
                np.testing.assert_array_equal(getattr(other.stain, name), colour)


@pytest.mark.parametrize("diagnosis", BLOOD)
def test_ok__differential_over_many_slides_is_the_published_one(diagnosis: Diagnosis) -> None:
    rng = np.random.default_rng(4)
    seen: collections.Counter[RenderedCellType] = collections.Counter()
    for _ in range(300):
        seen.update(hematology.draw_slide_counts(diagnosis, rng).draw_types(100, rng))
    expected = hematology.blood_picture(diagnosis).differential
    assert sum(expected.values()) == pytest.approx(1.0, abs=1e-9)
    # One AML in ten is promyelocytic, which moves its means.
    tolerance = 0.09 if diagnosis is Diagnosis.AML else 0.02
    for cell_type in RenderedCellType:
        share = seen[cell_type] / seen.total()
        assert share == pytest.approx(expected.get(cell_type, 0.0), abs=tolerance), cell_type


def test_ok__criteria_of_the_diagnoses_hold() -> None:
    share = {diagnosis: hematology.blood_picture(diagnosis).differential for diagnosis in BLOOD}
    blasts = (RenderedCellType.LYMPHOBLAST, RenderedCellType.MYELOBLAST)
    assert all(blast not in share[Diagnosis.NORMAL] for blast in blasts)
    assert share[Diagnosis.AML][RenderedCellType.MYELOBLAST] >= 0.20
    assert share[Diagnosis.CML][RenderedCellType.MYELOBLAST] < 0.10
    assert (
        share[Diagnosis.CML][RenderedCellType.BASOPHIL]
        > 2 * share[Diagnosis.NORMAL][RenderedCellType.BASOPHIL]
    )
    assert (
        share[Diagnosis.CLL][RenderedCellType.LYMPHOCYTE]
        > share[Diagnosis.NORMAL][RenderedCellType.LYMPHOCYTE]
    )


def test_ok__leukaemic_fields_hold_more_white_cells() -> None:
    rng = np.random.default_rng(9)

    def counts(diagnosis: Diagnosis) -> list[int]:
        return [hematology.draw_slide_counts(diagnosis, rng).draw_count(rng) for _ in range(400)]

    normal = counts(Diagnosis.NORMAL)
    assert min(normal) >= 1
    assert np.percentile(normal, 90) <= 4
    for diagnosis in (Diagnosis.ALL, Diagnosis.AML, Diagnosis.CML, Diagnosis.CLL):
        assert min(counts(diagnosis)) >= 3
    assert set(counts(Diagnosis.EMPTY)) == {0}


@pytest.mark.parametrize("cell_type", RenderedCellType)
def test_ok__each_white_cell_is_darker_in_green_than_in_red_or_blue(
    cell_type: RenderedCellType,
) -> None:
    # Romanowsky purple takes green most; only eosinophil granules and pale cytoplasm differ.
    stain = draw_stain(np.random.default_rng(3))
    canvas = Sheet((120, 120), 0.25)
    white_cells.draw(canvas, RenderedWhiteCell(cell_type, 0.0, 0.0, 13.0, 1), stain, auer_rods=1.0)
    red, green, blue = canvas.absorbance.sum(axis=(0, 1))
    assert green > red
    assert green > blue
    assert canvas.absorbance[:5].max() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("index", "um_per_px", "shape"),
    [
        (-1, 0.155, (10, 10)),
        (0, 0.0, (10, 10)),
        (0, float("nan"), (10, 10)),
        (0, 0.1, (0, 5)),
        (0, 0.3, (760, 1014)),
    ],
)
def test_fail__bad_requests_name_the_number(
    index: int, um_per_px: float, shape: tuple[int, int]
) -> None:
    with pytest.raises(ValueError, match=r"must be|needs|larger than"):
        render_field(SmearSlide(Diagnosis.NORMAL, 0), index, um_per_px=um_per_px, shape=shape)


def test_fail__negative_seed() -> None:
    with pytest.raises(ValueError, match="seed"):
        SmearSlide(Diagnosis.NORMAL, -1)
