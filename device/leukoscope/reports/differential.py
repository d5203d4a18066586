"""The differential of a slide as rows, for the table of a terminal and of a picture."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.reading.cell_types import CELL_TYPES, NOT_COUNTED, CellType
from leukoscope.reading.results import Differential

ABBREVIATIONS = {
    CellType.NEUTROPHIL: "NEU",
    CellType.EOSINOPHIL: "EOS",
    CellType.BASOPHIL: "BAS",
    CellType.LYMPHOCYTE: "LYM",
    CellType.MONOCYTE: "MON",
    CellType.LYMPHOBLAST: "LBL",
    CellType.MYELOBLAST: "MBL",
    CellType.PROMYELOCYTE: "PRO",
    CellType.MYELOCYTE: "MYE",
    CellType.ATYPICAL_LYMPHOCYTE: "ATY",
    CellType.SMUDGE: "SMU",
    CellType.ARTEFACT: "ART",
}
"""What stands beside a cell's box on a picture; in the order of `CellType`."""


@dataclass(frozen=True)
class DifferentialRow:
    """One type of a differential. count: of finds; share: of the counted cells, None if not counted."""

    cell_type: CellType
    count: float
    share: float | None

    @property
    def share_text(self) -> str:
        """The share as whole percent, '-' for a type that is not counted."""
        return "-" if self.share is None else f"{round(100 * self.share)} %"


def differential_rows(differential: Differential) -> list[DifferentialRow]:
    """Return a row for each type, in their order: those that are not counted come last."""
    return [
        DifferentialRow(
            cell_type,
            differential.count(cell_type),
            None if cell_type in NOT_COUNTED else differential.share(cell_type),
        )
        for cell_type in CELL_TYPES
    ]
