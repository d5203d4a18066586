"""The settings of the demonstration. It leaves them in a file for the other commands."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from leukoscope.errors import StoreError
from leukoscope.settings.settings import Settings
from leukoscope.settings.writing import changes_to_toml
from leukoscope.system.durable import write_durably

FILE = "leukoscope.toml"
"""Name of the settings file in the folder of the records."""

MESSAGE_S = 1.0
"""How long the panel shows why a field was refused."""

_HEAD = """\
# The appliance on simulated parts, its records in this folder. leukoscope demo writes this file each time: change a
# copy of it.

"""


def demo_settings(settings: Settings, into: Path) -> Settings:
    """Return the settings with simulated parts and all files in `into`. The keys of `watch` press the button."""
    folder = into.resolve()
    return dataclasses.replace(
        settings,
        parts=dataclasses.replace(settings.parts, microscope="simulated", panel="simulated"),
        panel=dataclasses.replace(settings.panel, mirror=str(folder / "run"), remote_button=True),
        storage=dataclasses.replace(settings.storage, directory=str(folder)),
    )


def write_demo_settings(settings: Settings, into: Path) -> Path:
    """Write the settings into their folder, which is made if absent; return the file.

    Raises:
        StoreError: the file can't be written, or somebody else's settings file is there.
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


def with_short_messages(settings: Settings) -> Settings:
    """Return the settings with short messages, so that the demonstration goes on quickly."""
    return dataclasses.replace(
        settings, timing=dataclasses.replace(settings.timing, message_s=MESSAGE_S)
    )
