"""`leukoscope-train evaluate`: measure a bundle on labelled fields, read as on the device."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from leukoscope.notice import NOTICE


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command; it sets `run`. What it needs is imported only when it runs."""
    command = subparsers.add_parser(
        "evaluate",
        help="measure a bundle on a manifest",
        description=f"Measure a bundle on labelled fields, and again with the white cells cut out. {NOTICE}",
        epilog="Exit status: 0 measured, 1 a picture could not be read, or nothing could be measured.",
    )
    command.add_argument("--bundle", type=Path, required=True, metavar="DIR")
    command.add_argument("--manifest", type=Path, required=True, metavar="FILE")
    command.add_argument(
        "--root", type=Path, metavar="DIR", help="where its paths start (default: its folder)"
    )
    command.add_argument("--json", action="store_true", help="all numbers as JSON on stdout")
    command.add_argument("--out", type=Path, metavar="FILE.html", help="write a report")
    command.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="fields read at once"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    # Here, so that --help works without scikit-learn and Jinja2.
    from leukoscope_training.evaluation.evaluate_command import run

    return run(options)
