"""`leukoscope classify`: read image files and folders.

The phone app of Alkareem & Al-Dergazly (2024), which this device replaces, reads pictures from its gallery in this way.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from leukoscope.commands.arguments import VERDICT_WORDS, Commands, UsageError, add_command
from leukoscope.errors import FieldError
from leukoscope.microscope.image_files import find_image_files, open_field
from leukoscope.model.bundle import Bundle, load_bundle
from leukoscope.model.readers import open_reader
from leukoscope.notice import NOTICE
from leukoscope.reading.results import LABELS, FieldReading, Gate, Verdict
from leukoscope.reading.slide_reader import SlideReader
from leukoscope.reading.wording import brief_reason, brief_text, finding_text, seen_text
from leukoscope.records.codec import gate_to_json
from leukoscope.reports.table import text_table
from leukoscope.settings.settings import load_settings


@dataclass(frozen=True)
class FileResult:
    """The result of one file: a reading and its verdict, or an error. Also warnings to print."""

    path: Path
    reading: FieldReading | None
    verdict: Verdict | None
    error: str | None
    warnings: tuple[str, ...] = ()

    @property
    def reason(self) -> str | None:
        """Why there is no class: the failed gate with its advice, or the verdict's reason."""
        if self.reading is None or self.verdict is None:
            return None
        gate = self.reading.failed_gate
        if gate is not None:
            doubt = ", or the assumed scale is wrong: give --um-per-px" if self.warnings else ""
            return f"{gate.problem}: {gate.advice}{doubt}"
        return self.verdict.reason.value if self.verdict.reason is not None else None

    def to_json(self) -> dict[str, object]:
        """Return a JSON object.

        `label` is null if the verdict is inconclusive or the field was refused. `error` is null if the file was read.
        `finding` and `differential` are null if no cell was read. `control` is always null, because an image file has
        no control slide.
        """
        reading, verdict = self.reading, self.verdict
        read = verdict is not None and bool(verdict.probabilities)
        rows = verdict.evidence.rows() if verdict is not None else ()
        return {
            "path": str(self.path),
            "label": verdict.label if verdict is not None else None,
            "pattern": verdict.pattern.value if verdict is not None and verdict.pattern else None,
            "confidence": round(verdict.confidence, 4) if verdict is not None and read else None,
            "probabilities": (
                {label: round(p, 4) for label, p in zip(LABELS, verdict.probabilities, strict=True)}
                if verdict is not None and read
                else None
            ),
            "gates": (
                [_gate_to_json(gate) for gate in reading.gates] if reading is not None else None
            ),
            "shading": "estimated from the field" if reading is not None else None,
            "white_cells": len(reading.white_cells) if reading is not None else None,
            "cells_read": (
                sum(cell.cell_type is not None for cell in reading.white_cells)
                if reading is not None
                else None
            ),
            "differential": {row.cell_type.value: round(row.count, 4) for row in rows} or None,
            "finding": (finding_text(verdict) or None) if verdict is not None else None,
            "control": None,
            "reason": self.reason,
            "error": self.error,
        }


def _gate_to_json(gate: Gate) -> dict[str, object]:
    """Return a gate as in a record, but without problem and advice, which are in `reason`."""
    value = gate_to_json(gate)
    return {name: value[name] for name in ("name", "value", "unit", "low", "high", "passed")}


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "classify", meaning, run, VERDICT_WORDS)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument(
        "--um-per-px", type=float, metavar="UM", help="scale of the files in µm per pixel"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="files read at the same time",
    )


def run(options: argparse.Namespace) -> int:
    """Read the files. Print a table at the end, or with --json each result as soon as it is known."""
    if options.workers < 1:
        raise UsageError("--workers must be 1 or more")
    if options.um_per_px is not None and not 0.01 <= options.um_per_px <= 5.0:
        raise UsageError("--um-per-px must be from 0.01 to 5")
    settings = load_settings(options.settings)
    bundle = load_bundle(Path(settings.model.bundle))
    files, missing = find_image_files(options.paths)
    for path, error in missing:
        if options.json:
            print(json.dumps(FileResult(path, None, None, str(error)).to_json()))
        else:
            print(f"leukoscope classify: {error}", file=sys.stderr)
    reading = classify(files, bundle, options.um_per_px, options.workers)
    progress = tqdm(reading, total=len(files), unit="file", delay=1.0, disable=None)
    results: list[FileResult] = []
    warned, failed = 0, len(missing)
    for result in progress:
        failed += result.error is not None
        for warning in result.warnings:
            if not warned:
                progress.write(f"leukoscope classify: {warning}", file=sys.stderr)
            warned += 1
        if options.json:
            print(json.dumps(result.to_json()), flush=True)
        else:
            results.append(result)
    if warned > 1:
        print(f"leukoscope classify: the same warning for {warned - 1} more", file=sys.stderr)
    if results:
        shading = "No calibration: shading is estimated from each field itself."
        print(f"{table(results)}\n\n{bundle.card.name} {bundle.card.version}. {shading} {NOTICE}")
    return 1 if failed else 0


def classify(
    files: Sequence[Path], bundle: Bundle, um_per_px: float | None, workers: int
) -> Iterator[FileResult]:
    """Read each file as one field.

    Args:
        files: The image files.
        bundle: The model to read them with.
        um_per_px: Scale of all files. None takes the scale that each file states, or, with a warning, the model's.
        workers: Number of files read at the same time, at least 1, each by an interpreter with one thread.

    Yields:
        The result of each file, in order. For a file that can't be read it has an error.
    """
    mine = threading.local()

    def read(path: Path) -> FileResult:
        if not hasattr(mine, "reader"):
            mine.reader = open_reader(bundle, threads=1)
        return classify_file(path, mine.reader, um_per_px)

    with ThreadPoolExecutor(workers, thread_name_prefix="reader") as pool_of_workers:
        yield from pool_of_workers.map(read, files)


def classify_file(path: Path, reader: SlideReader, um_per_px: float | None) -> FileResult:
    """Read one file as a field. If it can't be read, the result has an error; none is raised."""
    scale = reader.model.um_per_px
    try:
        field, warnings = open_field(path, um_per_px, scale, scale)
        reading = reader.read(field)
    except FieldError as error:
        return FileResult(path, None, None, str(error))
    return FileResult(path, reading, reader.judge([reading]), None, tuple(warnings))


def table(results: Sequence[FileResult]) -> str:
    """Return a table with one line per file: its verdict, what was seen, and why the verdict is weak or missing.

    Above the table is the folder that holds all files. Below it is what to do about the gates that failed.
    """
    folder = _common_folder([result.path for result in results])
    rows = [("FILE", "READING", "SEEN", "WHY"), *(_row(result, folder) for result in results)]
    head = [f"In {folder}:"] if folder.name else []
    refused = [result for result in results if result.reading and result.reading.failed_gate]
    advice = list(dict.fromkeys(result.reason or "" for result in refused))
    return "\n".join([*head, *text_table(rows), *([""] if advice else []), *advice])


def _common_folder(paths: Sequence[Path]) -> Path:
    """Return the folder that all of these are in, or Path() if they share only the working directory."""
    if len({path.is_absolute() for path in paths}) != 1:
        return Path()
    return Path(os.path.commonpath([path.parent for path in paths]))


def _row(result: FileResult, folder: Path) -> tuple[str, ...]:
    verdict, reading = result.verdict, result.reading
    name = str(result.path.relative_to(folder))
    if verdict is None or reading is None:
        # This row already names the file.
        why = (result.error or "").removeprefix(f"{result.path}: ")
        return (name, "error", "-", why)
    if reading.failed_gate is not None:
        return (name, "refused", "-", reading.failed_gate.problem)
    return (name, brief_text(verdict), seen_text(verdict), brief_reason(verdict))
