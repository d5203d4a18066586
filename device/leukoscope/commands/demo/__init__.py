"""`leukoscope demo`: run the appliance on the simulated microscope."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from leukoscope.commands.arguments import Commands, add_command
from leukoscope.commands.demo.interactive import interactive_demo
from leukoscope.commands.demo.scripted import scripted_demo
from leukoscope.settings.settings import load_settings


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "demo", meaning, run)
    parser.add_argument(
        "--interactive", action="store_true", help="you move the stage and press the button, by key"
    )
    parser.add_argument(
        "--into",
        type=Path,
        default=Path("demo-output"),
        metavar="DIR",
        help="folder for the records (default: demo-output)",
    )


def run(options: argparse.Namespace) -> int:
    """Run the demonstration by its script, or with the person at the keyboard."""
    settings = load_settings(options.settings)
    demo = interactive_demo if options.interactive else scripted_demo
    return demo(settings, options.into, sys.stdout)
