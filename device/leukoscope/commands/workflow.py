"""`leukoscope workflow`: print the workflow's states and transitions as a Mermaid diagram."""

from __future__ import annotations

import argparse

from leukoscope.appliance.workflow import diagram
from leukoscope.commands.arguments import Commands, add_command


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command."""
    add_command(commands, "workflow", meaning, run)


def run(_options: argparse.Namespace) -> int:
    """Print the diagram."""
    print(diagram(), end="")
    return 0
