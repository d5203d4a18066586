"""Evidence of a reader that reads each white cell: the differential, and what the rule makes of it."""

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
    class_text,
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
    Pattern.CLL: ("lymphoid", (CellType.LYMPHOCYTE, CellType.ATYPICAL_LYMPHOCYTE)),
}
"""The share of cells that each pattern stands on, and what people call it."""

_WANTS_MORE = (Reason.FEW_CELLS, Reason.ARTEFACTS)
"""Reasons that more fields can remove: while a slide is open the panel says so."""

_NOT_TOLD_APART = "ALL/AML: not told apart"
"""As wide as the panel."""


@dataclass(frozen=True)
class CellEvidence(Evidence):
    """A differential of white cells that were read one by one."""

    differential: Differential

    @property
    def rows(self) -> tuple[DifferentialRow, ...]:
        """A row for each type, in their order: those that are not counted come last."""
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
        """White cells of the differential, not a whole number."""
        return self.differential.cells

    def finding(self, verdict: Verdict) -> str:
        """'61 % blasts of 112': the share that the pattern stands on; without such a pattern the blasts."""
        name, types = _FINDINGS.get(verdict.pattern or Pattern.NORMAL, _FINDINGS[Pattern.ACUTE])
        share = self.differential.share(*types)
        return f"{round(100 * share)} % {name} of {round(self.differential.cells)}"

    def seen(self, verdict: Verdict) -> str:
        """The finding, shortened as on the panel: at most 22 characters up to 999 cells."""
        return self.finding(verdict).replace("granulocytes", "granuloc.")

    def headline(self, verdict: Verdict) -> str:
        """The pattern with its confidence: 'ACUTE 0.96'."""
        return pattern_text(verdict)

    def summary(self, verdict: Verdict) -> str:
        """'AML 0.71 - 61 % blasts of 112'."""
        return " - ".join(filter(None, [class_and_reason(verdict), self.finding(verdict)]))

    def outcome(self, verdict: Verdict) -> str:
        """'ACUTE 0.96 - ALL 0.91'."""
        return " - ".join(filter(None, [pattern_text(verdict), class_and_reason(verdict)]))

    def panel_lines(self, verdict: Verdict, *, goes_on: bool) -> PanelLines:
        """The pattern, its class or why none is named, what was seen, and the state of the controls."""
        unsure = verdict.reason is Reason.CLASS_UNSURE
        line1 = _NOT_TOLD_APART if unsure else class_text(verdict)
        if goes_on and verdict.reason in _WANTS_MORE:
            line1 += ": go on"
        # Short enough to be whole: half a number would be a wrong one.
        seen = self.seen(verdict).replace(" %", "%")
        cells, mark = round(self.differential.cells), qc_mark(verdict.qc)
        last = None
        if mark:
            last = (f"{cells}/{CELLS_FOR_DIFFERENTIAL}", mark)
        elif goes_on:
            last = (cells_of_100_text(cells), field_count_text(verdict.fields))
        return PanelLines(pattern_text(verdict), "", (line1, ""), (seen, ""), last)

    def to_json(self, verdict: Verdict) -> dict[str, Any]:
        """The finding, and the count of each type by its name."""
        counts = {row.cell_type.value: row.count for row in self.rows}
        return {"finding": self.finding(verdict), "differential": counts}
