"""`leukoscope-train evaluate`: measure a bundle on labelled fields or typed cells, read as on the device."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from leukoscope.notice import NOTICE

from leukoscope_training.shared.errors import TrainingError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command; it sets `run`. What it needs is imported only when it runs."""
    command = subparsers.add_parser(
        "evaluate",
        help="measure a bundle on a manifest or on typed cells",
        description="Measure a bundle on labelled fields, and again with the white cells cut out; "
        f"or on cells that experts have typed. {NOTICE}",
        epilog="Exit status: 0 measured, 1 a picture could not be read, or nothing could be measured.",
    )
    command.add_argument("--bundle", type=Path, required=True, metavar="DIR")
    pictures = command.add_mutually_exclusive_group(required=True)
    pictures.add_argument("--manifest", type=Path, metavar="FILE", help="labelled fields")
    pictures.add_argument("--cells", type=Path, metavar="FILE.csv", help="typed cells")
    command.add_argument(
        "--root",
        type=Path,
        metavar="DIR",
        help="where a manifest's paths start (default: its folder)",
    )
    command.add_argument(
        "--um-per-px", type=float, metavar="UM", help="scale of the cells' pictures in µm per pixel"
    )
    command.add_argument("--json", action="store_true", help="all numbers as JSON on stdout")
    command.add_argument(
        "--out", type=Path, metavar="FILE.html", help="write a report on a manifest"
    )
    command.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="pictures read at once",
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    if options.workers < 1:
        raise TrainingError(f"--workers must be 1 or more, not {options.workers}")
    # Imported here, so that --help works without scikit-learn and Jinja2.
    if options.cells is not None:
        _refuse(options, "cells", "root", "out")
        from leukoscope_training.evaluation import evaluate_cells_command

        return evaluate_cells_command.run(options)
    _refuse(options, "manifest", "um_per_px")
    from leukoscope_training.evaluation import evaluate_command

    return evaluate_command.run(options)


def _refuse(options: argparse.Namespace, given: str, *others: str) -> None:
    """Refuse options that have no meaning beside `given`."""
    for name in others:
        if getattr(options, name) is not None:
            raise TrainingError(f"--{name.replace('_', '-')} can't be used with --{given}")
