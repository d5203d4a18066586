"""Writes records as text for a terminal: the table of slides, and one slide with its fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.reading.cell_types import ABBREVIATIONS, NOT_COUNTED
from leukoscope.reading.results import LABELS, Evidence, Gate, WhiteCell
from leukoscope.reading.wording import (
    brief_reason,
    brief_text,
    decimal,
    headline_text,
    outcome_text,
    qc_mark,
    summary_text,
)
from leukoscope.records.record import FieldRecord, SlideRecord, SlideReport
from leukoscope.reports.table import beside, text_table
from leukoscope.system.clock import time_text

LISTED = 7
"""A slide's text lists up to so many fields one by one. With them it fits on a screen of 24 lines."""

_BAR = 20  # characters of a probability's bar
_BESIDE = 4  # columns between the differential and the block beside it


def slides_table(slides: Sequence[SlideRecord], refusals: Mapping[int, str]) -> str:
    """Return the table of all slides, one line each, oldest first, at most 80 columns wide.

    Args:
        slides: The slides.
        refusals: By slide number, what was wrong with each slide of which no field could be read.
    """
    if not slides:
        return f"No slides yet.\n\n{NOTICE}\n"
    head = ("SLIDE", "BEGUN (UTC)", "VERDICT", "CELLS", "FIELDS", "WHY", "")
    rows = [head, *(_slide_cells(slide, refusals.get(slide.number, "")) for slide in slides)]
    table = text_table(rows, right=(3,))
    notes = []
    if not all(slide.clock_synced for slide in slides):
        notes.append("?: the clock was not set")
    if any(slide.fields_refused for slide in slides):
        notes.append("1/2: of 2 fields 1 was read, 1 refused")
    if any(slide.ended_by is None for slide in slides):
        notes.append("*: not finished")
    return "\n".join([*table, "", *(["; ".join(notes)] if notes else []), NOTICE, ""])


def slide_text(report: SlideReport, *, fields: bool = False) -> str:
    """Return a slide's verdict with its differential, and one line per field if there are only a few.

    The text has at most 80 columns and 22 lines, so that it fits on a screen.

    Args:
        report: The slide and its fields.
        fields: Whether to add some 20 lines about each field. The export has everything.
    """
    slide, verdict = report.slide, report.slide.verdict
    ended = "not finished" if slide.ended_by is None else f"ended by {slide.ended_by.value}"
    marks = [qc_mark(verdict.qc), SIMULATED if slide.simulated else ""]
    wrong = refusals_of(report.fields).most_common()
    problems = [f"{count} {problem}" if len(wrong) > 1 else problem for problem, count in wrong]
    refused = f" ({slide.fields_refused} refused: {', '.join(problems)})" if wrong else ""
    calibrated = all(field.provenance.calibration_sha256 for field in report.fields)
    uncalibrated = "" if calibrated else ", not calibrated"
    lines = [
        "  ".join([slide.name, headline_text(verdict), *filter(None, marks)]),
        summary_text(verdict),
        f"fields: {slide.fields_kept}{refused}",
        f"begun {time_text(slide.begun, slide.clock_synced)} UTC, {ended}{uncalibrated}",
        "",
    ]
    bars = probability_lines(verdict.probabilities)
    listed = [] if fields else _fields_in_brief(report)
    right = [*bars, *([""] if bars and listed else []), *listed]
    table = differential_lines(verdict.evidence)
    lines += beside(table, right, _BESIDE) if table else right
    if fields:
        for field in report.fields:
            lines += ["", *_field_lines(field)]
    return "\n".join([*lines, "", NOTICE, ""])


def refusals_of(fields: Iterable[FieldRecord]) -> Counter[str]:
    """Return what was wrong with the refused fields, and how often: {'OUT OF FOCUS': 2}."""
    gates = (field.reading.failed_gate for field in fields)
    return Counter(gate.problem for gate in gates if gate is not None)


def commonest_refusal(fields: Iterable[FieldRecord]) -> str:
    """Return the commonest problem of the refused fields; '' if none was refused."""
    return next((problem for problem, _ in refusals_of(fields).most_common(1)), "")


def fields_text(slide: SlideRecord) -> str:
    """Return how many fields were kept, and how many of them were refused: '5' or '5 (1 refused)'."""
    refused = f" ({slide.fields_refused} refused)" if slide.fields_refused else ""
    return f"{slide.fields_kept}{refused}"


def gate_text(gate: Gate) -> tuple[str, str, str]:
    """Return a gate's name, its value with its unit, and its limits ('0.2 to 1.5', 'at least 3')."""
    low, high = gate.low, gate.high
    if low is not None and high is not None:
        limits = f"{low:.4g} to {high:.4g}"
    elif low is not None:
        limits = f"at least {low:.4g}"
    elif high is not None:
        limits = f"at most {high:.4g}"
    else:
        limits = ""
    return gate.name.value.replace("_", " "), f"{gate.value:.4g} {gate.unit}".rstrip(), limits


def probability_lines(probabilities: Sequence[float]) -> list[str]:
    """Return a line with a bar for each class; no line if nothing was read."""
    if not probabilities:
        return []
    return [
        f"{label:>8} {'#' * round(_BAR * p):<{_BAR}} {decimal(p)}"
        for label, p in zip(LABELS, probabilities, strict=True)
    ]


def differential_lines(evidence: Evidence) -> list[str]:
    """Return the table of cell types with their counts and shares; none when no cell was read."""
    if not evidence.rows():
        return []
    table = [("", "TYPE", "COUNT", "SHARE")]
    table += [
        (ABBREVIATIONS[row.cell_type], row.cell_type.value, f"{row.count:.1f}", row.share_text)
        for row in evidence.rows()
    ]
    table.append(("", "white cells (n)", f"{evidence.counted:.1f}", "100 %"))
    return text_table(table, right=(2, 3))


def cells_text(cells: Sequence[WhiteCell]) -> str:
    """Return how many white cells were counted, and which were not: '2 (2 LBL), not counted: 1 ART'."""
    found = Counter(cell.cell_type for cell in cells)
    types = {kind: f"{found[kind]} {letters}" for kind, letters in ABBREVIATIONS.items()}
    counted = [types[kind] for kind in types if found[kind] and kind not in NOT_COUNTED]
    others = [types[kind] for kind in types if found[kind] and kind in NOT_COUNTED]
    if at_edge := sum(cell.at_edge for cell in cells):
        others.append(f"{at_edge} at the edge")
    text = str(cells_counted(cells))
    text += f" ({', '.join(counted)})" if counted else ""
    return f"{text}, not counted: {', '.join(others)}" if others else text


def cells_counted(cells: Sequence[WhiteCell]) -> int:
    """Return how many of a field's cells count as white cells in its verdict."""
    return sum(cell.counted for cell in cells)


def _slide_cells(slide: SlideRecord, refusal: str) -> tuple[str, ...]:
    kept = slide.fields_kept
    fields = f"{kept - slide.fields_refused}/{kept}" if slide.fields_refused else f"{kept}"
    return (
        slide.name,
        time_text(slide.begun, slide.clock_synced).replace(" ?", "?"),
        brief_text(slide.verdict),
        str(slide.verdict.white_cells),
        fields + ("*" if slide.ended_by is None else ""),
        refusal or brief_reason(slide.verdict),
        SIMULATED if slide.simulated else "",
    )


def _fields_in_brief(report: SlideReport) -> list[str]:
    """Return one line per field, or only how many fields there are."""
    slide = report.slide
    if len(report.fields) > LISTED:
        read = slide.fields_kept - slide.fields_refused
        return [f"{read} fields read, {slide.fields_refused} refused", "each by itself: --fields"]
    table = [("FIELD", "VERDICT", "CELLS")]
    for field in report.fields:
        gate = field.reading.failed_gate
        if gate is not None:
            outcome = f"refused: {gate.problem}"
        else:
            outcome = "no verdict" if field.verdict is None else brief_text(field.verdict)
        cells = "-" if gate is not None else str(cells_counted(field.reading.white_cells))
        table.append((str(field.number), outcome, cells))
    return text_table(table, right=(0, 2))


def _field_lines(field: FieldRecord) -> list[str]:
    """Return the details of a field."""
    refused_by = field.reading.failed_gate
    if refused_by is not None:
        outcome = f"refused: {refused_by.problem}, {refused_by.advice}"
    elif field.verdict is not None:
        outcome = outcome_text(field.verdict)
    else:
        outcome = "no verdict"
    made_by = field.provenance
    calibration = made_by.calibration_sha256
    gates = [("ok" if gate.passed else "FAIL", *gate_text(gate)) for gate in field.reading.gates]
    return [
        f"Field {field.number}: {outcome}" + (f"  {SIMULATED}" if made_by.simulated else ""),
        *(f"    {line}" for line in text_table(gates)),
        *(f"    {line}" for line in probability_lines(field.reading.probabilities or ())),
        f"    white cells {cells_text(field.reading.white_cells)}, {field.width_px} x {field.height_px} px"
        f" at {field.um_per_px:.4g} µm/px",
        *_frames_line(field.metadata),
        *([f"    scale {field.metadata['Scale']}"] if "Scale" in field.metadata else []),
        f"    picture {field.picture}"
        + (" (removed to make room)" if field.picture_removed else ""),
        f"            sha256 {field.picture_sha256}",
        f"    model {made_by.model_name} {made_by.model_version} sha256 {made_by.model_sha256}",
        "    not calibrated: shading estimated from the field itself"
        if calibration is None
        else f"    calibration {field.metadata.get('Calibration', '')} sha256 {calibration}",
        f"    record {field.record}, {time_text(made_by.wall_time, made_by.clock_synced)} UTC,"
        f" boot {made_by.boot_id} + {made_by.monotonic_s:.1f} s, software {made_by.software_version}",
    ]


def _frames_line(metadata: Mapping[str, object]) -> list[str]:
    """Return a line that says which frames of a burst were used; no line for a field of one frame."""
    if "FrameUsed" not in metadata:
        return []
    frames, used = metadata["Frames"], metadata["FrameUsed"]
    if used == "mean":
        return [f"    mean of {frames} frames"]
    moved = metadata["StageMovedUm"]
    return [f"    frame {used} of {frames}, the sharpest: the stage moved by {moved} µm"]
