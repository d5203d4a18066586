"""What `leukoscope-train evaluate --cells` does: it measures a bundle on cells that experts have typed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from leukoscope.model import readers
from leukoscope.model.bundle import load_bundle
from leukoscope.notice import NOTICE
from leukoscope.reading.cell_reader import CellReader
from leukoscope.reading.cell_types import CELL_TYPES
from tqdm import tqdm

from leukoscope_training.data.manifest import sha256_of
from leukoscope_training.data.typed_cells import read_typed_cells
from leukoscope_training.evaluation.cell_evaluation import (
    AT_EDGE,
    NOT_FOUND,
    CellEvaluation,
    evaluate_cells,
)
from leukoscope_training.evaluation.typed_cell_reading import PictureOutcome, read_pictures
from leukoscope_training.shared.errors import TrainingError

SCHEMA = 1
"""Version of the JSON. It changes when a key is removed or changes its meaning, not when one is added."""

SCALES_UM_PER_PX = (0.01, 5.0)
"""The range of `--um-per-px`."""


def run(options: argparse.Namespace) -> int:
    """Measure and print.

    Returns:
        1 when a picture could not be read, or no cell was found; else 0.

    Raises:
        TrainingError: The list or an option is bad, or the bundle reads no cells.
        BundleError: The bundle is bad.
        OSError: The list can't be read.
    """
    low, high = SCALES_UM_PER_PX
    if options.um_per_px is not None and not low <= options.um_per_px <= high:
        raise TrainingError(f"--um-per-px must be from {low:g} to {high:g}")
    reader = open_cell_reader(options.bundle)
    cells = read_typed_cells(options.cells)
    outcomes = tqdm(
        read_pictures(
            cells,
            options.um_per_px,
            lambda: open_cell_reader(options.bundle),
            options.workers,
        ),
        total=len({cell.path for cell in cells}),
        unit="picture",
        disable=not sys.stderr.isatty(),
    )
    evaluation = evaluate_cells(_print_first_warning(outcomes), reader)
    for _, error in evaluation.errors:
        print(f"leukoscope-train: {error}", file=sys.stderr)
    provenance = {
        "bundle": reader.model.card.name,
        "version": reader.model.card.version,
        "model_sha256": reader.model.card.sha256,
        "cells": str(options.cells),
        "cells_sha256": sha256_of(options.cells),
    }
    print(to_json(evaluation, provenance) if options.json else summarise(evaluation, provenance))
    return 1 if evaluation.errors or not evaluation.separation.found.value > 0 else 0


def open_cell_reader(folder: Path) -> CellReader:
    """Open a bundle that reads cells one by one.

    Raises:
        BundleError: The folder holds no valid bundle.
        TrainingError: The bundle reads whole fields.
    """
    reader = readers.open_reader(load_bundle(folder), threads=1)
    if not isinstance(reader, CellReader):
        raise TrainingError(
            f"{folder}: this bundle reads whole fields, and --cells measures bundles that read cells: "
            "give --manifest"
        )
    return reader


def to_json(evaluation: CellEvaluation, provenance: dict[str, str]) -> str:
    """Write everything as one JSON object. models/training/README.md explains its keys."""
    document = {"schema": SCHEMA, "notice": NOTICE, **provenance, **evaluation.as_dict()}
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)


def summarise(evaluation: CellEvaluation, provenance: dict[str, str]) -> str:
    """Write the main numbers as lines for people."""
    separation = evaluation.separation
    columns = [cell_type.value for cell_type in CELL_TYPES] + [AT_EDGE, NOT_FOUND]
    slides = (
        f"pseudo-slides, {kind.name + ':':18}"
        + ", ".join(f"{count} {name}" for name, count in kind.called.most_common())
        for kind in evaluation.slide_kinds
    )
    return "\n".join(
        [
            NOTICE,
            f"{provenance['bundle']} {provenance['version']} on {provenance['cells']}, "
            f"{sum(row.total() for row in evaluation.confusion.values())} cells, "
            f"{len(evaluation.patients)} patients or slides",
            "",
            f"white cells found        {separation.found}",
            f"{'area under the curve':24} {'P(blast)':22} nuclear area",
            f"{'blasts / mature cells':24} {separation.auc_mature!s:22} {separation.ruler_mature}",
            f"{'blasts / lymphocytes':24} {separation.auc_lymphocytes!s:22} {separation.ruler_lymphocytes}",
            "",
            *(list(slides) or ["no pseudo-slides: a common type of white cell is missing"]),
            "(none: no leukaemia)",
            "",
            "Cells of each type, and what they were read as:",
            *(
                f"{word}, {row.total()}: "
                + ", ".join(f"{row[name]} {name}" for name in columns if row[name])
                for word, row in evaluation.confusion.items()
            ),
        ]
    )


def _print_first_warning(outcomes: Iterable[PictureOutcome]) -> Iterator[PictureOutcome]:
    warned = 0
    for outcome in outcomes:
        for warning in outcome.warnings:
            if not warned:
                tqdm.write(f"leukoscope-train: {warning}", file=sys.stderr)
            warned += 1
        yield outcome
    if warned > 1:
        print(f"leukoscope-train: the same warning for {warned - 1} more", file=sys.stderr)
