"""The reader of cells: finds the nuclei, cuts out each white cell, measures it and reads its type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from leukoscope.field import Field, Rgb
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.cell_view import cell_views
from leukoscope.reading.differential import Baseline, differential_of
from leukoscope.reading.flat_picture import flat_picture
from leukoscope.reading.gates import cell_gates
from leukoscope.reading.measurements import cannot_be_cell, geometry, measure_cells
from leukoscope.reading.pattern_posterior import class_probabilities
from leukoscope.reading.reader_errors import BASELINE_SPREAD, ReaderErrors
from leukoscope.reading.results import FieldReading, QcState, Verdict, WhiteCell
from leukoscope.reading.rule import judge
from leukoscope.reading.slide_reader import Model
from leukoscope.reading.thresholds import Thresholds
from leukoscope.reading.white_cells import find_nuclei

SURELY_ARTEFACT = tuple(float(cell_type is CellType.ARTEFACT) for cell_type in CELL_TYPES)
"""The types of a find that cannot be a cell."""


class CellReader:
    """Reads each white cell of a field; a `SlideReader`."""

    uses_qc = True

    def __init__(self, model: Model, thresholds: Thresholds, errors: ReaderErrors) -> None:
        """Read with this model.

        Args:
            model: Takes the picture of a cell (see cell_view.py) and its numbers (see `measurements.geometry`),
                and gives one probability per `CellType`.
            thresholds: Least probabilities for a verdict, on a device whose control slides are valid.
            errors: How wrong the model's shares of cells are, and where it learned.
        """
        self.model, self.thresholds, self.errors = model, thresholds, errors

    def read(self, field: Field) -> FieldReading:
        """Read one field. Boxes are in the field's own pixels.

        A cell that the picture's edge cuts has no types and is not counted. A gate refuses a field without a
        whole white cell, because it gives no evidence. The finds of a refused field stay in the reading.
        """
        um_per_px = self.model.um_per_px
        flat = flat_picture(field, um_per_px)
        if not flat.passed:
            return FieldReading(flat.gates, (), None, None)
        factor = um_per_px / field.um_per_px
        cells = []
        for cell in self.read_cells(flat.picture):
            x0, y0, x1, y1 = (round(edge * factor) for edge in (cell.x0, cell.y0, cell.x1, cell.y1))
            x1, y1 = min(x1, field.width_px), min(y1, field.height_px)
            cells.append(replace(cell, x0=x0, y0=y0, x1=x1, y1=y1))
        gates = (*flat.gates, *cell_gates([cell for cell in cells if cell.types]))
        unread = FieldReading(gates, tuple(cells), None, None)
        if not gates[-1].passed:
            return unread
        probabilities = class_probabilities(differential_of([unread]), self.errors)
        return FieldReading(gates, unread.white_cells, None, probabilities)

    def read_cells(self, picture: Rgb) -> list[WhiteCell]:
        """Find and read the white cells of a flattened picture at the model's scale, without asking any gate.

        Args:
            picture: Shape (height, width, 3).

        Returns:
            The cells, with boxes in the picture's pixels. A cell that the picture's edge cuts has no types.
        """
        um_per_px = self.model.um_per_px
        nuclei = find_nuclei(picture, um_per_px)
        views = cell_views(picture, nuclei, um_per_px)
        cells = []
        for shown, measurements, whole, box, area in zip(
            views.pictures(),
            measure_cells(views),
            views.whole,
            nuclei.boxes,
            nuclei.areas_um2,
            strict=True,
        ):
            types = (
                SURELY_ARTEFACT
                if cannot_be_cell(measurements)
                else self.model.run(shown, geometry(measurements))
            )
            if not whole and CELL_TYPES[int(np.argmax(types))] is CellType.ARTEFACT:
                continue
            cells.append(WhiteCell(*box, round(area, 1), measurements, types if whole else ()))
        return cells

    def judge(
        self,
        readings: Sequence[FieldReading],
        qc: QcState = QcState.UNCONTROLLED,
        baseline: Baseline | None = None,
        baseline_spread: float = BASELINE_SPREAD,
    ) -> Verdict:
        """Judge the fields of a slide by the rule of rule.py."""
        return judge(readings, self.thresholds, self.errors, qc, baseline, baseline_spread)
