"""`leukoscope control`: show the control slides, add, remove or chart them, or start a new reference."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from leukoscope import assembly
from leukoscope.commands.arguments import Commands, add_command, check_png_path, slide_number
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
from leukoscope.settings.settings import Settings, load_settings
from leukoscope.system.durable import write_durably


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command and its actions."""
    parser = add_command(commands, "control", meaning, run)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def add_action(name: str, meaning: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=meaning, description=f"{meaning}. {NOTICE}")
        action.add_argument(
            "--settings", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="settings file"
        )
        return action

    adding = add_action("add", "Use a recorded slide, known to be normal, as a control slide")
    adding.add_argument("slide", metavar="S0042")
    removing = add_action("remove", "Stop using a slide as a control slide; its file is kept")
    removing.add_argument("slide", metavar="S0042")
    charting = add_action("chart", "Write the Levey-Jennings chart")
    charting.add_argument("picture", type=Path, metavar="FILE.png")
    add_action("restart", "Start a new reference: the slides so far no longer count")


def run(options: argparse.Namespace) -> int:
    """Do the action. Without one, print the state of the control slides."""
    settings = load_settings(options.settings)
    if options.action == "restart":
        print(restart_controls(settings))
    elif options.action == "chart":
        check_png_path(options.picture)
        print(write_chart(settings, options.picture))
    elif options.action == "add":
        print(add_control(settings, slide_number(options.slide)))
    elif options.action == "remove":
        print(remove_control(settings, slide_number(options.slide)))
    else:
        controls = controls_of(settings)
        text = json.dumps(control_json(controls)) + "\n" if options.json else control_text(controls)
        print(text, end="")
    return 0


def controls_of(settings: Settings) -> QcMonitor:
    """Return the monitor of the control slides of the settings' model.

    Raises:
        BundleError: The model bundle is missing or damaged.
    """
    card = load_bundle(Path(settings.model.bundle)).card
    return QcMonitor(qc_folder(settings), QcScope(card.sha256, assembly.is_simulated(settings)))


def add_control(settings: Settings, number: int) -> str:
    """Keep a recorded slide as a control slide. Return what to print.

    Raises:
        QcError: It can't be a control slide.
        UnknownSlideError: There is no such slide.
        StoreError: The records can't be read, or the control slide can't be written.
        BundleError: The model bundle is missing or damaged.
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
    """Stop using a slide as a control slide. Return what to print.

    Raises:
        QcError: It is not a control slide.
        StoreError: The disk can't be written.
    """
    name = format_slide_number(number)
    kept = qc_folder(settings).remove(name)
    return f"{name} is no longer a control slide; its file is kept: {kept}"


def restart_controls(settings: Settings) -> str:
    """Start a new reference. Return what to print.

    Raises:
        QcError: There is no control slide yet.
        StoreError: The disk can't be written.
    """
    last = qc_folder(settings).restart()
    return f"control slides up to {last} no longer count; the next ones make a new reference"


def write_chart(settings: Settings, path: Path) -> str:
    """Write the Levey-Jennings chart as a PNG. Return what to print.

    Raises:
        QcError: There is no control slide to draw.
        OSError: The file can't be written.
        BundleError: The model bundle is missing or damaged.
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
    """Return the state of the control slides, and each one with its values and the rules it breaks."""
    now, points = monitor.status(), monitor.series.points
    lines = [f"{now.state.value}: {now.text}", *monitor.found.problems]
    if monitor.found.others:
        lines.append(f"{monitor.found.others} control slides of another model don't count")
    if now.reference is not None:
        lines.append(f"the reference is made of {now.reference.slides} slides")
    if points:
        heads = ["SLIDE", *(head.upper() for head in CHARTED.values()), "RULES BROKEN"]
        lines += ["", *text_table([heads, *(_row(point) for point in points)])]
        lines += ["", "(+0.4): standard deviations from the centre of the reference"]
    simulated = f" {SIMULATED}." if monitor.made_for.simulated else ""
    return "\n".join([*lines, "", NOTICE + simulated, ""])


def control_json(monitor: QcMonitor) -> dict[str, object]:
    """Return the same for programs. A score is (value - centre) / spread. `reference` is null until there is one."""
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
    rules = ", ".join(map(str, point.broken))
    if point.reference is None:
        rules = "in reference"
    return [point.slide.slide, *(_cell(point, name) for name in CHARTED), rules]


def _cell(point: QcPoint, name: str) -> str:
    """Return the value followed by its score: '61.2 (+0.4)'."""
    measured = value(point.slide.measures, name)
    shown = f"{100 * measured:.1f} %" if name == "blasts" else f"{measured:.3g}"
    return f"{shown} ({point.scores[name]:+.1f})" if name in point.scores else shown
