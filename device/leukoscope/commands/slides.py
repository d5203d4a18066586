"""`leukoscope slides`: print a table of all slides."""

from __future__ import annotations

import argparse
from pathlib import Path

from leukoscope.commands.arguments import VERDICT_WORDS, Commands, add_command
from leukoscope.records.reader import RecordReader
from leukoscope.reports.slide_text import commonest_refusal, slides_table
from leukoscope.settings.settings import load_settings


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command."""
    add_command(commands, "slides", meaning, run, VERDICT_WORDS)


def run(options: argparse.Namespace) -> int:
    """Print the table. A slide of which no field was read has the gate that refused most of its fields."""
    directory = Path(load_settings(options.settings).storage.directory)
    with RecordReader(directory) as records:
        slides = records.slides()
        unread = [slide.number for slide in slides if not slide.verdict.fields]
        refusals = {number: commonest_refusal(records.slide(number).fields) for number in unread}
        print(slides_table(slides, refusals), end="")
    return 0
