"""`leukoscope settings`: print the settings in use, in the form of a settings file."""

from __future__ import annotations

import argparse

from leukoscope.commands.arguments import Commands, add_command
from leukoscope.settings.settings import load_settings
from leukoscope.settings.writing import to_toml


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command."""
    add_command(commands, "settings", meaning, run)


def run(options: argparse.Namespace) -> int:
    """Print the settings."""
    print(to_toml(load_settings(options.settings)), end="")
    return 0
