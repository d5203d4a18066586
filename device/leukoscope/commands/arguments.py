"""What several commands share: how a command is added, and checks of their arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from leukoscope.notice import NOTICE
from leukoscope.records.slide_number import parse_slide_number

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""The object to which commands are added. `ArgumentParser.add_subparsers` returns it."""

VERDICT_WORDS = (
    "AML 0.71: acute myeloid leukaemia, with a confidence of 0.71 out of 1; ALL: acute "
    "lymphoblastic, CML: chronic myeloid, CLL: chronic lymphocytic leukaemia; no leukaemia seen: normal, but "
    "without a valid control slide; 24 % blasts of 112: "
    "24 percent of 112 white cells were blasts. More words: docs/panel.md."
)
"""Printed below the help of each command that prints verdicts."""


class UsageError(Exception):
    """A command was called wrongly. The message says how to call it. The exit status is 2."""


def add_command(
    commands: Commands,
    name: str,
    meaning: str,
    run: Callable[[argparse.Namespace], int],
    words: str = "",
) -> argparse.ArgumentParser:
    """Add a command with the option that all have, `--settings`.

    Args:
        commands: Where to add it.
        name: What a person types.
        meaning: The line of help, without a full stop.
        run: Does the work and returns the exit status.
        words: Printed below the help.

    Returns:
        The command's parser, for more options.
    """
    parser = commands.add_parser(
        name, help=meaning, description=f"{meaning}. {NOTICE}", epilog=words
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="settings file (default: the system's)"
    )
    return parser


def slide_number(text: str) -> int:
    """Return the number of 'S0042', 's42' or '42'.

    Raises:
        UsageError: The text is no slide number.
    """
    try:
        return parse_slide_number(text)
    except ValueError as error:
        raise UsageError(str(error)) from error


def check_png_path(path: Path) -> None:
    """Check that `path` names a .png file in a folder that exists.

    Raises:
        UsageError: It does not.
    """
    if path.suffix.lower() != ".png" or not path.parent.is_dir():
        raise UsageError("give a .png file in a folder that exists")
