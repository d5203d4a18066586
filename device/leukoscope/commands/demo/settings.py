"""The settings of the demonstration. They stay in a file, so that other commands can use them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from leukoscope.errors import StoreError
from leukoscope.settings.settings import Settings
from leukoscope.settings.writing import changes_to_toml
from leukoscope.system.durable import write_durably

FILE = "leukoscope.toml"
"""Name of the settings file, which is in the folder of the records."""

MESSAGE_S = 1.0
"""How long the panel shows why a field was refused."""

_HEAD = """\
# The appliance on simulated parts, its records in this folder. leukoscope demo writes this file each time: change a
# copy of it.

"""


def demo_settings(settings: Settings, into: Path) -> Settings:
    """Return the settings with simulated parts and all files in `into`. Keys in `watch` act as the button."""
    folder = into.resolve()
    return dataclasses.replace(
        settings,
        parts=dataclasses.replace(settings.parts, microscope="simulated", panel="simulated"),
        panel=dataclasses.replace(settings.panel, mirror=str(folder / "run"), remote_button=True),
        storage=dataclasses.replace(settings.storage, directory=str(folder)),
    )


def write_demo_settings(settings: Settings, into: Path) -> Path:
    """Write the settings into the folder `into`, which is made if absent. Return the file.

    Raises:
        StoreError: The file can't be written, or a settings file that is not the demonstration's is there.
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
