"""What a bundle becomes to read slides with: by a window of each field, or cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from leukoscope.errors import BundleError
from leukoscope.field import Field, Rgb
from leukoscope.model.bundle import Bundle
from leukoscope.model.tflite_model import TfliteModel
from leukoscope.reading.cell_reader import read_cells
from leukoscope.reading.cell_types import CELL_TYPES
from leukoscope.reading.cell_view import view_px
from leukoscope.reading.differential import Baseline
from leukoscope.reading.measurements import GEOMETRY_CENTRE
from leukoscope.reading.pooling import pool
from leukoscope.reading.results import LABELS, FieldReading, QcState, Verdict
from leukoscope.reading.rule import judge
from leukoscope.reading.window_reader import read_field


class WindowReader(TfliteModel):
    """Reads one window of each field, that with the most white cells."""

    def __init__(self, bundle: Bundle, threads: int) -> None:
        """As `TfliteModel`, warmed up."""
        super().__init__(bundle, threads, outputs=len(LABELS))
        self.probabilities(np.zeros((self.window_px, self.window_px, 3), np.uint8))

    @property
    def window_px(self) -> int:
        """Side of the model's square input, pixels."""
        return self.card.side_px

    def probabilities(self, window: Rgb) -> tuple[float, ...]:
        """Calibrated probabilities, one per label of `LABELS`, sum 1.

        window: shape (window_px, window_px, 3), uint8, R, G, B.
        """
        return self.run(window)

    def read(self, field: Field) -> FieldReading:
        """The reading of one field. Raises FieldError when it is too small for the window."""
        return read_field(field, self)

    def judge(
        self,
        readings: Sequence[FieldReading],
        qc: QcState = QcState.UNCONTROLLED,
        baseline: Baseline | None = None,
    ) -> Verdict:
        """The verdict over the fields of a slide. Control slides say nothing of whole fields."""
        del qc, baseline
        return pool(readings, self.thresholds)


class CellReader(TfliteModel):
    """Reads each white cell of a field."""

    def __init__(self, bundle: Bundle, threads: int) -> None:
        """As `TfliteModel`, warmed up; also BundleError when the card is not of a model of cells."""
        super().__init__(bundle, threads, outputs=len(CELL_TYPES), geometry=len(GEOMETRY_CENTRE))
        if bundle.card.errors is None or self.card.side_px != view_px(self.um_per_px):
            raise BundleError(
                f"model {self.card.name}: a cell at {self.um_per_px:g} µm per pixel is "
                f"{view_px(self.um_per_px)} px wide, its card says {self.card.side_px}"
            )
        self._errors = bundle.card.errors
        self.types(
            np.zeros((self.card.side_px, self.card.side_px, 3), np.uint8),
            (0.0,) * len(GEOMETRY_CENTRE),
        )

    def types(
        self, picture: npt.NDArray[np.uint8], geometry: tuple[float, ...]
    ) -> tuple[float, ...]:
        """Calibrated probabilities, one per `CellType`, sum 1; see cell_view.py and measurements.py."""
        return self.run(picture, geometry)

    def read(self, field: Field) -> FieldReading:
        """The reading of one field."""
        return read_cells(field, self, self._errors)

    def judge(
        self,
        readings: Sequence[FieldReading],
        qc: QcState = QcState.UNCONTROLLED,
        baseline: Baseline | None = None,
    ) -> Verdict:
        """The verdict over the fields of a slide, by the rule of rule.py."""
        return judge(readings, self.thresholds, self._errors, qc, baseline)


SlideReader: TypeAlias = WindowReader | CellReader


def open_reader(bundle: Bundle, threads: int) -> SlideReader:
    """The reader of a bundle; threads: of its interpreter, >= 1. Not for use by two threads at once.

    Raises BundleError when the model is not as its card, RuntimeMissingError when no runtime works.
    """
    return (CellReader if bundle.card.kind == "cells" else WindowReader)(bundle, threads)
