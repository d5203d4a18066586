"""`leukoscope light-off`: switch the LED off.

The systemd unit runs this command after the daemon has ended, even if it was killed.
"""

from __future__ import annotations

import argparse
import sys

from leukoscope import assembly
from leukoscope.commands.arguments import Commands, add_command
from leukoscope.errors import SettingsError
from leukoscope.settings.settings import Settings, load_settings


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command."""
    add_command(commands, "light-off", meaning, run)


def run(options: argparse.Namespace) -> int:
    """Switch the LED off. If the settings can't be read, switch off the default pin."""
    try:
        settings = load_settings(options.settings)
    except SettingsError as error:
        print(f"leukoscope light-off: {error}; using the default pin", file=sys.stderr)
        settings = Settings()
    assembly.switch_led_off(settings)
    return 0
