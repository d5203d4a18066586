"""`leukoscope upkeep`: find records and pictures that are damaged. An SD card loses bits without any error."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from leukoscope.commands.arguments import Commands, add_command
from leukoscope.errors import StoreError
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import FieldRecord
from leukoscope.settings.settings import load_settings


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command."""
    add_command(commands, "upkeep", meaning, run)


def run(options: argparse.Namespace) -> int:
    """Print each problem, then the number of problems. Return 1 if there are any."""
    problems = 0
    directory = Path(load_settings(options.settings).storage.directory)
    with RecordReader(directory) as records:
        for problem in check_records(records):
            problems += 1
            print(problem, flush=True)
        print(f"{len(records.slides())} slides checked, {problems} problems")
    return int(problems > 0)


def check_records(records: RecordReader) -> Iterator[str]:
    """Yield a line for each record that can't be read, and for each picture that is missing or was changed.

    The database file itself was checked when `records` was opened. It is safe to run this while the daemon writes.
    """
    for slide in records.slides():
        try:
            fields = records.slide(slide.number).fields
        except StoreError as error:
            yield str(error)
            continue
        for field in fields:
            if field.picture_removed:  # by the daemon, to make room
                continue
            try:
                records.picture_file(field)
            except StoreError as error:
                if not _removed_since(records, field):
                    yield f"{slide.name} field {field.number}: {error}"


def _removed_since(records: RecordReader, field: FieldRecord) -> bool:
    """Return whether the daemon has removed this picture, to make room, since `records` listed it."""
    return records.slide(field.slide).fields[field.number - 1].picture_removed
