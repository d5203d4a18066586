"""The panel in a terminal, in characters: live in one that a person looks at, else its last screen printed."""

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
"""Lines of the log that are kept while a terminal shows the panel, and printed after."""

_ENTER, _LEAVE = "\x1b[?1049h", "\x1b[?1049l"
"""xterm's alternate screen: when it is left, the terminal shows again what it showed before."""

_CLEAR = "\x1b[2J"
_LINE = "\x1b[%d;1H\x1b[2K"
"""ECMA-48 CUP and EL: to the start of a line (from 1), and empty it."""


_STDERR = 2
_LAST_LINES_S = 1.0
"""Longest wait for the last lines of standard error."""


class Form(enum.Enum):
    """Pixels across and down that one character shows. The first that fits is the best."""

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

# The weight of each pixel of a character, and the characters by the sum of the lit ones.
_DOTS = {
    Form.HALVES: ([[2], [1]], " ▄▀█"),
    Form.QUARTERS: ([[8, 4], [2, 1]], " ▗▖▄▝▐▞▟▘▚▌▙▀▜▛█"),
    Form.BRAILLE: (
        [[1, 8], [2, 16], [4, 32], [64, 128]],
        " " + "".join(chr(0x2800 + dots) for dots in range(1, 256)),
    ),
}


def form_for(columns: int, lines: int) -> Form | None:
    """The form in which the panel is shown in so much room; None when there is too little for any."""
    return next((form for form in Form if form.columns <= columns and form.lines <= lines), None)


def to_text(image: Image.Image, form: Form = Form.HALVES) -> str:
    """A mode '1' picture of the panel's size as lines of characters.

    A character of HALVES is one pixel across and two down, so the picture keeps its shape: 32 lines of
    128. QUARTERS make it half as wide, BRAILLE half as wide and half as high.
    """
    across, down = form.value
    weights, characters = _DOTS[form]
    lit = np.asarray(image.convert("L")) > 0
    cells = lit.reshape(form.lines, down, form.columns, across)
    sums = np.einsum("ldca,da->lc", cells.astype(int), np.array(weights))
    return "\n".join("".join(characters[dots] for dots in line) for line in sums)


def is_live_terminal(stream: TextIO) -> bool:
    """Whether `stream` is a terminal in which text can be placed: TERM=dumb says that it can't."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def write_picture(image: Image.Image, stream: TextIO) -> None:
    """Write one picture, as large as the terminal allows; to a file or a pipe in its shape."""
    form: Form | None = Form.HALVES
    if stream.isatty():
        columns, lines = _size(stream)
        form = form_for(columns, lines - 2)  # less the rule, and the prompt after it
    if form is None:
        stream.write(f"{_too_small(SMALLEST.columns, SMALLEST.lines + 2, columns, lines)}\n")
    else:
        stream.write(f"{'─' * form.columns}\n{to_text(image, form)}\n")
    stream.flush()


class PrintedDisplay:
    """A `Display` without a terminal: only what stays on the panel at the end is written.

    Every picture of the focus meter would fill the log. `leukoscope watch` shows them.
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
        """Write the picture that stays. A reader that went away stops nothing."""
        if keep:
            with contextlib.suppress(OSError):
                write_picture(self.image, self._stream)


class LiveTerminal:
    """A `Display` that has a terminal to itself. From the top: title, panel, words, keys, the newest log lines.

    stream: a live terminal. title: one line. keys: what they do, made into as many lines as it needs.
    words: how many lines `say` takes. The terminal is its own only from the first picture or words on,
    and is given back by `close`. Its size is looked at whenever something is shown: the panel takes the
    best form that fits, and where none does only a message is shown, with the size that is needed.
    Any thread may call. A terminal that went away (SSH ended) stops nothing; `gone` tells.
    """

    def __init__(self, stream: TextIO, title: str, keys: str, *, words: int = 1) -> None:
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
        """Show a picture on the panel, in a terminal of whatever size it has now."""
        with self._lock:
            self._image = image
            self._draw()

    def blank(self) -> None:
        """Show a dark panel."""
        self.show(Image.new("1", SIZE))

    def name_keys(self, keys: str) -> None:
        """Show from now on this text about the keys."""
        with self._lock:
            self._keys = keys

    def say(self, *words: str) -> None:
        """Show these lines below the panel, at most as many as `words`; what is too long is cut."""
        with self._lock:
            self._words[: len(words)] = words
            self._draw()

    def log(self, line: str) -> None:
        """Show a line of the log, while there is room; `close` prints all of them."""
        with self._lock:
            if self._closed:
                self._write(f"{line}\n")
                return
            self._log.append(line)
            if self._entered:
                self._draw()

    def close(self, keep: bool) -> None:
        """Give the terminal back as it was, and print the log below. keep: the panel's picture before it."""
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
        """Write the lines that differ from those on the screen; all of them when its size has changed."""
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
        """What the screen says, in lines that fit."""
        keys = _packed(self._keys, max(columns, 10))
        around = 1 + 2 + len(self._words) + len(keys)  # title, a rule above and below the panel
        form = form_for(columns, height - around)
        if form is None:
            narrow = _packed(self._keys, SMALLEST.columns)
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
    """While this lasts, standard error goes to the log of the terminal, if it leads to one.

    It is the file that is led elsewhere, since libraries written in C (the runtime of the models, libcamera)
    write there as well, and a line of theirs in the middle of the panel would stay.
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
        taker.join(_LAST_LINES_S)  # a child process that lives on may keep it open


def _size(stream: TextIO) -> tuple[int, int]:
    """Columns and lines of a terminal; raises OSError when it went away."""
    columns, lines = os.get_terminal_size(stream.fileno())
    return (columns, lines) if columns and lines else (80, 24)  # a serial line knows of no size


def _packed(text: str, columns: int) -> list[str]:
    """Text whose parts are three spaces apart in as many lines as it needs; a part stays together if it can."""
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
