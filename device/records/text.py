"""Records as text for a terminal: the table of slides, and one slide with its fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from device.reading.results import (
    CELLS_FOR_DIFFERENTIAL,
    LABELS,
    NOTICE,
    Differential,
    Gate,
    Verdict,
    WhiteCell,
    finding,
    percent,
)
from device.records.differential import ABBREVIATIONS, rows
from device.records.record import SIMULATED, FieldRecord, SlideRecord, SlideReport
from device.wording import class_text, control_mark, pattern_text

_BAR = 20  # characters of a probability's bar


def slides_table(slides: Sequence[SlideRecord]) -> str:
    """Return the table of all slides, one line each, oldest first."""
    if not slides:
        return f"No slides yet.\n\n{NOTICE}\n"
    head = ("SLIDE", "BEGUN (UTC)", "VERDICT", "CONF.", "CELLS", "FIELDS", "ENDED BY", "")
    note = "" if all(slide.clock_synced for slide in slides) else "?: the clock was not set\n"
    return f"{_table([head, *map(_slide_cells, slides)])}\n{note}{NOTICE}\n"


def slide_text(report: SlideReport) -> str:
    """Return all that is worth reading of one slide; the rest is in the export."""
    slide, verdict = report.slide, report.slide.verdict
    ended = "not finished" if slide.ended_by is None else f"ended by {slide.ended_by.value}"
    marks = [control_mark(verdict.control), SIMULATED if slide.simulated else ""]
    lines = [
        "  ".join([slide.name, headline_text(verdict), *filter(None, marks)]),
        verdict_text(verdict),
        f"fields: {fields_text(slide)}, begun {time_text(slide.begun, slide.clock_synced)} UTC, {ended}",
        "",
        *probability_lines(verdict.probabilities),
    ]
    if verdict.differential is not None:
        lines += ["", *differential_lines(verdict.differential)]
    for field in report.fields:
        lines += ["", *_field_lines(field)]
    return "\n".join([*lines, "", NOTICE, ""])


def headline_text(verdict: Verdict) -> str:
    """Return the verdict in a few words; of a verdict on cells with its confidence: 'ACUTE 0.96'."""
    return verdict.headline if verdict.differential is None else pattern_text(verdict)


def verdict_text(verdict: Verdict) -> str:
    """Return what stands behind a verdict in one line, its reason first when it is inconclusive.

    Of a verdict on cells: its class and what was seen, 'AML 0.71 - 61 % blasts of 112'.
    """
    if verdict.differential is not None:
        return " - ".join(filter(None, [class_text(verdict), finding(verdict)]))
    parts = [] if verdict.reason is None else [verdict.reason.value]
    if verdict.probabilities:
        parts.append(f"confidence {confidence_text(verdict)}")
    parts.append(f"{verdict.white_cells} of {CELLS_FOR_DIFFERENTIAL} white cells")
    return ", ".join(parts)


def confidence_text(verdict: Verdict) -> str:
    """Return the confidence of what the headline names, '-' when nothing was read."""
    if not verdict.probabilities:
        return "-"
    return percent(verdict.headline_confidence)


def outcome_text(verdict: Verdict) -> str:
    """Return a field's verdict in one line: 'ALL 91%', of one on cells 'ACUTE 0.96 - ALL 0.91'."""
    if verdict.differential is None:
        return f"{verdict.headline} {confidence_text(verdict)}"
    return " - ".join(filter(None, [pattern_text(verdict), class_text(verdict)]))


def time_text(wall_time: str, clock_synced: bool) -> str:
    """Return a wall time to the minute, with a '?' when the clock was not set."""
    return wall_time[:16].replace("T", " ") + ("" if clock_synced else " ?")


def fields_text(slide: SlideRecord) -> str:
    """Return how many fields were kept, and how many of them refused: '5' or '5 (1 refused)'."""
    refused = f" ({slide.fields_refused} refused)" if slide.fields_refused else ""
    return f"{slide.fields_kept}{refused}"


def gate_text(gate: Gate) -> tuple[str, str, str]:
    """Return a gate's name, its value in its unit, and its limits ('0.2 to 1.5', 'at least 3')."""
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
    """Return a line with a bar for each class; none when nothing was read."""
    if not probabilities:
        return []
    return [
        f"{label:>8} {'#' * round(_BAR * p):<{_BAR}} {100 * p:5.1f} %"
        for label, p in zip(LABELS, probabilities, strict=True)
    ]


def differential_lines(differential: Differential) -> list[str]:
    """Return the table of a differential: each type, its count and its share of the white cells."""
    table = [("", "TYPE", "COUNT", "SHARE")]
    table += [
        (ABBREVIATIONS[row.cell_type], row.cell_type.value, f"{row.count:.1f}", row.share_text)
        for row in rows(differential)
    ]
    table.append(("", "white cells (n)", f"{differential.cells:.1f}", "100 %"))
    return _table(table, right=2).splitlines()


def cells_text(cells: Sequence[WhiteCell]) -> str:
    """Return how many cells were found, and of those that were read their types: '3 (2 LBL, 1 ART)'."""
    found = Counter(cell.cell_type for cell in cells)
    types = [f"{found[kind]} {letters}" for kind, letters in ABBREVIATIONS.items() if found[kind]]
    return f"{len(cells)} ({', '.join(types)})" if types else str(len(cells))


def _slide_cells(slide: SlideRecord) -> tuple[str, ...]:
    return (
        slide.name,
        time_text(slide.begun, slide.clock_synced),
        slide.verdict.headline,
        confidence_text(slide.verdict),
        str(slide.verdict.white_cells),
        fields_text(slide),
        "not finished" if slide.ended_by is None else slide.ended_by.value,
        SIMULATED if slide.simulated else "",
    )


def _field_lines(field: FieldRecord) -> list[str]:
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
        *(f"    {line}" for line in _table(gates).splitlines()),
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
    """What became of a field's burst; nothing for a field of one frame."""
    if "FrameUsed" not in metadata:
        return []
    frames, used = metadata["Frames"], metadata["FrameUsed"]
    if used == "mean":
        return [f"    mean of {frames} frames"]
    moved = metadata["StageMovedUm"]
    return [f"    frame {used} of {frames}, the sharpest: the stage moved by {moved} µm"]


def _table(rows: Sequence[tuple[str, ...]], right: int | None = None) -> str:
    """Return the rows in columns, one line each; those from column `right` on end at their right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    first = len(widths) if right is None else right
    return "".join(
        "  ".join(
            cell.ljust(width) if column < first else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        + "\n"
        for row in rows
    )
