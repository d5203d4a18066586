"""What is left of a demonstration: a settings file for the other commands, and the lines to type."""

from __future__ import annotations

import dataclasses
import shlex
import shutil
import sys
from pathlib import Path

from leukoscope.errors import StoreError
from leukoscope.settings.settings import Settings
from leukoscope.settings.writing import changes_to_toml
from leukoscope.system.durable import write_durably

FILE = "leukoscope.toml"
"""The settings file's name in the folder of the records."""

_HEAD = """\
# The appliance on simulated parts, its records in this folder. leukoscope demo writes this file each time: change a
# copy of it.

"""


def demo_settings(settings: Settings, into: Path) -> Settings:
    """The settings with simulated parts, and all that is written in `into`; keys of `watch` press the button."""
    folder = into.resolve()
    return dataclasses.replace(
        settings,
        parts=dataclasses.replace(settings.parts, microscope="simulated", panel="simulated"),
        panel=dataclasses.replace(settings.panel, mirror=str(folder / "run"), remote_button=True),
        storage=dataclasses.replace(settings.storage, directory=str(folder)),
    )


def write_demo_settings(settings: Settings, into: Path) -> Path:
    """Write them into their folder, which is made if absent. Raises StoreError.

    A settings file there that no demonstration wrote is left as it is.
    """
    file = into / FILE
    head = _HEAD.encode()
    try:
        into.mkdir(parents=True, exist_ok=True)
        ours = not file.exists() or file.read_bytes().startswith(head)
        if ours:
            write_durably(file, head + changes_to_toml(settings).encode())
    except OSError as error:
        raise StoreError(
            f"{file}: can't write it: {error.strerror}: name another folder with --into DIR"
        ) from error
    if not ours:
        raise StoreError(
            f"{file}: not written by leukoscope demo, so not overwritten: "
            "name another folder with --into DIR"
        )
    return file


def lines_to_type(file: Path, slide: str | None) -> str:
    """How to look at the records and run the appliance oneself; file: of the settings; slide: one to show."""
    with_file = f"--settings {shlex.quote(str(file))}"
    command = _called_as()
    looks = ["slides"] + ([f"show {slide}"] if slide else [])
    return "\n".join(
        [
            f"What you can type now, in {Path.cwd()}:",
            *(f"  {command} {look} {with_file}" for look in looks),
            "Run it yourself, and look at it from a second terminal:",
            *(f"  {command} {run} {with_file}" for run in ("run", "watch")),
        ]
    )


def _called_as() -> str:
    """The command as a shell finds it: by the path of this call, by its name where that is enough."""
    called = sys.argv[0]
    if Path(called).name == "__main__.py":  # python -m leukoscope
        return f"{shlex.quote(sys.executable)} -m leukoscope"
    on_path = shutil.which(Path(called).name)
    if on_path is not None and Path(on_path).absolute() == Path(called).absolute():
        return Path(called).name
    # Relative like the settings file, where it lies below: a line that fits 80 columns.
    here, path = Path.cwd(), Path(called)
    if path.is_absolute() and path.is_relative_to(here) and path.parent != here:
        called = str(path.relative_to(here))
    return shlex.quote(called)
