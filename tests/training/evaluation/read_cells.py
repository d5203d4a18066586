"""Typed cells, and stand-ins for what a reader reads of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("sklearn", reason="scikit-learn, of the [dev] extra, is not installed")

from leukoscope.reading.cell_reader import CellReader
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.reader_errors import ReaderErrors
from leukoscope.reading.results import LABELS, Measurements, WhiteCell
from leukoscope.reading.thresholds import Thresholds
from leukoscope_training.data.typed_cells import TypedCell
from leukoscope_training.evaluation.typed_cell_reading import ReadCell

BLOOD = ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte")


class SizeModel:
    """Says myeloblast to large nuclei, and neutrophil to the others."""

    um_per_px, runtime = 0.34, "stub"
    card = SimpleNamespace(name="size", version="1", sha256="ab" * 32)

    def run(
        self, picture: npt.NDArray[np.uint8], geometry: tuple[float, ...] = ()
    ) -> tuple[float, ...]:
        return types(CellType.MYELOBLAST if geometry[0] > 0 else CellType.NEUTROPHIL)


def reader() -> CellReader:
    errors = ReaderErrors(
        blast_sensitivity=0.95,
        blast_sensitivity_spread=0.05,
        false_blasts=0.02,
        false_blasts_spread=0.02,
        effective_cells=200.0,
        lymphoblast_share=0.5,
        lymphoblast_spread=0.1,
        laboratories=dict.fromkeys(LABELS, 2),
    )
    return CellReader(SizeModel(), Thresholds(0.5, 0.7), errors)


def types(said: CellType, sure: float = 0.9) -> tuple[float, ...]:
    rest = (1 - sure) / (len(CELL_TYPES) - 1)
    return tuple(sure if cell_type is said else rest for cell_type in CELL_TYPES)


def find(said: CellType, area: float = 50.0, sure: float = 0.9) -> WhiteCell:
    measurements = Measurements(area, 2 * area, 0.5, 1.0, 0.8, 2.0, 0.1, 0.1, 0.0)
    return WhiteCell(0, 0, 9, 9, area, measurements, types(said, sure))


def read(word: str, found: WhiteCell | None, patient: str = "") -> ReadCell:
    return ReadCell(TypedCell(Path("a.png"), word, patient), found)


def read_right(word: str) -> ReadCell:
    """A cell that is read as what it is; a blast as a myeloblast."""
    return read(word, find(CellType.MYELOBLAST if word == "blast" else CellType(word)))
