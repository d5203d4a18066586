"""`leukoscope logs`: the appliance's entries in the systemd journal, all or those of one slide."""

from __future__ import annotations

import os
import shutil

from leukoscope.errors import LeukoscopeError
from leukoscope.records.slide_number import format_slide_number
from leukoscope.system.systemd import SERVICE


def journal_command(slide: int | None, *, boot: bool, follow: bool) -> list[str]:
    """The journalctl that shows them. boot: only since the last start of the computer; follow: and go on."""
    command = ["journalctl", f"--unit={SERVICE}", "--output=short-iso"]
    if boot:
        command.append("--boot")
    if follow:
        command.append("--follow")
    if slide is not None:
        command.append(f"SLIDE={format_slide_number(slide)}")
    return command


def show_logs(command: list[str]) -> None:
    """Become journalctl. Raises LeukoscopeError where there is none."""
    if shutil.which(command[0]) is None:
        raise LeukoscopeError(
            "there is no journalctl here: the log is where the daemon's standard error goes"
        )
    os.execvp(command[0], command)  # noqa: S606  # words of this module
