"""A verdict in words, the same on the panel, in records and over SSH.

Confidences have two decimals, '0.96', and shares of cells are percent, '61 %', so that neither is taken
for the other on a screen with both. What depends on how the slide was read, the evidence says itself.
"""

from __future__ import annotations

from leukoscope.reading.results import (
    CELLS_FOR_DIFFERENTIAL,
    Pattern,
    QcState,
    Reason,
    Verdict,
)

NOT_TOLD_APART = "ALL or AML: not told apart"

_BRIEF_REASONS = {
    Reason.NO_FIELD: "no field read",
    Reason.FEW_CELLS: "under 50 cells",
    Reason.ARTEFACTS: "many artefacts",
    Reason.LOW_CONFIDENCE: "low confidence",
    Reason.CLASS_UNSURE: "ALL or AML?",
}
"""Reasons in a table: a column that leaves room for the others in 80."""


def decimal(probability: float) -> str:
    """A probability 0..1 with two decimals, never '1.00': no verdict is certain."""
    return f"{min(probability, 0.99):.2f}"


def pattern_text(verdict: Verdict) -> str:
    """The pattern and its confidence: 'ACUTE 0.96', 'NORMAL 0.97'; 'INCONCLUSIVE' has none."""
    if verdict.pattern is None or (verdict.pattern is Pattern.NORMAL and verdict.label is None):
        return "INCONCLUSIVE"
    name = "NORMAL" if verdict.pattern is Pattern.NORMAL else verdict.pattern.value.upper()
    return f"{name} {decimal(verdict.pattern_confidence)}"


def class_text(verdict: Verdict) -> str:
    """What stands beside the pattern on the panel: 'AML 0.71', or why no class is named; often ''.

    A confidence that is too low is given with its value.
    """
    if verdict.reason is Reason.CLASS_UNSURE:
        return NOT_TOLD_APART
    if verdict.reason is Reason.LOW_CONFIDENCE:
        return f"{verdict.reason.value} {decimal(verdict.headline_confidence)}"
    if verdict.reason is not None:
        return str(verdict.reason.value)
    if verdict.pattern is Pattern.ACUTE and verdict.label is not None:
        return f"{verdict.label} {decimal(verdict.confidence)}"
    return ""


def class_and_reason(verdict: Verdict) -> str:
    """The same where there is room: 'AML 0.71, under 50 cells'; a class that is named comes first."""
    if verdict.reason is None or verdict.label is None or verdict.pattern is not Pattern.ACUTE:
        return class_text(verdict)
    return f"{verdict.label} {decimal(verdict.confidence)}, {class_text(verdict)}"


def brief_text(verdict: Verdict) -> str:
    """The verdict in a cell of a table: 'AML 0.71', 'acute 0.91'; 'inconclusive' has no confidence."""
    if verdict.label is None and verdict.pattern in (None, Pattern.NORMAL):
        return verdict.headline
    return f"{verdict.headline} {decimal(verdict.headline_confidence)}"


def brief_reason(verdict: Verdict) -> str:
    """Why a verdict is inconclusive or provisional, at most 14 characters; '' when it is neither."""
    return "" if verdict.reason is None else _BRIEF_REASONS[verdict.reason]


def seen_text(verdict: Verdict) -> str:
    """What was seen, in a cell of a table: '61 % blasts of 112', '3 white cells'; '-' of no field read.

    At most 22 characters up to 999 cells, shortened as on the panel.
    """
    return verdict.evidence.seen(verdict) if verdict.fields else "-"


def finding_text(verdict: Verdict) -> str:
    """What was seen of the cells, '61 % blasts of 112'; empty when no cell was read."""
    return verdict.evidence.finding(verdict)


def headline_text(verdict: Verdict) -> str:
    """The verdict in a few words over a report: 'ACUTE 0.96', or of whole fields 'ALL'."""
    return verdict.evidence.headline(verdict)


def summary_text(verdict: Verdict) -> str:
    """The line below it: 'AML 0.71 - 61 % blasts of 112', its reason first when it is inconclusive."""
    return verdict.evidence.summary(verdict)


def outcome_text(verdict: Verdict) -> str:
    """The verdict in one line: 'ACUTE 0.96 - ALL 0.91', or of whole fields 'ALL 0.91'."""
    return verdict.evidence.outcome(verdict)


def cells_of_100_text(white_cells: int) -> str:
    """How far the count is: '63/100 cells'."""
    return f"{white_cells}/{CELLS_FOR_DIFFERENTIAL} cells"


def field_count_text(fields: int) -> str:
    """'1 field', '5 fields'."""
    return "1 field" if fields == 1 else f"{fields} fields"


def qc_mark(qc: QcState | None) -> str:
    """The mark of a verdict on a device that is not controlled: 'UNCONTROLLED', 'CONTROL DRIFTED'; else ''."""
    return "" if qc in (None, QcState.VALID) else str(qc.value).upper()
