"""Reading image files: what the paper's phone app does with a gallery, for files and folders."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from leukoscope.errors import FieldError
from leukoscope.microscope.image_files import open_field
from leukoscope.model.bundle import Bundle
from leukoscope.model.readers import open_reader
from leukoscope.reading.results import LABELS, FieldReading, Verdict
from leukoscope.reading.slide_reader import SlideReader
from leukoscope.reading.wording import brief_reason, brief_text, finding_text, seen_text
from leukoscope.reports.table import text_table


@dataclass(frozen=True)
class FileResult:
    """What came of one file: a reading and its verdict, or an error; and warnings to print."""

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
        """One JSON object; label is null when inconclusive or refused, error null when read.

        finding and differential are null when no cell was read, and control always: an image file
        has no control slide.
        """
        reading, verdict = self.reading, self.verdict
        read = verdict is not None and bool(verdict.probabilities)
        rows = verdict.evidence.rows if verdict is not None else ()
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
                [
                    {
                        "name": gate.name.value,
                        "value": gate.value,
                        "unit": gate.unit,
                        "low": gate.low,
                        "high": gate.high,
                        "passed": gate.passed,
                    }
                    for gate in reading.gates
                ]
                if reading is not None
                else None
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


def classify(
    files: Sequence[Path], bundle: Bundle, um_per_px: float | None, workers: int
) -> Iterator[FileResult]:
    """Read each file as a field of its own, in order; one that can't be read is a result too.

    um_per_px: of all files; None takes each file's own, else the card's with a warning.
    workers: files read at once, >= 1, each with an interpreter of one thread.
    """
    mine = threading.local()

    def read(path: Path) -> FileResult:
        if not hasattr(mine, "reader"):
            mine.reader = open_reader(bundle, threads=1)
        return classify_file(path, mine.reader, um_per_px)

    with ThreadPoolExecutor(workers, thread_name_prefix="reader") as pool_of_workers:
        yield from pool_of_workers.map(read, files)


def classify_file(path: Path, reader: SlideReader, um_per_px: float | None) -> FileResult:
    """Read one file as a field. An unreadable file is a result with an error, never raised."""
    scale = reader.model.um_per_px
    try:
        field, warnings = open_field(path, um_per_px, scale, scale)
        reading = reader.read(field)
    except FieldError as error:
        return FileResult(path, None, None, str(error))
    return FileResult(path, reading, reader.judge([reading]), None, tuple(warnings))


def table(results: Sequence[FileResult]) -> str:
    """A table for people: one line a file, what was seen in it, and why it has no verdict or a weak one.

    Above it the folder that all files lie in, below it what to do about the gates that failed.
    """
    folder = _common_folder([result.path for result in results])
    rows = [("FILE", "READING", "SEEN", "WHY"), *(_row(result, folder) for result in results)]
    head = [f"In {folder}:"] if folder.name else []
    refused = [result for result in results if result.reading and result.reading.failed_gate]
    advice = list(dict.fromkeys(result.reason or "" for result in refused))
    return "\n".join([*head, *text_table(rows), *([""] if advice else []), *advice])


def _common_folder(paths: Sequence[Path]) -> Path:
    """The folder below which all of these lie; Path() where there is none but the working directory."""
    if len({path.is_absolute() for path in paths}) != 1:
        return Path()
    return Path(os.path.commonpath([path.parent for path in paths]))


def _row(result: FileResult, folder: Path) -> tuple[str, ...]:
    verdict, reading = result.verdict, result.reading
    name = str(result.path.relative_to(folder))
    if verdict is None or reading is None:
        # The error names the file itself; here it stands beside it.
        why = (result.error or "").removeprefix(f"{result.path}: ")
        return (name, "error", "-", why)
    if reading.failed_gate is not None:
        return (name, "refused", "-", reading.failed_gate.problem)
    return (name, brief_text(verdict), seen_text(verdict), brief_reason(verdict))
