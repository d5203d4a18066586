"""Evidence of a reader that reads each white cell: the differential, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, NOT_COUNTED, CellType
from leukoscope.reading.differential import Differential
from leukoscope.reading.results import (
    CELLS_FOR_DIFFERENTIAL,
    DifferentialRow,
    Evidence,
    PanelLines,
    Pattern,
    Reason,
    Verdict,
)
from leukoscope.reading.wording import (
    cells_of_100_text,
    class_and_reason,
    class_text_on_panel,
    field_count_text,
    pattern_text,
    qc_mark,
)

_FINDINGS = {
    Pattern.ACUTE: ("blasts", tuple(BLASTS)),
    Pattern.CML: (
        "granulocytes",
        (CellType.NEUTROPHIL, CellType.MYELOCYTE, CellType.PROMYELOCYTE, CellType.BASOPHIL),
    ),
    Pattern.LYMPHOCYTOSIS: ("lymphoid", (CellType.LYMPHOCYTE, CellType.ATYPICAL_LYMPHOCYTE)),
}
"""The cells whose share decides on each pattern, and their name in a verdict's words."""

_WANTS_MORE = (Reason.FEW_CELLS, Reason.ARTEFACTS)
"""Reasons that more fields can remove. While a slide is open, the panel says so."""


@dataclass(frozen=True)
class CellEvidence(Evidence):
    """The differential of a slide whose white cells were read one by one."""

    differential: Differential

    def rows(self) -> tuple[DifferentialRow, ...]:
        """Return one row per type, in the order of `CellType`. The types that are not counted come last."""
        return tuple(
            DifferentialRow(
                cell_type,
                float(self.differential.count(cell_type)),
                None if cell_type in NOT_COUNTED else self.differential.share(cell_type),
            )
            for cell_type in CELL_TYPES
        )

    @property
    def counted(self) -> float:
        """Number of white cells in the differential; not a whole number."""
        return self.differential.cells

    def finding(self, verdict: Verdict) -> str:
        """Return '61 % blasts of 112': the share that decided on the pattern, or that of blasts if none did."""
        name, types = _FINDINGS.get(verdict.pattern or Pattern.NORMAL, _FINDINGS[Pattern.ACUTE])
        share = self.differential.share(*types)
        return f"{round(100 * share)} % {name} of {round(self.differential.cells)}"

    def seen(self, verdict: Verdict) -> str:
        """Return the finding as short as on the panel: at most 22 characters up to 999 cells."""
        return self.finding(verdict).replace("granulocytes", "granuloc.")

    def headline(self, verdict: Verdict) -> str:
        """Return the pattern with its confidence: 'ACUTE 0.96'."""
        return pattern_text(verdict)

    def summary(self, verdict: Verdict) -> str:
        """Return 'AML 0.71 - 61 % blasts of 112'."""
        return " - ".join(filter(None, [class_and_reason(verdict), self.finding(verdict)]))

    def outcome(self, verdict: Verdict) -> str:
        """Return 'ACUTE 0.96 - ALL 0.91'."""
        return " - ".join(filter(None, [pattern_text(verdict), class_and_reason(verdict)]))

    def panel_lines(self, verdict: Verdict, *, goes_on: bool) -> PanelLines:
        """Return the lines: the pattern, the class or why none is named, what was seen, the control slides' mark."""
        line1 = class_text_on_panel(verdict, goes_on=goes_on and verdict.reason in _WANTS_MORE)
        # It must fit the line: a number that is cut off would be read as another number.
        seen = self.seen(verdict).replace(" %", "%")
        cells, mark = round(self.differential.cells), qc_mark(verdict.qc)
        last = None
        if mark:
            last = (f"{cells}/{CELLS_FOR_DIFFERENTIAL}", mark)
        elif goes_on:
            last = (cells_of_100_text(cells), field_count_text(verdict.fields))
        return PanelLines(pattern_text(verdict), "", (line1, ""), (seen, ""), last)

    def to_json(self, verdict: Verdict) -> dict[str, Any]:
        """Return the finding, and the count of each type by its name."""
        counts = {row.cell_type.value: row.count for row in self.rows()}
        return {"finding": self.finding(verdict), "differential": counts}
