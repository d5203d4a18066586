"""The panel in a terminal, and the one that only remembers."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from device.panel.canvas import SIZE
from device.panel.drawing import draw
from device.panel.terminal import TerminalDisplay, to_text
from device.simulator.panel import HISTORY, MemoryDisplay
from tests.panel.examples import EXAMPLES

ONE = draw(EXAMPLES["result-all"], simulated=True)
TWO = draw(EXAMPLES["refused"], simulated=True)


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever terminal the tests themselves run in."""
    monkeypatch.setenv("COLUMNS", "128")


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


def test_ok__terminal_writes_changes_only() -> None:
    stream = io.StringIO()
    display = TerminalDisplay(stream)
    for image in (ONE, ONE, TWO, TWO, ONE):
        display.show(image)
    rule = "─" * 128
    assert stream.getvalue() == "".join(f"{rule}\n{to_text(i)}\n" for i in (ONE, TWO, ONE))
    display.blank()
    assert stream.getvalue().endswith(f"{rule}\n{to_text(Image.new('1', SIZE))}\n")
    display.close(keep=False)
    assert not stream.closed


def test_ok__narrow_terminal_gets_two_pixels_a_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = io.StringIO()
    TerminalDisplay(stream).show(ONE)
    rule, *lines = stream.getvalue().rstrip("\n").split("\n")
    assert [len(line) for line in (rule, *lines)] == [64] * 33
    again = Image.new("1", SIZE)
    for y, line in enumerate(lines):
        for x, char in enumerate(line):
            for place, characters in enumerate(("▘▚▌▙▀▜▛█", "▝▞▐▟▀▜▛█", "▖▞▌▙▄▟▛█", "▗▚▐▟▄▙▜█")):
                again.putpixel((2 * x + place % 2, 2 * y + place // 2), char in characters)
    assert again.tobytes() == ONE.tobytes()


def test_ok__terminal_in_place() -> None:
    stream = io.StringIO()
    display = TerminalDisplay(stream, in_place=True)
    display.show(ONE)
    display.show(TWO)
    first, second = stream.getvalue().split("\x1b[33F")
    assert first.count("\n") == second.count("\n") == 33


def test_fail__terminal_that_goes_away() -> None:
    """It stops nothing: a display never raises."""

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    display = TerminalDisplay(Gone())
    display.show(ONE)
    display.blank()


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
