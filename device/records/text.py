"""Records as text for a terminal: the table of slides, and one slide with its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device.reading.results import (
    CELLS_FOR_DIFFERENTIAL,
    LABELS,
    NOTICE,
    Gate,
    Verdict,
    percent,
)
from device.records.record import SIMULATED, FieldRecord, SlideRecord, SlideReport

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
    lines = [
        f"{slide.name}  {verdict.headline}" + (f"  {SIMULATED}" if slide.simulated else ""),
        verdict_text(verdict),
        f"fields: {fields_text(slide)}, begun {time_text(slide.begun, slide.clock_synced)} UTC, {ended}",
        "",
        *probability_lines(verdict.probabilities),
    ]
    for field in report.fields:
        lines += ["", *_field_lines(field)]
    return "\n".join([*lines, "", NOTICE, ""])


def verdict_text(verdict: Verdict) -> str:
    """Return what stands behind a verdict in one line, its reason first when it is inconclusive."""
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
        outcome = f"{field.verdict.headline} {confidence_text(field.verdict)}"
    else:
        outcome = "no verdict"
    made_by = field.provenance
    calibration = made_by.calibration_sha256
    gates = [("ok" if gate.passed else "FAIL", *gate_text(gate)) for gate in field.reading.gates]
    return [
        f"Field {field.number}: {outcome}" + (f"  {SIMULATED}" if made_by.simulated else ""),
        *(f"    {line}" for line in _table(gates).splitlines()),
        *(f"    {line}" for line in probability_lines(field.reading.probabilities or ())),
        f"    white cells {len(field.reading.white_cells)}, {field.width_px} x {field.height_px} px"
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


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return the rows in columns, one line each."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        + "\n"
        for row in rows
    )
