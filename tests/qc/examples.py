"""Control slides and slides' cells, made up to order."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from leukoscope.qc.series import QcScope, QcSlide
from leukoscope.qc.slide_measures import GROUPS, SlideMeasures
from leukoscope.reading.cell_evidence import CellEvidence
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.differential import Differential
from leukoscope.reading.field_evidence import FieldEvidence
from leukoscope.reading.results import (
    FieldReading,
    Measurements,
    Pattern,
    QcState,
    Reason,
    Verdict,
    WhiteCell,
)
from leukoscope.system.clock import Moment

NORMAL = Measurements(
    nuclear_area=60.0,
    cell_area=110.0,
    nc_ratio=0.55,
    lobes=2.0,
    roundness=0.6,
    nuclear_density=2.5,
    texture=0.2,
    granularity=0.12,
    basophilia=0.0,
)
MADE_FOR = QcScope("ab" * 32, simulated=False)


def at(hours: float, boot_id: str = "boot-1", *, clock_synced: bool = True) -> Moment:
    """So many hours after midnight of a day in May, and as many after the start of the machine."""
    day, hour = divmod(hours, 24)
    wall = f"2026-05-{1 + int(day):02d}T{int(hour):02d}:{int(hour * 60) % 60:02d}:00.000Z"
    return Moment(boot_id, hours * 3600.0, wall, clock_synced)


def measures(score: float = 0.0, blasts: float = 0.01, cells: int = 100) -> SlideMeasures:
    """Of a slide whose nuclei are by `score` x 6 % larger than usual."""
    medians = dataclasses.asdict(NORMAL) | {
        "nuclear_area": NORMAL.nuclear_area * (1 + 0.06 * score)
    }
    rest = (1 - blasts) / (len(GROUPS) - 1)
    shares = {name: blasts if name == "blasts" else rest for name in GROUPS}
    return SlideMeasures(cells, medians, shares)


def control_slides(
    scores: Sequence[float], made_for: QcScope = MADE_FOR, first: int = 1
) -> list[QcSlide]:
    """A slide a day, the first on the first."""
    return [
        QcSlide(f"S{first + day:04d}", at(24.0 * day + 8), made_for, measures(score))
        for day, score in enumerate(scores)
    ]


def cell(cell_type: CellType, measured: Measurements | None = NORMAL) -> WhiteCell:
    """A white cell that is of this type for certain."""
    types = tuple(float(other is cell_type) for other in CELL_TYPES)
    return WhiteCell(0, 0, 10, 10, 60.0, measured, types)


def reading(*cells: WhiteCell) -> FieldReading:
    return FieldReading((), cells, None, (0.96, 0.01, 0.01, 0.01, 0.01))


def normal_reading(count: int = 60, seed: int = 1) -> FieldReading:
    """A field of normal blood: neutrophils and half as many lymphocytes, sizes by chance."""
    rng = np.random.default_rng(seed)
    kinds = [CellType.NEUTROPHIL, CellType.NEUTROPHIL, CellType.LYMPHOCYTE]
    return reading(
        *(
            cell(
                kinds[index % 3], dataclasses.replace(NORMAL, nuclear_area=float(rng.normal(60, 6)))
            )
            for index in range(count)
        )
    )


def verdict(pattern: Pattern | None = Pattern.NORMAL, *, reads_cells: bool = True) -> Verdict:
    label = {Pattern.NORMAL: "normal", Pattern.ACUTE: "ALL"}.get(pattern) if pattern else None
    probabilities, differential = (0.2,) * 5, Differential((1.0,) * len(CELL_TYPES))
    read = CellEvidence(probabilities, differential)
    return Verdict(
        label=label,
        pattern=pattern,
        confidence=0.9,
        pattern_confidence=0.95,
        evidence=read if reads_cells else FieldEvidence(probabilities),
        white_cells=60,
        fields=1,
        reason=None if label else Reason.LOW_CONFIDENCE,
        qc=QcState.VALID if reads_cells else None,
    )
