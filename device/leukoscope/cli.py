"""The command line. It lists all commands, and imports a command's module only when that command is called.

The command `light-off` is the module `commands.light_off`. Each such module has two functions:
`add_parser(commands, meaning)` adds the command and its options; `run(options)` does the work and returns the
exit status.
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

STANDARD_STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}
"""Their numbers, in every process."""

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
"""Each command and its line of help, in the order in which `leukoscope --help` lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: What was typed after the program's name. By default it is taken from `sys.argv`.

    Returns:
        The exit status: 0 done, 1 failed, 2 called wrongly, 130 interrupted.
    """
    _open_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file name may be invalid text, and a terminal may lack some characters.
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
        # The program that read our pipe (head, less) has ended: nobody would read a message.
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
    """Return a parser with all options of the called command, and only name and help of the others."""
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


def _open_closed_streams() -> None:
    """Open what the caller closed (`leukoscope slides >&-`), to read and write nothing.

    Else the next file that is opened, for example the records, would get the number of the closed stream,
    and what is printed would go there.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= max(STANDARD_STREAMS.values()):
        pass
    os.close(descriptor)
    for name, number in STANDARD_STREAMS.items():
        if getattr(sys, name) is None:
            stream = os.fdopen(
                number, "w" if number else "r", errors="backslashreplace", closefd=False
            )
            setattr(sys, name, stream)


def _complain(message: str) -> None:
    # The terminal may have closed.
    with contextlib.suppress(OSError):
        print(message, file=sys.stderr)


def _empty(stream: TextIO) -> None:
    """Write what is still buffered. Drop what can't be written: it would fail again at exit."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
