"""The shipped cell reader, by its real interpreter, on rendered smears."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from leukoscope.errors import BundleError
from leukoscope.field import Field
from leukoscope.model.bundle import Bundle, load_bundle
from leukoscope.model.interpreter import load_runtime
from leukoscope.model.readers import open_cell_reader, open_reader
from leukoscope.reading.cell_evidence import CellEvidence
from leukoscope.reading.cell_reader import CellReader
from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, CellType
from leukoscope.reading.cell_view import view_px
from leukoscope.reading.measurements import GEOMETRY_CENTRE
from leukoscope.reading.results import GateName, Pattern, QcState, Reason
from leukoscope.simulator.hematology import Diagnosis

from tests.reading.examples import DISEASES, rendered

pytestmark = pytest.mark.runtime

FLOAT32 = "model-float32.tflite"


@pytest.fixture(scope="module")
def bundle(checkout: Path) -> Bundle:
    return load_bundle(checkout / "models" / "cell-reader")


@pytest.fixture(scope="module")
def reader(bundle: Bundle) -> CellReader:
    reader = open_reader(bundle, threads=1)
    assert isinstance(reader, CellReader)
    return reader


def picture(seed: int) -> np.ndarray:
    side = view_px(0.34)
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def test_ok__it_is_what_its_card_says(bundle: Bundle, reader: CellReader) -> None:
    assert bundle.card.kind == "cells"
    assert reader.uses_qc
    assert reader.model.um_per_px == bundle.card.um_per_px
    assert len(bundle.model) < 3_000_000


def test_ok__the_int8_picture_is_the_byte_itself(bundle: Bundle) -> None:
    _, interpreter = load_runtime()
    inputs = interpreter(model_content=bundle.model).get_input_details()
    picture = next(detail for detail in inputs if len(detail["shape"]) == 4)
    scale, zero_point = picture["quantization"]
    assert picture["dtype"] is np.int8
    assert (scale, zero_point) == (pytest.approx(1 / 255), -128)


def test_ok__types_sum_to_one_and_do_not_change(reader: CellReader) -> None:
    for seed in range(5):
        geometry = tuple(np.random.default_rng(seed).normal(size=len(GEOMETRY_CENTRE)))
        types = reader.model.run(picture(seed), geometry)
        assert types == reader.model.run(picture(seed), geometry)
        assert len(types) == len(CELL_TYPES)
        assert sum(types) == pytest.approx(1)


@pytest.mark.parametrize("diagnosis", DISEASES)
def test_ok__every_whole_cell_is_measured_and_read(
    reader: CellReader, diagnosis: Diagnosis
) -> None:
    field = rendered(diagnosis, 700)[0]
    reading = reader.read(field)
    assert reading.failed_gate is None
    assert sum(reading.probabilities) == pytest.approx(1)
    read = [cell for cell in reading.white_cells if cell.types]
    assert read
    for cell in read:
        assert 0 <= cell.x0 < cell.x1 <= field.width_px
        assert 0 <= cell.y0 < cell.y1 <= field.height_px
        assert sum(cell.types) == pytest.approx(1)
        assert cell.measurements is not None
        assert 10 < cell.measurements.nuclear_area <= cell.measurements.cell_area < 500


def test_ok__fields_of_a_slide_are_pooled(reader: CellReader) -> None:
    readings = [reader.read(rendered(Diagnosis.AML, 700)[0]) for _ in range(2)]
    verdict = reader.judge(readings, QcState.VALID)
    assert isinstance(verdict.evidence, CellEvidence)
    assert verdict.evidence.differential.share(*BLASTS) > 0.2
    assert verdict.white_cells == round(verdict.evidence.counted)
    assert verdict.qc is QcState.VALID
    assert verdict.reason is Reason.FEW_CELLS


def test_ok__a_field_without_a_cell_is_refused(reader: CellReader) -> None:
    glass = np.full((380, 507, 3), 225, np.uint8)
    noise = np.random.default_rng(0).normal(0, 1.5, glass.shape)
    field = Field((glass + noise).clip(0, 255).astype(np.uint8), 0.31)
    assert reader.read(field).failed_gate is not None
    verdict = reader.judge([reader.read(field)])
    assert (verdict.label, verdict.pattern, verdict.reason) == (None, None, Reason.NO_FIELD)


def test_ok__dots_of_ink_on_a_normal_field_are_artefacts(reader: CellReader) -> None:
    field = rendered(Diagnosis.NORMAL, 707)[0]
    before = reader.read(field)
    rgb = field.rgb.copy()
    y, x = np.mgrid[: rgb.shape[0], : rgb.shape[1]]
    for at, radius, colour in (((180, 580), 80, (40, 60, 160)), ((860, 100), 40, (30, 30, 120))):
        rgb[np.hypot(x - at[0], y - at[1]) <= radius] = colour
    after = reader.read(replace(field, rgb=rgb))
    dots = [cell for cell in after.white_cells if cell.cell_type is CellType.ARTEFACT]
    assert len(dots) == len(after.white_cells) - len(before.white_cells) >= 1
    assert reader.judge([after]).label is None


def test_ok__a_field_whose_only_cell_the_rim_cuts_says_nothing(reader: CellReader) -> None:
    """And not "normal", which is what is expected before any cell is seen."""
    field, (cell,) = rendered(Diagnosis.NORMAL, 707)
    cut = Field(np.ascontiguousarray(field.rgb[:, : round(cell.x_px)]), field.um_per_px)
    reading = reader.read(cut)
    assert all(found.types == () for found in reading.white_cells)
    assert reading.failed_gate is not None
    assert reading.failed_gate.name is GateName.WHITE_CELLS
    assert reader.judge([reading]).label is None


def test_ok__int8_reads_nearly_what_float32_reads(
    bundle: Bundle, checkout: Path, reader: CellReader
) -> None:
    model = (checkout / "models" / "cell-reader" / FLOAT32).read_bytes()
    card = replace(bundle.card, file=FLOAT32, sha256=hashlib.sha256(model).hexdigest())
    exact = open_cell_reader(Bundle(card, model), threads=1)
    for diagnosis in DISEASES:
        field = rendered(diagnosis, 701)[0]
        coarse, fine = (one.judge([one.read(field)]) for one in (reader, exact))
        assert coarse.probabilities == pytest.approx(fine.probabilities, abs=0.15)


def test_fail__a_card_whose_cells_are_of_another_size(bundle: Bundle) -> None:
    card = replace(bundle.card, um_per_px=0.5)
    with pytest.raises(BundleError, match=r"a cell at 0\.5 µm per pixel"):
        open_cell_reader(Bundle(card, bundle.model), threads=1)


def test_ok__normal_blood_is_not_called_leukaemia(reader: CellReader) -> None:
    verdict = reader.judge(
        [reader.read(rendered(Diagnosis.NORMAL, seed)[0]) for seed in (700, 701)]
    )
    assert verdict.pattern in (None, Pattern.NORMAL)
    assert verdict.evidence.differential.share(CellType.NEUTROPHIL) > 0
