"""The values of a control slide: the medians of its white cells' measurements, and the share of each group."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leukoscope.qc.errors import QcError
from leukoscope.reading.cell_types import NOT_COUNTED, CellType
from leukoscope.reading.differential import ABNORMAL, differential_of
from leukoscope.reading.results import FieldReading, Measurements, Pattern, Verdict, WhiteCell

MEASUREMENTS = tuple(field.name for field in dataclasses.fields(Measurements))
"""Names of a cell's measurements."""

GROUPS: Mapping[str, frozenset[CellType]] = {
    **ABNORMAL,
    "neutrophils": frozenset({CellType.NEUTROPHIL}),
    "eosinophils": frozenset({CellType.EOSINOPHIL}),
    "basophils": frozenset({CellType.BASOPHIL}),
    "lymphocytes": frozenset({CellType.LYMPHOCYTE}),
    "monocytes": frozenset({CellType.MONOCYTE}),
}
"""The groups of a differential by name. Every counted type is in one of them."""

MIN_CELLS = 50
"""Least number of counted cells of a control slide: as many as a verdict needs."""

MAX_ARTEFACTS = 1 / 3
"""Largest share of artefacts among the cells that were found."""

MAX_ABNORMAL = 0.10
"""Largest share of a group of `ABNORMAL`. The reference takes this share for normal, so it must stay below half of the
share of blasts that makes an acute leukaemia. The value was chosen, not measured."""


@dataclass(frozen=True)
class SlideMeasures:
    """The values of one control slide.

    Attributes:
        cells: Number of counted white cells, `MIN_CELLS` or more.
        medians: Median over those cells, of each of `MEASUREMENTS` in its own unit.
        shares: Share of the cells in each of `GROUPS`, 0..1, with sum 1. No control slide has corrected them.
    """

    cells: int
    medians: Mapping[str, float]
    shares: Mapping[str, float]


def slide_measures(readings: Sequence[FieldReading], verdict: Verdict) -> SlideMeasures:
    """Return the values of a slide that is to be a control slide.

    Args:
        readings: The readings of its fields.
        verdict: The verdict of the slide.

    Raises:
        QcError: The model does not read single cells, there are too few cells or too many artefacts, or the slide
            is not normal.
    """
    finds = [cell for reading in readings for cell in reading.white_cells if cell.types]
    if verdict.qc is None and not finds:
        raise QcError(
            "this model reads fields, not cells: choose a cell reader",
            "Model reads no cells:",
            "choose a cell reader",
        )
    artefacts = sum(cell.cell_type is CellType.ARTEFACT for cell in finds)
    if artefacts > MAX_ARTEFACTS * len(finds):
        raise QcError(
            f"{artefacts} of the {len(finds)} cells found are artefacts: take a cleaner slide",
            "Too many artefacts:",
            "take a cleaner slide",
        )
    counted = [_measurements_of(cell) for cell in finds if cell.cell_type not in NOT_COUNTED]
    if len(counted) < MIN_CELLS:
        raise QcError(
            f"{len(counted)} white cells of the {MIN_CELLS} that a control slide needs: "
            "read it again, longer",
            f"{len(counted)} of {MIN_CELLS} cells:",
            "read it again, longer",
        )
    if verdict.pattern not in (None, Pattern.NORMAL):
        raise QcError(
            f"the slide reads as {verdict.headline}: only a normal slide can be a control",
            f"It reads as {verdict.headline}:",
            "take a normal slide",
        )
    differential = differential_of(readings)
    shares = {name: differential.share(*types) for name, types in GROUPS.items()}
    for name in ABNORMAL:
        if shares[name] > MAX_ABNORMAL:
            raise QcError(
                f"{100 * shares[name]:.0f} % of its cells read as {name.replace('_', ' ')}: only a normal "
                "slide can be a control",
                "Abnormal cells seen:",
                "take a normal slide",
            )
    return SlideMeasures(
        cells=len(counted),
        medians={
            name: float(statistics.median(getattr(of_cell, name) for of_cell in counted))
            for name in MEASUREMENTS
        },
        shares=shares,
    )


def _measurements_of(cell: WhiteCell) -> Measurements:
    if cell.measurements is None:
        raise QcError(
            "the slide's cells were recorded without their measurements: read it again",
            "Nothing was measured:",
            "read it again",
        )
    return cell.measurements
