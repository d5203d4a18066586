"""Evidence of a reader that reads whole fields: the probabilities of the five classes, without cell types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leukoscope.reading.results import CELLS_FOR_DIFFERENTIAL, Evidence, PanelLines, Verdict
from leukoscope.reading.wording import (
    brief_text,
    cells_of_100_text,
    decimal,
    field_count_text,
)


@dataclass(frozen=True)
class FieldEvidence(Evidence):
    """The mean of the fields' class probabilities. White cells were found and counted, but not read."""

    def finding(self, verdict: Verdict) -> str:  # noqa: ARG002 - no cell was read
        """Return '', because no cell was read."""
        return ""

    def seen(self, verdict: Verdict) -> str:
        """Return how many white cells were found: '3 white cells'."""
        count = verdict.white_cells
        return f"{count} white cell{'' if count == 1 else 's'}"

    def headline(self, verdict: Verdict) -> str:
        """Return one word: 'ALL', 'acute', 'inconclusive'."""
        return verdict.headline

    def summary(self, verdict: Verdict) -> str:
        """Return 'ALL or AML?, confidence 0.91, 37 of 100 white cells'."""
        parts = [] if verdict.reason is None else [verdict.reason.value]
        if self.probabilities:
            parts.append(f"confidence {decimal(verdict.headline_confidence)}")
        parts.append(f"{verdict.white_cells} of {CELLS_FOR_DIFFERENTIAL} white cells")
        return ", ".join(parts)

    def outcome(self, verdict: Verdict) -> str:
        """Return 'ALL 0.91' or 'inconclusive - confidence too low'."""
        reason = "" if verdict.reason is None else verdict.reason.value
        return " - ".join(filter(None, [brief_text(verdict), reason]))

    def panel_lines(self, verdict: Verdict, *, goes_on: bool) -> PanelLines:  # noqa: ARG002
        """Return the lines: the class and its confidence, or why there is none, and what was counted."""
        cells, fields = cells_of_100_text(verdict.white_cells), field_count_text(verdict.fields)
        if verdict.reason is None:
            confidence = decimal(verdict.confidence)
            return PanelLines(verdict.headline, confidence, (cells, ""), (fields, ""), None)
        confidence = decimal(verdict.headline_confidence) if verdict.fields else ""
        reason = str(verdict.reason.value)
        return PanelLines(verdict.headline, "", (reason, confidence), (cells, fields), None)

    def to_json(self, verdict: Verdict) -> dict[str, Any]:  # noqa: ARG002
        """Return null for both keys."""
        return {"finding": None, "differential": None}
