"""Tabulates, in Markdown, the device's verdicts on slides of tested cells, by its own rule and uncontrolled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from leukoscope.reading.cell_types import BLASTS
from leukoscope.reading.differential import differential_of
from leukoscope.reading.results import PATTERN_OF_LABEL, FieldReading, Verdict
from leukoscope.reading.rule import judge

from leukoscope_training.cells.card import ERRORS, THRESHOLDS
from leukoscope_training.cells.laboratories import LABORATORIES, NO_BOX
from leukoscope_training.cells.results import CellPredictions, white_cells
from leukoscope_training.data.typed_cells import TypedCell
from leukoscope_training.evaluation.pseudo_slides import READ, judge_pseudo_slides
from leukoscope_training.evaluation.typed_cell_reading import ReadCell

LAHORE = {
    "patient-01": "ALL",
    "patient-04": "ALL",
    "patient-12": "AML",
    "patient-15": "AML",
    "patient-21": "CLL",
    "patient-23": "AML",
    "patient-24": "AML",
    "patient-27": "CML",
    "patient-28": "CML",
    "patient-32": "CLL",
}
"""Diagnoses of the patients of lld-40x. APML is AML."""


def tabulate_pseudo_slides(found: CellPredictions) -> str:
    """Tabulate the verdicts on pseudo-slides that are dealt from each laboratory's cells."""
    lines = ["| slides dealt from | kind | called |", "|---|---|---|"]
    for laboratory in LABORATORIES:
        own = found.take((found.source == laboratory.folder) & (found.word != NO_BOX))
        cells = [
            ReadCell(TypedCell(Path(path), word, group), find)
            for path, word, group, find in zip(
                own.path.tolist(),
                own.word.tolist(),
                own.group.tolist(),
                white_cells(own),
                strict=True,
            )
        ]
        for kind in judge_pseudo_slides(cells, _judge):
            said = ", ".join(f"{count} {name}" for name, count in kind.called.most_common())
            lines.append(f"| {laboratory.city} | {kind.name} | {said} |")
    return "\n".join(lines) + "\n"


def tabulate_patients(found: CellPredictions) -> str:
    """Tabulate the verdict on each leukaemia patient of Lahore, from all finds of the patient's fields."""
    lines = [
        "| patient | truth | cells | blasts | verdict | pattern's confidence | pattern |",
        "|---|---|---|---|---|---|---|",
    ]
    for patient, label in LAHORE.items():
        own = found.take(found.group == f"lld-40x/{patient}")
        fields = [
            FieldReading((), tuple(white_cells(own.take(own.path == path))), None, READ)
            for path in np.unique(own.path)
        ]
        verdict, differential = _judge(fields), differential_of(fields)
        lines.append(
            f"| {patient} | {label} | {differential.cells:.0f} | {differential.share(*BLASTS):.2f} | "
            f"{verdict.headline} | {verdict.pattern_confidence:.2f} | {rate_pattern(verdict, label)} |"
        )
    return "\n".join(lines) + "\n"


def rate_pattern(verdict: Verdict, label: str) -> str:
    """Rate a verdict's pattern as 'right', 'refused' or 'wrong'. "No leukaemia seen" is wrong for a leukaemia."""
    right = PATTERN_OF_LABEL[label]
    if verdict.pattern is right:
        return "right"
    return "wrong" if verdict.pattern is not None or verdict.no_leukaemia_seen else "refused"


def _judge(readings: Sequence[FieldReading]) -> Verdict:
    return judge(readings, THRESHOLDS, ERRORS)
