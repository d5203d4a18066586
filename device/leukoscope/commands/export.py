"""`leukoscope export`: all records as CSV or JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from leukoscope.commands.arguments import Commands, add_command
from leukoscope.records.reader import RecordReader
from leukoscope.reports.export import export_csv, export_json
from leukoscope.settings.settings import load_settings


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "export", meaning, run)
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--csv", action="store_true", help="one line per slide and field")
    form.add_argument("--json", action="store_true", help="one object per slide")


def run(options: argparse.Namespace) -> int:
    """Write the records."""
    directory = Path(load_settings(options.settings).storage.directory)
    with RecordReader(directory) as records:
        (export_csv if options.csv else export_json)(records, sys.stdout)
    return 0
