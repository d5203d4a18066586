"""Shows the demonstration to a person: the live panel in a terminal, one line per event in a file or pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.panel.display import Display
from leukoscope.panel.terminal import (
    LiveTerminal,
    PrintedDisplay,
    is_live_terminal,
    stderr_below,
    write_picture,
)


class DemoView(Protocol):
    """Where the demonstration is shown.

    Attributes:
        display: Takes the panel's pictures.
    """

    display: Display

    def where(self, what: str, details: str) -> None:
        """Show what is being done ("slide 2 of 7: ALL"), and its details."""

    def tell(self, event: str) -> None:
        """Show what has just happened."""

    def finished(self) -> None:
        """Show the panel, which has the verdict of the finished slide."""


class LiveDemoView:
    """A `DemoView` in a terminal: the live panel, and two lines below it."""

    def __init__(self, terminal: LiveTerminal) -> None:
        self._terminal = terminal
        self.display: Display = terminal
        self._where = self._event = ""

    def where(self, what: str, details: str) -> None:
        """Change the first line."""
        self._where = f"{what}   {details}".rstrip()
        self._terminal.say(self._where, self._event)

    def tell(self, event: str) -> None:
        """Change the second line."""
        self._event = event.splitlines()[0].strip()
        self._terminal.say(self._where, self._event)

    def finished(self) -> None:
        """Do nothing, because the live panel shows the verdict."""


class PrintedDemoView:
    """A `DemoView` for a file or a pipe: one line per event, and the panel once per slide."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._what = stream, ""
        self._display = PrintedDisplay(stream)
        self.display: Display = self._display

    def where(self, what: str, details: str) -> None:
        """Write what is being done, if it has changed."""
        if what != self._what:
            self._what = what
            self._write(f"{what}   {details}".rstrip())

    def tell(self, event: str) -> None:
        """Write the event, indented."""
        for line in event.splitlines():
            self._write(f"  {line.strip()}")

    def finished(self) -> None:
        """Write the panel's picture."""
        write_picture(self._display.image, self._stream)

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()


@contextmanager
def open_view(stream: TextIO, keys: str) -> Iterator[DemoView]:
    """Open the view that fits `stream`. A terminal is restored afterwards.

    Args:
        stream: A terminal, a file or a pipe.
        keys: What the keys do, for the last line of a terminal.

    Yields:
        The view.
    """
    if not is_live_terminal(stream):
        yield PrintedDemoView(stream)
        return
    terminal = LiveTerminal(stream, f"{NOTICE} {SIMULATED}.", keys, words=2)
    try:
        with stderr_below(terminal):
            yield LiveDemoView(terminal)
    finally:
        terminal.close(keep=False)
