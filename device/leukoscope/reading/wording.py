"""A verdict in words, for the panel, for reports and for the commands.

Confidences have two decimals, '0.96', and shares of cells are percent, '61 %', so that they cannot be confused on
a screen that shows both. Words that depend on how the slide was read come from the verdict's evidence.
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
_NOT_TOLD_APART_ON_PANEL = "ALL/AML: not told apart"
"""The same, just short enough for a line of the panel."""
_CLL_NOT_TOLD = "CLL or reactive: not told apart"
_CLL_NOT_TOLD_ON_PANEL = "mature: CLL or reactive"

_BRIEF_REASONS = {
    Reason.NO_FIELD: "no field read",
    Reason.FEW_CELLS: "too few cells",
    Reason.ARTEFACTS: "many artefacts",
    Reason.LOW_CONFIDENCE: "low confidence",
    Reason.CLASS_UNSURE: "ALL or AML?",
    Reason.NOT_CONTROLLED: "control?",
}
"""Reasons short enough for a column of a table that is 80 characters wide."""


def decimal(probability: float) -> str:
    """Return a probability 0..1 with two decimals. It is never '1.00', because no verdict is certain."""
    return f"{min(probability, 0.99):.2f}"


def pattern_text(verdict: Verdict) -> str:
    """Return the pattern and its confidence: 'ACUTE 0.96'; or 'NO LEUKAEMIA SEEN' or 'INCONCLUSIVE' without one."""
    if verdict.pattern is None or (verdict.pattern is Pattern.NORMAL and verdict.label is None):
        return verdict.headline.upper()
    name = "NORMAL" if verdict.pattern is Pattern.NORMAL else verdict.pattern.value.upper()
    if verdict.label == "CLL":
        # Records of versions before 0.4.0 name this class.
        name = verdict.label
    return f"{name} {decimal(verdict.pattern_confidence)}"


def class_text(verdict: Verdict) -> str:
    """Return the class of an acute leukaemia, 'AML 0.71', or why no class is named; '' when there is neither.

    Beside a lymphocytosis it says that the reader cannot tell CLL from a reactive one.

    A confidence that is too low is shown with its value.
    """
    if verdict.reason is Reason.CLASS_UNSURE:
        return NOT_TOLD_APART
    if verdict.reason is Reason.LOW_CONFIDENCE:
        return f"{verdict.reason.value} {decimal(verdict.headline_confidence)}"
    if verdict.reason is not None:
        return str(verdict.reason.value)
    if verdict.pattern is Pattern.ACUTE and verdict.label is not None:
        return f"{verdict.label} {decimal(verdict.confidence)}"
    return _CLL_NOT_TOLD if _is_lymphocytosis(verdict) else ""


def _is_lymphocytosis(verdict: Verdict) -> bool:
    return verdict.pattern is Pattern.LYMPHOCYTOSIS and verdict.label is None


def class_text_on_panel(verdict: Verdict, *, goes_on: bool) -> str:
    """Return `class_text` as short as on the panel.

    Args:
        verdict: Of a slide whose cells were read one by one.
        goes_on: Whether to ask for more fields.
    """
    text = class_text(verdict)
    text = {NOT_TOLD_APART: _NOT_TOLD_APART_ON_PANEL, _CLL_NOT_TOLD: _CLL_NOT_TOLD_ON_PANEL}.get(
        text, text
    )
    return f"{text}: go on" if goes_on else text


def class_and_reason(verdict: Verdict) -> str:
    """Return the class and the reason where there is room for both: 'AML 0.71, too few cells'."""
    if verdict.reason is None or verdict.label is None or verdict.pattern is not Pattern.ACUTE:
        return class_text(verdict)
    return f"{verdict.label} {decimal(verdict.confidence)}, {class_text(verdict)}"


def brief_text(verdict: Verdict) -> str:
    """Return the verdict for a cell of a table: 'AML 0.71', 'acute 0.91', 'no leukaemia seen', 'inconclusive'."""
    if verdict.label is None and verdict.pattern in (None, Pattern.NORMAL):
        return verdict.headline
    return f"{verdict.headline} {decimal(verdict.headline_confidence)}"


def brief_reason(verdict: Verdict) -> str:
    """Return why a verdict is inconclusive or provisional, in at most 14 characters; '' when it is neither."""
    return "" if verdict.reason is None else _BRIEF_REASONS[verdict.reason]


def seen_text(verdict: Verdict) -> str:
    """Return what was seen, for a cell of a table: '61 % blasts of 112', '3 white cells'; '-' if no field was read.

    It is as short as on the panel: at most 22 characters up to 999 cells.
    """
    return verdict.evidence.seen(verdict) if verdict.fields else "-"


def finding_text(verdict: Verdict) -> str:
    """Return what was seen of the cells, '61 % blasts of 112'; empty when no cell was read."""
    return verdict.evidence.finding(verdict)


def headline_text(verdict: Verdict) -> str:
    """Return the verdict in a few words for the top of a report: 'ACUTE 0.96'; 'ALL' if whole fields were read."""
    return verdict.evidence.headline(verdict)


def summary_text(verdict: Verdict) -> str:
    """Return the line below the headline: 'AML 0.71 - 61 % blasts of 112'. If inconclusive, the reason comes first."""
    return verdict.evidence.summary(verdict)


def outcome_text(verdict: Verdict) -> str:
    """Return the verdict in one line: 'ACUTE 0.96 - ALL 0.91'; 'ALL 0.91' if whole fields were read."""
    return verdict.evidence.outcome(verdict)


def cells_of_100_text(white_cells: int) -> str:
    """Return how many cells of 100 are counted: '63/100 cells'."""
    return f"{white_cells}/{CELLS_FOR_DIFFERENTIAL} cells"


def field_count_text(fields: int) -> str:
    """Return the number of fields: '1 field', '5 fields'."""
    return "1 field" if fields == 1 else f"{fields} fields"


def qc_mark(qc: QcState | None) -> str:
    """Return 'UNCONTROLLED' or 'CONTROL DRIFTED' when the control slides do not vouch for a verdict, else ''."""
    return "" if qc in (None, QcState.VALID) else str(qc.value).upper()
