"""`leukoscope control`: what the controls say, and keeping, removing, charting and restarting them."""

from __future__ import annotations

from pathlib import Path

from leukoscope import assembly
from leukoscope.model.bundle import load_bundle
from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.qc.errors import QcError
from leukoscope.qc.monitor import QcMonitor, kept_notice, qc_folder
from leukoscope.qc.series import CHARTED, QcPoint, QcScope, value
from leukoscope.reading.results import QcState
from leukoscope.records.reader import RecordReader
from leukoscope.records.slide_number import format_slide_number
from leukoscope.reports.chart import encode_chart
from leukoscope.reports.table import text_table
from leukoscope.settings.settings import Settings
from leukoscope.system.durable import write_durably


def controls_of(settings: Settings) -> QcMonitor:
    """The control slides of the settings' model. Raises BundleError."""
    card = load_bundle(Path(settings.model.bundle)).card
    return QcMonitor(qc_folder(settings), QcScope(card.sha256, assembly.is_simulated(settings)))


def add_control(settings: Settings, number: int) -> str:
    """Keep a recorded slide as a control; what to tell the person.

    Raises QcError when it can't be one, UnknownSlideError, StoreError, BundleError.
    """
    monitor = controls_of(settings)
    with RecordReader(Path(settings.storage.directory)) as records:
        report = records.slide(number)
    if report.slide.ended_by is None:
        raise QcError(
            f"{report.slide.name} is not finished: hold the button for 2 s first",
            "Slide not finished:",
            "hold to finish it",
        )
    provenance = report.fields[-1].provenance
    if QcScope(provenance.model_sha256, provenance.simulated) != monitor.made_for:
        raise QcError(
            f"{report.slide.name} was not read by the model and the parts that the settings name: "
            "read it again",
            "Another model's slide",
            "read it again",
        )
    series = monitor.keep(
        report.slide.name,
        [field.reading for field in report.fields],
        report.slide.verdict,
        provenance,
    )
    title, line, advice = kept_notice(series, report.slide.name)
    return f"{title}: {line}; {advice}" if title == "DRIFTED" else f"{title}: {line}"


def remove_control(settings: Settings, number: int) -> str:
    """Let a slide no longer be a control; what to tell. Raises QcError, StoreError."""
    name = format_slide_number(number)
    kept = qc_folder(settings).remove(name)
    return f"{name} is no control slide any more; its file is kept: {kept}"


def restart_controls(settings: Settings) -> str:
    """Begin a new reference; what to tell. Raises QcError, StoreError."""
    last = qc_folder(settings).restart()
    return f"control slides up to {last} count no more; the next ones make a new reference"


def write_chart(settings: Settings, path: Path) -> str:
    """Write the Levey-Jennings chart as a PNG; what to tell.

    Raises QcError when there is no control slide to draw, OSError, BundleError.
    """
    monitor = controls_of(settings)
    if not monitor.series.points:
        raise QcError(
            "no chart: there are no control slides yet; leukoscope control add S0042 keeps one",
            "No control slides",
            "keep one first",
        )
    now = monitor.status()
    data = encode_chart(monitor.series, now.state, now.text)
    write_durably(path, data)
    return f"chart: {path}"


def control_text(monitor: QcMonitor) -> str:
    """What the controls say now, and each control slide with its values and the rules it breaks."""
    now, points = monitor.status(), monitor.series.points
    lines = [f"{now.state.value}: {now.text}", *monitor.found.problems]
    if monitor.found.others:
        lines.append(f"{monitor.found.others} control slides of another model don't count")
    if now.reference is not None:
        lines.append(f"the reference is made of {now.reference.slides} slides")
    if points:
        heads = ["SLIDE", *(head.upper() for head in CHARTED.values()), "RULES BROKEN"]
        lines += ["", *text_table([heads, *(_row(point) for point in points)])]
        lines += ["", "(+0.4): so many standard deviations from the centre of the reference"]
    simulated = f" {SIMULATED}." if monitor.made_for.simulated else ""
    return "\n".join([*lines, "", NOTICE + simulated, ""])


def control_json(monitor: QcMonitor) -> dict[str, object]:
    """The same for programs. scores: (value - centre) / spread; reference: null until there is one."""
    now, reference = monitor.status(), monitor.series.reference
    return {
        "control": now.state.code,
        "valid": now.state is QcState.VALID,
        "text": now.text,
        "problems": list(monitor.found.problems),
        "slides_of_another_model": monitor.found.others,
        "reference": None
        if reference is None
        else {
            "slides": reference.slides,
            "centre": dict(reference.centre),
            "spread": dict(reference.spread),
        },
        "slides": [
            {
                "slide": point.slide.slide,
                "made": point.slide.at.wall_time,
                "clock_synced": point.slide.at.clock_synced,
                "cells": point.slide.measures.cells,
                "medians": dict(point.slide.measures.medians),
                "shares": dict(point.slide.measures.shares),
                "scores": dict(point.scores),
                "broken": [
                    {"rule": broken.rule.value, "of": broken.name, "rejects": broken.rule.rejects}
                    for broken in point.broken
                ],
            }
            for point in monitor.series.points
        ],
        "simulated": monitor.made_for.simulated,
        "notice": NOTICE,
    }


def _row(point: QcPoint) -> list[str]:
    told = ", ".join(map(str, point.broken))
    if point.reference is None:
        told = "in reference"
    return [point.slide.slide, *(_cell(point, name) for name in CHARTED), told]


def _cell(point: QcPoint, name: str) -> str:
    """The value, and its score behind it: '61.2 (+0.4)'."""
    measured = value(point.slide.measures, name)
    shown = f"{100 * measured:.1f} %" if name == "blasts" else f"{measured:.3g}"
    return f"{shown} ({point.scores[name]:+.1f})" if name in point.scores else shown
