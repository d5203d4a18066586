"""Shows the panel as characters: live in a terminal. Without a terminal only the last screen is printed."""

from __future__ import annotations

import contextlib
import enum
import os
import sys
import textwrap
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import numpy as np
from PIL import Image

from leukoscope.panel.canvas import SIZE

LOG_KEPT = 500
"""Number of log lines that are kept while a terminal shows the panel, and printed afterwards."""

_ENTER, _LEAVE = "\x1b[?1049h", "\x1b[?1049l"
"""Enter and leave xterm's alternate screen. After leaving it, the terminal shows again what it showed before."""

_CLEAR = "\x1b[2J"
_LINE = "\x1b[%d;1H\x1b[2K"
"""ECMA-48 CUP and EL: move to the start of a line (from 1) and empty it."""


_STDERR = 2
_LAST_LINES_S = 1.0
"""Longest wait for the last lines of standard error."""


class Form(enum.Enum):
    """How many pixels one character shows, across and down. The best is the first one that fits."""

    HALVES = (1, 2)
    QUARTERS = (2, 2)
    BRAILLE = (2, 4)

    @property
    def columns(self) -> int:
        """Characters across the panel."""
        return SIZE[0] // self.value[0]

    @property
    def lines(self) -> int:
        """Lines of the panel."""
        return SIZE[1] // self.value[1]


SMALLEST = Form.BRAILLE

# The weight of each pixel of a character, and the characters ordered by the sum of the weights of their lit pixels.
_DOTS = {
    Form.HALVES: ([[2], [1]], " ▄▀█"),
    Form.QUARTERS: ([[8, 4], [2, 1]], " ▗▖▄▝▐▞▟▘▚▌▙▀▜▛█"),
    Form.BRAILLE: (
        [[1, 8], [2, 16], [4, 32], [64, 128]],
        " " + "".join(chr(0x2800 + dots) for dots in range(1, 256)),
    ),
}


def form_for(columns: int, lines: int) -> Form | None:
    """Return the best form for so much room; None when there is too little for any."""
    return next((form for form in Form if form.columns <= columns and form.lines <= lines), None)


def to_text(image: Image.Image, form: Form = Form.HALVES) -> str:
    """Convert a mode '1' picture of the panel's size to lines of characters.

    A character of HALVES shows one pixel across and two down. The picture then has 32 lines of 128 characters and
    keeps its proportions. QUARTERS make it half as wide, BRAILLE half as wide and half as high.
    """
    across, down = form.value
    weights, characters = _DOTS[form]
    lit = np.asarray(image.convert("L")) > 0
    cells = lit.reshape(form.lines, down, form.columns, across)
    sums = np.einsum("ldca,da->lc", cells.astype(int), np.array(weights))
    return "\n".join("".join(characters[dots] for dots in line) for line in sums)


def is_live_terminal(stream: TextIO) -> bool:
    """Return whether `stream` is a terminal that can place text anywhere. With TERM=dumb it can't."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def write_picture(image: Image.Image, stream: TextIO) -> None:
    """Write one picture: as large as fits in a terminal, and in its own proportions to a file or pipe."""
    form: Form | None = Form.HALVES
    if stream.isatty():
        columns, lines = _size(stream)
        form = form_for(
            columns, lines - 2
        )  # two lines are for the rule and for the prompt after it
    if form is None:
        stream.write(f"{_too_small(SMALLEST.columns, SMALLEST.lines + 2, columns, lines)}\n")
    else:
        stream.write(f"{'─' * form.columns}\n{to_text(image, form)}\n")
    stream.flush()


class PrintedDisplay:
    """A `Display` for a stream that is not a terminal. It writes only the picture that stays on the panel at the end.

    All pictures of the focus meter would fill the log; `leukoscope watch` shows them.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.image = Image.new("1", SIZE)

    def show(self, image: Image.Image) -> None:
        """Remember the picture."""
        self.image = image

    def blank(self) -> None:
        """Remember a dark picture."""
        self.image = Image.new("1", SIZE)

    def close(self, keep: bool) -> None:
        """Write the picture if it stays on the panel. It does not matter if nobody reads the stream any more."""
        if keep:
            with contextlib.suppress(OSError):
                write_picture(self.image, self._stream)


class LiveTerminal:
    """A `Display` that uses a whole terminal. From the top: title, panel, words, keys, the newest log lines.

    It takes the terminal over with the first picture or words, and `close` restores it. Whenever something is shown,
    it checks the terminal's size and takes the best form that fits. If none does, it shows only a message with the
    size that is needed. Any thread may call its methods.

    Attributes:
        gone: Whether the terminal is lost (for example when SSH has ended). Nothing is shown then, and nothing raises.
    """

    def __init__(self, stream: TextIO, title: str, keys: str, *, words: int = 1) -> None:
        """Prepare the terminal.

        Args:
            stream: A live terminal.
            title: One line.
            keys: What the keys do. It is broken into as many lines as it needs.
            words: How many lines `say` can show.
        """
        self._stream, self._title, self._keys = stream, title, keys
        self._image = Image.new("1", SIZE)
        self._words = [""] * words
        self._log: deque[str] = deque(maxlen=LOG_KEPT)
        self._lock = threading.RLock()
        self._size = (0, 0)
        self._drawn: list[str] = []
        self._entered = self._closed = False
        self.gone = False

    def show(self, image: Image.Image) -> None:
        """Show a picture on the panel, in the size that the terminal has now."""
        with self._lock:
            self._image = image
            self._draw()

    def blank(self) -> None:
        """Show a dark panel."""
        self.show(Image.new("1", SIZE))

    def name_keys(self, keys: str) -> None:
        """Change the text about the keys."""
        with self._lock:
            self._keys = keys

    def say(self, *words: str) -> None:
        """Show these lines below the panel, at most as many as `words`. Long lines are cut."""
        with self._lock:
            self._words[: len(words)] = words
            self._draw()

    def log(self, line: str) -> None:
        """Show a line of the log if there is room. `close` prints all lines."""
        with self._lock:
            if self._closed:
                self._write(f"{line}\n")
                return
            self._log.append(line)
            if self._entered:
                self._draw()

    def close(self, keep: bool) -> None:
        """Restore the terminal and print the log.

        Args:
            keep: Whether to print the panel's picture above the log.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._entered:
                self._write(_LEAVE)
            if keep:
                with contextlib.suppress(OSError):
                    write_picture(self._image, self._stream)
            self._write("".join(f"{line}\n" for line in self._log))

    def _draw(self) -> None:
        """Write the lines that differ from those in the terminal; all of them when its size has changed."""
        if self._closed or self.gone:
            return
        try:
            size = _size(self._stream)
        except OSError:
            self.gone = True
            return
        columns, height = size
        lines = self._lines(columns, height)
        changes = ""
        if size != self._size:
            changes = _CLEAR if self._entered else _ENTER + _CLEAR
            self._entered, self._size, self._drawn = True, size, []
        for i in range(max(len(lines), len(self._drawn))):
            line = lines[i] if i < len(lines) else ""
            if line != (self._drawn[i] if i < len(self._drawn) else ""):
                changes += _LINE % (i + 1) + line
        self._drawn = lines
        if changes:
            self._write(changes)

    def _lines(self, columns: int, height: int) -> list[str]:
        """Return everything to be shown, in lines that fit."""
        keys = _pack(self._keys, max(columns, 10))
        around = 1 + 2 + len(self._words) + len(keys)  # title, a rule above and below the panel
        form = form_for(columns, height - around)
        if form is None:
            narrow = _pack(self._keys, SMALLEST.columns)
            needed = SMALLEST.lines + 1 + 2 + len(self._words) + len(narrow)
            message = _too_small(SMALLEST.columns, needed, columns, height)
            return textwrap.wrap(message, max(columns, 1))[:height]
        rule = "─" * form.columns
        words = [*self._words, *keys]
        room = height - around - form.lines
        newest = list(self._log)[-room:] if room else []
        log = [part for line in newest for part in textwrap.wrap(line, columns)]
        return [
            _cut(line, columns)
            for line in (
                self._title,
                rule,
                *to_text(self._image, form).split("\n"),
                rule,
                *words,
                *log[max(len(log) - room, 0) :],
            )
        ]

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self.gone = True


@contextmanager
def stderr_below(terminal: LiveTerminal) -> Iterator[None]:
    """Send standard error to the terminal's log inside the `with` block, unless it already goes to a file.

    The file descriptor itself is redirected, because libraries written in C (the runtime of the models, libcamera) also
    write there. A line from them in the middle of the panel would stay there.
    """
    if not sys.stderr.isatty():
        yield
        return
    before = os.dup(_STDERR)
    read, write = os.pipe()
    os.dup2(write, _STDERR)
    os.close(write)

    def take() -> None:
        with os.fdopen(read, encoding="utf-8", errors="backslashreplace") as lines:
            for line in lines:
                terminal.log(line.rstrip("\n"))

    taker = threading.Thread(target=take, name="standard error", daemon=True)
    taker.start()
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(before, _STDERR)
        os.close(before)
        taker.join(
            _LAST_LINES_S
        )  # not longer: a child process that still runs may keep the pipe open


def _size(stream: TextIO) -> tuple[int, int]:
    """Return the columns and lines of a terminal.

    Raises:
        OSError: The terminal is gone.
    """
    columns, lines = os.get_terminal_size(stream.fileno())
    return (columns, lines) if columns and lines else (80, 24)  # a serial line has no size


def _pack(text: str, columns: int) -> list[str]:
    """Break text into lines at its gaps of three spaces. A part is broken only if it is longer than a line."""
    lines: list[str] = []
    for part in text.split("   "):
        if lines and len(lines[-1]) + 3 + len(part) <= columns:
            lines[-1] += f"   {part}"
        else:
            lines += textwrap.wrap(part, columns)
    return lines


def _too_small(columns: int, lines: int, has_columns: int, has_lines: int) -> str:
    return (
        f"Too small for the panel: make this terminal {columns} columns by {lines} lines or more. "
        f"It has {has_columns} by {has_lines}"
    )


def _cut(line: str, columns: int) -> str:
    return line if len(line) <= columns else f"{line[: columns - 1]}…"
