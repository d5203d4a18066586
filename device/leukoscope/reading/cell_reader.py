"""Reading a field cell by cell: nuclei found, each cell cut out, measured and read."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from leukoscope.field import Field
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.cell_view import cell_views
from leukoscope.reading.differential import differential_of
from leukoscope.reading.gates import cell_gates
from leukoscope.reading.measurements import geometry, measure_cells
from leukoscope.reading.results import FieldReading, WhiteCell
from leukoscope.reading.rule import ReaderErrors, class_probabilities
from leukoscope.reading.white_cells import find_nuclei
from leukoscope.reading.window_reader import flat_picture


class CellModel(Protocol):
    """What reading cells needs of a model."""

    @property
    def um_per_px(self) -> float:
        """Scale at which the model sees a cell, micrometres per pixel."""

    def types(
        self, picture: npt.NDArray[np.uint8], geometry: tuple[float, ...]
    ) -> tuple[float, ...]:
        """Calibrated probabilities, one per `CellType`, sum 1."""


def read_cells(field: Field, model: CellModel, errors: ReaderErrors) -> FieldReading:
    """The reading of one field; boxes come back in the field's own pixels.

    A cell that the picture's rim cuts has no types: it is counted nowhere. A field in which nothing whole
    is read as a white cell is refused by the last gate, and its finds stay in the reading: else its
    verdict would be that of no cell, which is what is known of blood before any is seen: normal.
    """
    flat = flat_picture(field, model.um_per_px)
    if not flat.passed:
        return FieldReading(flat.gates, (), None, None)
    nuclei = find_nuclei(flat.picture, model.um_per_px)
    factor = model.um_per_px / field.um_per_px
    cells = []
    views = cell_views(flat.picture, nuclei, model.um_per_px)
    for picture, measurements, whole, box, area in zip(
        views.pictures(),
        measure_cells(views),
        views.whole,
        nuclei.boxes,
        nuclei.areas_um2,
        strict=True,
    ):
        types = model.types(picture, geometry(measurements))
        if not whole and CELL_TYPES[int(np.argmax(types))] is CellType.ARTEFACT:
            continue
        x0, y0, x1, y1 = (round(value * factor) for value in box)
        cells.append(
            WhiteCell(
                x0,
                y0,
                min(x1, field.width_px),
                min(y1, field.height_px),
                round(area, 1),
                measurements,
                types if whole else (),
            )
        )
    gates = (*flat.gates, *cell_gates([cell for cell in cells if cell.types]))
    reading = FieldReading(gates, tuple(cells), None, None)
    if not gates[-1].passed:
        return reading
    differential = differential_of([reading])
    return FieldReading(
        reading.gates, reading.white_cells, None, class_probabilities(differential, errors)
    )
