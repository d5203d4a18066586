"""The command `leukoscope-train`. The module of a subcommand is imported only when that is called.

Each of these modules has `add_parser(subparsers)`. It adds the subcommands and sets `run` for each: a function that
takes the parsed options and returns the exit status.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

from leukoscope.errors import LeukoscopeError
from leukoscope.notice import NOTICE

from leukoscope_training.shared.errors import TrainingError


class Command(NamedTuple):
    """A subcommand, the module that adds it, and what it does."""

    name: str
    module: str
    meaning: str


COMMANDS = (
    Command("datasets", "leukoscope_training.data.commands", "list the sets that can be imported"),
    Command("import", "leukoscope_training.data.commands", "list a set's pictures in a manifest"),
    Command("check", "leukoscope_training.data.commands", "check a manifest's files"),
    Command("split", "leukoscope_training.data.commands", "divide a manifest's pictures"),
    Command(
        "committed-splits", "leukoscope_training.data.commands", "make the committed splits again"
    ),
    Command("paper", "leukoscope_training.paper.commands", "train and measure the paper's system"),
    Command("cells", "leukoscope_training.cells.commands", "train the cell reader"),
    Command(
        "evaluate",
        "leukoscope_training.evaluation.commands",
        "measure a bundle on a manifest or on typed cells",
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit status: 0 done, 1 failed, 2 wrong arguments.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _make_parser(given[0] if given else "").parse_args(given)
        status: int = options.run(options)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"leukoscope", "leukoscope_training"}:
            raise
        print(
            f"leukoscope-train: {error.name} is not installed; "
            "install the extra: pip install -e .[train]",
            file=sys.stderr,
        )
        return 1
    except (LeukoscopeError, TrainingError, OSError) as error:
        print(f"leukoscope-train: {error}", file=sys.stderr)
        return 1
    return status


def _make_parser(called: str) -> argparse.ArgumentParser:
    """Make the parser, with the names of all subcommands but the options of only the one that is called."""
    parser = argparse.ArgumentParser(
        prog="leukoscope-train",
        description=f"Trains and measures Leukoscope's models, on a computer. {NOTICE}",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        if command.name == called and called not in subparsers.choices:
            import_module(command.module).add_parser(subparsers)
    for command in COMMANDS:
        if command.name not in subparsers.choices:
            subparsers.add_parser(command.name, help=command.meaning)
    return parser
