"""The command line: all commands by name; a command's module is imported only when it is called.

The command `light-off` is the module `commands.light_off`. Each such module has `add_parser(commands, meaning)`,
which adds the command and its options, and `run(options)`, which does the work and returns the exit status.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TextIO

from leukoscope import __version__
from leukoscope.commands.arguments import UsageError
from leukoscope.errors import LeukoscopeError
from leukoscope.notice import NOTICE

USAGE_ERROR = 2

COMMANDS = {
    "run": "Run the appliance; systemd does this",
    "status": "Show the state of the appliance; exit status 1 if it needs attention",
    "watch": "Show the panel of the running appliance, live",
    "calibrate": "Calibrate the microscope, one step per press",
    "snap": "Take one corrected picture with a scale bar",
    "settings": "Print the settings in use",
    "selftest": "Test every part once; exit status 1 if one fails",
    "logs": "Show the appliance's log, or its lines about one slide",
    "upkeep": "Check records and pictures; exit status 1 if some are damaged",
    "demo": "Run the appliance on the simulated microscope",
    "classify": "Read image files and folders",
    "models": "List, verify or select model bundles",
    "control": "Show the control slides, or add and remove them",
    "slides": "List the slides",
    "show": "Print a slide's verdict and write a picture of its fields",
    "export": "Write all records to standard output",
    "workflow": "Print the workflow as a Mermaid diagram",
    "light-off": "Switch the LED off, for example after the daemon was killed",
}
"""Each command and its line of help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: what was typed after the program's name; by default `sys.argv`'s.

    Returns:
        The exit status: 0 done, 1 failed, 2 called wrongly, 130 interrupted.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file name need not be valid text, and a terminal may lack some characters.
        sys.stdout.reconfigure(errors="backslashreplace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(given).parse_args(given)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except UsageError as error:
        _complain(f"leukoscope {options.command}: {error}")
        return USAGE_ERROR
    except LeukoscopeError as error:
        _complain(f"leukoscope: {error}")
        return 1
    except OSError as error:
        # When the reader of a pipe has gone (head, less), nobody would read a message.
        if not isinstance(error, BrokenPipeError):
            _complain(
                f"leukoscope: {error.filename or 'standard output'}: {error.strerror or error}"
            )
        return 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            _empty(stream)
    return status


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command that is called; of the others it knows only name and help."""
    parser = argparse.ArgumentParser(
        prog="leukoscope",
        description=f"A blood-smear microscope that reads its own slides. {NOTICE}",
    )
    parser.add_argument("--version", action="version", version=f"leukoscope {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    called = next((word for word in given if not word.startswith("-")), "")
    for name, meaning in COMMANDS.items():
        if name == called:
            module = import_module(f"leukoscope.commands.{name.replace('-', '_')}")
            module.add_parser(commands, meaning)
        else:
            commands.add_parser(name, help=meaning)
    return parser


def _complain(message: str) -> None:
    # The terminal that would show it may have closed.
    with contextlib.suppress(OSError):
        print(message, file=sys.stderr)


def _empty(stream: TextIO) -> None:
    """Write what is still buffered. What can't be written now is dropped: it would fail again at exit."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
