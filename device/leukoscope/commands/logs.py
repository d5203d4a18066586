"""`leukoscope logs`: show the appliance's entries in the systemd journal, all or those about one slide."""

from __future__ import annotations

import argparse
import os
import shutil

from leukoscope.commands.arguments import Commands, add_command, slide_number
from leukoscope.errors import LeukoscopeError
from leukoscope.records.slide_number import format_slide_number
from leukoscope.system.systemd import SERVICE


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "logs", meaning, run)
    parser.add_argument("slide", nargs="?", metavar="S0042")
    parser.add_argument("--boot", action="store_true", help="only since the computer was started")
    parser.add_argument("--follow", action="store_true", help="print new lines as they come")


def run(options: argparse.Namespace) -> int:
    """Show the log: this process becomes journalctl.

    Raises:
        LeukoscopeError: There is no journalctl.
    """
    slide = slide_number(options.slide) if options.slide else None
    command = journal_command(slide, boot=options.boot, follow=options.follow)
    if shutil.which(command[0]) is None:
        raise LeukoscopeError(
            "there is no journalctl here: the daemon writes its log to its standard error"
        )
    os.execvp(command[0], command)  # noqa: S606  # all words are fixed here


def journal_command(slide: int | None, *, boot: bool, follow: bool) -> list[str]:
    """Return the command line of journalctl.

    Args:
        slide: Show only entries about this slide.
        boot: Show only entries since the computer was started.
        follow: Print new entries as they come.
    """
    command = ["journalctl", f"--unit={SERVICE}", "--output=short-iso"]
    if boot:
        command.append("--boot")
    if follow:
        command.append("--follow")
    if slide is not None:
        command.append(f"SLIDE={format_slide_number(slide)}")
    return command
