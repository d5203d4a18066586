"""`leukoscope show`: print a slide's verdict, and write a picture of its fields."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tqdm import tqdm

from leukoscope.commands.arguments import VERDICT_WORDS, Commands, add_command, slide_number
from leukoscope.records.reader import RecordReader
from leukoscope.reports.slide_picture_files import earlier_pictures, picture_files, write_pictures
from leukoscope.reports.slide_text import slide_text
from leukoscope.settings.settings import load_settings


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "show", meaning, run, VERDICT_WORDS)
    parser.add_argument("slide", metavar="S0042")
    parser.add_argument("--fields", action="store_true", help="print the details of each field too")
    parser.add_argument(
        "--picture",
        type=Path,
        metavar="FILE",
        help="default: S0042.png here; with many fields S0042-1.png, S0042-2.png and so on",
    )


def run(options: argparse.Namespace) -> int:
    """Print the verdict, write the picture or its pages, and remove pages that an earlier call wrote."""
    number = slide_number(options.slide)
    directory = Path(load_settings(options.settings).storage.directory)
    with RecordReader(directory) as records:
        report = records.slide(number)
        print(slide_text(report, fields=options.fields), end="", flush=True)
        path = options.picture or Path(f"{report.slide.name}.png")
        try:
            files = picture_files(report, path)
            drawing = write_pictures(report, files, records.load_picture, os.cpu_count() or 1)
            pages = tqdm(drawing, total=len(files), unit="page", delay=1.0, disable=None)
            written = list(pages)
            earlier = earlier_pictures(report.slide, path, written)
            for old in earlier:
                old.unlink()
        except (OSError, ValueError) as error:  # ValueError: a suffix of no picture format
            print(f"leukoscope show: can't write {path}: {error}", file=sys.stderr)
            return 1
    if len(written) == 1:
        print(f"picture: {path}")
    else:
        print(f"pictures: {written[0]} to {written[-1].name}, {len(written)} pages")
    if earlier:
        print(f"removed pages of an earlier call: {', '.join(map(str, earlier))}")
    return 0
