"""A normal slide ends well: rendered fields read by the shipped bundle until enough cells are counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from leukoscope.field import Field
from leukoscope.model.bundle import load_bundle
from leukoscope.model.readers import open_cell_reader
from leukoscope.qc.slide_measures import MIN_CELLS, slide_measures
from leukoscope.reading.cell_reader import CellReader
from leukoscope.reading.cell_types import CellType
from leukoscope.reading.differential import ABNORMAL
from leukoscope.reading.results import FieldReading, Pattern, QcState, Reason
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field
from leukoscope.simulator.stage import NORMAL_SLIDE

BUNDLE = Path(__file__).parents[2] / "models" / "cell-reader"
CELLS, MOST_FIELDS = 100, 80
UM_PER_PX = 0.155
"""The device's own scale: whole fields, 1014 x 760 px."""


@pytest.fixture(scope="module")
def reader() -> CellReader:
    return open_cell_reader(load_bundle(BUNDLE), 1)


def read(seed: int, reader: CellReader, cells: int = CELLS) -> list[FieldReading]:
    """A normal slide's fields, one after the other, until so many white cells are counted."""
    readings: list[FieldReading] = []
    for index in range(MOST_FIELDS):
        smear = render_field(SmearSlide(Diagnosis.NORMAL, seed), index, um_per_px=UM_PER_PX)
        rgb = expose(
            defocus(smear.transmittance, 0.0, UM_PER_PX),
            led_level=1.0,
            exposure=1.0,
            shading=0.15,
            rng=np.random.default_rng(index),
        )
        readings.append(reader.read(Field(rgb, UM_PER_PX)))
        if reader.judge(readings).white_cells >= cells:
            return readings
    pytest.fail(f"{reader.judge(readings).white_cells} cells in {MOST_FIELDS} fields")


def test_ok__a_normal_slide_may_be_a_control_and_then_another_reads_normal(
    reader: CellReader,
) -> None:
    # The slide on the simulated stage. Its red cells overlap often: 35 of 95 finds were overlaps once, and it
    # was refused as a control.
    control = read(NORMAL_SLIDE.seed, reader)
    finds = [cell for reading in control for cell in reading.white_cells if cell.types]
    artefacts = sum(cell.cell_type is CellType.ARTEFACT for cell in finds)
    assert artefacts < 0.15 * len(finds)
    measures = slide_measures(control, reader.judge(control))
    assert measures.cells >= MIN_CELLS
    baseline = {name: measures.shares[name] for name in ABNORMAL}
    verdict = reader.judge(read(3, reader), QcState.VALID, baseline)
    assert (verdict.pattern, verdict.label, verdict.reason) == (Pattern.NORMAL, "normal", None)


def test_ok__no_leukaemia_is_seen_on_a_normal_slide_without_any_control(reader: CellReader) -> None:
    verdict = reader.judge(read(3, reader))
    assert (verdict.pattern, verdict.label) == (None, None)
    assert verdict.reason is Reason.NOT_CONTROLLED


def test_ok__neutrophils_of_a_slide_with_lilac_red_cells_are_no_artefacts(
    reader: CellReader,
) -> None:
    # Their cytoplasm had the red cells' colour: it was taken for red cells, and the bare lobes for artefacts.
    readings = read(9, reader, cells=20)
    finds = [cell for reading in readings for cell in reading.white_cells if cell.types]
    neutrophils = sum(cell.cell_type is CellType.NEUTROPHIL for cell in finds)
    assert neutrophils > 0.5 * len(finds)
