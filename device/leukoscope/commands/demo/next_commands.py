"""The commands that a person can type after the demonstration."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from leukoscope.records.reader import RecordReader


def next_commands(directory: Path, file: Path) -> str:
    """Return commands to type: to look at the records, and to run the appliance with the demonstration's settings.

    The slide to show is the newest with a named class, or the newest if there is none.

    Args:
        directory: Folder of the records.
        file: The settings.
    """
    with_file = f"--settings {shlex.quote(str(file))}"
    command, slide = called_as(), _slide_to_show(directory)
    looks = ["slides"] + ([f"show {slide}"] if slide else [])
    return "\n".join(
        [
            f"What you can type now, in {Path.cwd()}:",
            *(f"  {command} {look} {with_file}" for look in looks),
            "Run it yourself, and look at it from a second terminal:",
            *(f"  {command} {run} {with_file}" for run in ("run", "watch")),
        ]
    )


def called_as() -> str:
    """Return this program as it is typed in a shell: its name if that is enough, otherwise its path."""
    called = sys.argv[0]
    if Path(called).name == "__main__.py":  # python -m leukoscope
        return f"{shlex.quote(sys.executable)} -m leukoscope"
    on_path = shutil.which(Path(called).name)
    if on_path is not None and Path(on_path).absolute() == Path(called).absolute():
        return Path(called).name
    # A relative path is shorter, so that the line fits into 80 columns.
    here, path = Path.cwd(), Path(called)
    if path.is_absolute() and path.is_relative_to(here) and path.parent != here:
        called = str(path.relative_to(here))
    return shlex.quote(called)


def _slide_to_show(directory: Path) -> str | None:
    with RecordReader(directory) as records:
        slides = [slide for slide in records.slides() if slide.fields_kept]
    named = [slide for slide in slides if slide.verdict.label is not None] or slides
    return named[-1].name if named else None
