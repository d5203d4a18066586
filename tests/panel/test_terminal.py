"""The panel in a terminal, and the one that only remembers."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import io
import os
import pty
import select
import struct
import termios
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.panel.canvas import SIZE
from leukoscope.panel.memory_display import HISTORY, MemoryDisplay
from leukoscope.panel.screen_drawing import draw
from leukoscope.panel.terminal import Form, LiveTerminal, PrintedDisplay, form_for, to_text
from PIL import Image

from tests.panel.examples import EXAMPLES
from tests.vt import Screen

ONE = draw(EXAMPLES["result-all"], simulated=True)
TWO = draw(EXAMPLES["refused"], simulated=True)
BRAILLE_DOTS = {
    "1": (0, 0),
    "2": (0, 1),
    "3": (0, 2),
    "7": (0, 3),
    "4": (1, 0),
    "5": (1, 1),
    "6": (1, 2),
    "8": (1, 3),
}
"""Column and row of a dot, by its number in the character's name."""


def from_text(text: str) -> Image.Image:
    lines = text.split("\n")
    image = Image.new("1", (len(lines[0]), 2 * len(lines)))
    for y, line in enumerate(lines):
        for x, char in enumerate(line):
            image.putpixel((x, 2 * y), char in "▀█")
            image.putpixel((x, 2 * y + 1), char in "▄█")
    return image


@pytest.mark.parametrize("name", EXAMPLES)
def test_ok__text_is_the_picture(name: str) -> None:
    image = draw(EXAMPLES[name], simulated=False)
    text = to_text(image)
    assert [len(line) for line in text.split("\n")] == [128] * 32
    assert from_text(text).tobytes() == image.tobytes()


@given(st.binary(min_size=1024, max_size=1024))
def test_ok__text_is_any_picture(pixels: bytes) -> None:
    image = Image.frombytes("1", SIZE, pixels)
    assert from_text(to_text(image)).tobytes() == image.tobytes()


@pytest.mark.parametrize("name", EXAMPLES)
def test_ok__quarters_and_braille_are_the_picture(name: str) -> None:
    image = draw(EXAMPLES[name], simulated=False)
    quarters = to_text(image, Form.QUARTERS).split("\n")
    assert [len(line) for line in quarters] == [64] * 32
    again = Image.new("1", SIZE)
    for y, line in enumerate(quarters):
        for x, char in enumerate(line):
            for place, characters in enumerate(("▘▚▌▙▀▜▛█", "▝▞▐▟▀▜▛█", "▖▞▌▙▄▟▛█", "▗▚▐▟▄▙▜█")):
                again.putpixel((2 * x + place % 2, 2 * y + place // 2), char in characters)
    assert again.tobytes() == image.tobytes()
    braille = to_text(image, Form.BRAILLE).split("\n")
    assert [len(line) for line in braille] == [64] * 16
    again = Image.new("1", SIZE)
    for y, line in enumerate(braille):
        for x, char in enumerate(line):
            dots = unicodedata.name(char).removeprefix("BRAILLE PATTERN DOTS-")
            for dot, (right, down) in BRAILLE_DOTS.items():
                again.putpixel((2 * x + right, 4 * y + down), dot in dots)
    assert again.tobytes() == image.tobytes()


@pytest.mark.parametrize(
    ("columns", "lines", "form"),
    [
        (128, 32, Form.HALVES),
        (127, 32, Form.QUARTERS),
        (128, 31, Form.BRAILLE),
        (64, 16, Form.BRAILLE),
        (63, 100, None),
        (300, 15, None),
    ],
)
def test_ok__form_by_the_room(columns: int, lines: int, form: Form | None) -> None:
    assert form_for(columns, lines) is form


def test_ok__printed_at_the_end_only() -> None:
    """A log does not fill with pictures of a focus meter."""
    for keep in (True, False):
        stream = io.StringIO()
        display = PrintedDisplay(stream)
        display.show(ONE)
        display.show(TWO)
        assert stream.getvalue() == ""
        display.close(keep)
        assert stream.getvalue() == (f"{'─' * 128}\n{to_text(TWO)}\n" if keep else "")
        assert not stream.closed
    display.blank()
    assert display.image.getbbox() is None


def test_fail__reader_that_goes_away() -> None:
    """It stops nothing: a display never raises."""

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    display = PrintedDisplay(Gone())
    display.show(ONE)
    display.close(keep=True)


class Pty:
    """The two ends of a terminal."""

    def __init__(self, columns: int, lines: int) -> None:
        self.person, inner = pty.openpty()
        self.stream = os.fdopen(inner, "w", encoding="utf-8")
        self.resize(columns, lines)
        self.screen = Screen(200, 100)
        # A read can end within a character.
        self.decoder = codecs.getincrementaldecoder("utf-8")()

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(
            self.stream.fileno(), termios.TIOCSWINSZ, struct.pack("4H", lines, columns, 0, 0)
        )

    @property
    def lines(self) -> list[str]:
        """What it shows now."""
        while select.select([self.person], [], [], 0.05)[0]:
            self.screen.write(self.decoder.decode(os.read(self.person, 65536)))
        return self.screen.lines

    def close(self) -> None:
        with contextlib.suppress(OSError):  # nobody takes what was still to be written
            self.stream.close()
        os.close(self.person)


@pytest.fixture
def terminal() -> Iterator[Pty]:
    opened = Pty(80, 24)
    yield opened
    opened.close()


def test_ok__log_fills_what_room_there_is(terminal: Pty) -> None:
    display = LiveTerminal(terminal.stream, "title", "keys", words=1)
    display.log("first")
    assert terminal.lines == [""], "the terminal is taken with the first picture only"
    display.show(ONE)
    display.say("said")
    for line in (
        "second",
        "third",
        "a line that is far longer than this terminal is wide: " + "x" * 80,
    ):
        display.log(line)
    shown = terminal.lines
    assert shown[0] == "title"
    # What is long is not cut: it may be the advice on a fault.
    assert shown[19:22] == ["said", "keys", "third"]
    assert shown[22:] == ["a line that is far longer than this terminal is wide:", "x" * 80]
    assert len(shown) == 24
    display.close(keep=True)
    printed = terminal.lines
    assert not terminal.screen.alternate
    assert printed[1:17] == [line.rstrip() for line in to_text(ONE, Form.BRAILLE).split("\n")]
    assert printed[17:20] == ["first", "second", "third"]
    display.log("after")
    display.show(TWO)
    assert terminal.lines[-1] == "after"


def test_ok__size_that_the_terminal_does_not_know(terminal: Pty) -> None:
    """As on a serial line: 80 by 24."""
    terminal.resize(0, 0)
    LiveTerminal(terminal.stream, "title", "keys").show(ONE)
    assert terminal.lines[1] == "─" * 64


def test_fail__terminal_that_goes_away(terminal: Pty) -> None:
    display = LiveTerminal(terminal.stream, "title", "keys")
    display.show(ONE)
    assert not display.gone
    os.close(terminal.person)
    display.show(TWO)
    assert display.gone
    display.blank()
    display.close(keep=True)
    terminal.person = os.open(os.devnull, os.O_RDONLY)


def test_ok__memory_keeps_changes() -> None:
    display = MemoryDisplay()
    assert display.image.getbbox() is None
    for image in (ONE, ONE, TWO):
        display.show(image)
    assert [i.tobytes() for i in display.history] == [ONE.tobytes(), TWO.tobytes()]
    display.close(keep=True)
    assert display.closed
    assert display.image.tobytes() == TWO.tobytes()


def test_ok__memory_goes_dark() -> None:
    display = MemoryDisplay()
    display.show(ONE)
    display.close(keep=False)
    assert display.closed
    assert display.image.getbbox() is None


def test_ok__memory_is_bounded() -> None:
    display = MemoryDisplay()
    for _ in range(HISTORY):
        display.show(ONE)
        display.show(TWO)
    assert len(display.history) == HISTORY
