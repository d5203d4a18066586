"""A terminal for a program under test: what it shows at any moment, in any size.

Not pyte: it has no alternate screen, and it accepts what must not happen here (a line that wraps, a line below the
last one, an unknown command).
"""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PATIENCE_S = 60.0

_PART = re.compile(
    r"\x1b\[(?P<mode>\?1049[hl])|\x1b\[(?P<at>[\d;]*)(?P<do>[HJK])|(?P<char>.)", re.S
)

_UNFINISHED = re.compile(r"\x1b(\[[?\d;]*)?$")
"""The beginning of a command whose end has not been written yet."""


def eventually(true: Callable[[], object], told: Callable[[], object] = lambda: "") -> None:
    """Wait until `true` gives true; fail with `told` after `PATIENCE_S`."""
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until, told()
        time.sleep(0.01)


class Screen:
    """What a terminal shows. It knows the few commands that the device uses; any other is an error."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.height = columns, lines
        self._pages = {False: [[""]], True: [[""]]}
        self.alternate = False
        self._row = self._column = 0
        self._saved = (0, 0)
        self._unfinished = ""

    @property
    def lines(self) -> list[str]:
        """The visible lines, without blanks at their right."""
        page = self._pages[self.alternate]
        seen = page if self.alternate else page[-self.height :]
        return ["".join(line).rstrip() for line in seen]

    def write(self, text: str) -> None:
        """Take what a program writes, in pieces of any length."""
        text = self._unfinished + text
        self._unfinished = match[0] if (match := _UNFINISHED.search(text)) else ""
        for part in _PART.finditer(text.removesuffix(self._unfinished)):
            if part["char"] is not None:
                self._put(part["char"])
            elif part["mode"] is not None:
                self._switch(part["mode"].endswith("h"))
            elif part["do"] == "H":
                row, column = (part["at"] or "1;1").split(";")
                self._row, self._column = int(row) - 1, int(column) - 1
                assert self._row < self.height, "it writes below the terminal"
            else:
                assert part["at"] == "2", part[0]
                if part["do"] == "J":
                    self._pages[self.alternate] = [[]]
                else:
                    self._line()[:] = []

    def _switch(self, alternate: bool) -> None:
        if alternate:
            self._saved = (self._row, self._column)
            self._pages[True] = [[]]
        else:
            self._row, self._column = self._saved
        self.alternate = alternate

    def _line(self) -> list[str]:
        page = self._pages[self.alternate]
        while len(page) <= self._row:
            page.append([])
        return page[self._row]

    def _put(self, char: str) -> None:
        assert char != "\x1b", "a command that this screen does not know"
        if char == "\r":
            self._column = 0
        elif char == "\n":
            assert not self.alternate, "it may scroll"
            self._row += 1
        else:
            line = self._line()
            assert not self.alternate or self._column < self.columns, "it wraps"
            line.extend(" " * (self._column + 1 - len(line)))
            line[self._column] = char
            self._column += 1


def default_signals() -> None:
    """Reset signals, as a shell does for a typed program: a test run by nohup would pass on ignored ones."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Terminal:
    """A program in its own terminal."""

    def __init__(
        self,
        command: Sequence[object],
        cwd: Path,
        columns: int,
        lines: int,
        environment: Mapping[str, str] = {"TERM": "xterm"},
    ) -> None:
        self._master, self._slave = os.openpty()
        self._written = bytearray()
        # Larger than any size in the tests, so that `fits` sees what is written outside.
        self._screen, self._taken = Screen(200, 100), 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.resize(columns, lines)
        self._before = termios.tcgetattr(self._slave)
        ours = {
            name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")
        }
        self.process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env={**ours, **environment},
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            preexec_fn=default_signals,
        )
        self._reading = True
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # A blocking read would keep the terminal open after `hang_up` closes it.
        while self._reading:
            if select.select([self._master], [], [], 0.05)[0]:
                self._written += os.read(self._master, 65536)

    def resize(self, columns: int, lines: int) -> None:
        """Change its size. What it shows stays until the program clears it."""
        self._columns, self._lines = columns, lines
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("4H", lines, columns, 0, 0))

    @property
    def text(self) -> str:
        """All that was written to it."""
        return self._written.decode(errors="ignore")

    @property
    def screen(self) -> Screen:
        """What it shows."""
        written = bytes(self._written)
        self._screen.write(self._decoder.decode(written[self._taken :]))
        self._taken = len(written)
        return self._screen

    @property
    def lines(self) -> list[str]:
        """The lines that it shows."""
        return self.screen.lines

    def says(self, words: str) -> bool:
        """Whether it shows these words, in one line or over several."""
        return words in " ".join(" ".join(self.lines).split())

    def sees(self, words: str) -> None:
        """Wait until it shows these words."""
        eventually(lambda: self.says(words), lambda: "\n".join([words, *self.lines]))

    def fits(self) -> bool:
        """Whether all that it shows is inside its present size."""
        lines = self.lines
        return len(lines) <= self._lines and all(len(line) <= self._columns for line in lines)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def ended(self) -> int:
        """Wait for the program's end and return its exit status. It must have restored the terminal."""
        status = self.process.wait(PATIENCE_S)
        eventually(lambda: not self.screen.alternate)
        assert termios.tcgetattr(self._slave) == self._before
        assert "Traceback" not in self.text
        return status

    def hang_up(self) -> None:
        """Close the terminal while the program is running."""
        self._reading = False
        self._reader.join()
        os.close(self._slave)
        os.close(self._master)

    def close(self) -> None:
        """End the program, and close the terminal."""
        self.process.kill()
        self.process.wait()
        if self._reading:
            self.hang_up()
