"""The panel of a running appliance in another terminal: what a person sees there, and what their keys do."""

from __future__ import annotations

import fcntl
import io
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from device.cli import main
from device.errors import LeukoscopeError
from device.panel import screens
from device.panel.button import Gesture
from device.panel.drawing import draw
from device.panel.mirror import PICTURE, MirroredDisplay
from device.panel.remote_button import RemoteButton
from device.panel.terminal import to_text
from device.reading.results import NOTICE
from device.records.reader import RecordReader
from device.simulator.panel import MemoryDisplay
from device.watch import DARK, SMALL, STOPPED, watch
from tests.appliance import StubButton
from tests.bundles import BUNDLE
from tests.panel.examples import EXAMPLES

PATIENCE_S = 30.0
ONE = draw(EXAMPLES["focus"], simulated=True)
TWO = draw(EXAMPLES["refused"], simulated=True)
SCRIPT = "import sys; from device.cli import main; sys.exit(main())"
FRAME = re.compile(r"─{128}\r\n((?:[ ▀▄█]{128}\r\n){32})")
WORDS = re.compile(r"\r\x1b\[K([^\r]*)\r")


def eventually(true: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


class Terminal:
    """`leukoscope watch` in a terminal of its own."""

    def __init__(self, settings_file: Path, root: Path) -> None:
        self._master, self._slave = os.openpty()
        self.resize(40)
        self._before = termios.tcgetattr(self._slave)
        size = ("COLUMNS", "LINES")
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, "watch", "--settings", settings_file],
            cwd=root,
            env={name: value for name, value in os.environ.items() if name not in size},
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            # These tests may run where Ctrl-C is ignored, as behind nohup; a terminal's programs don't.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        self._written = bytearray()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while True:
                self._written += os.read(self._master, 65536)
        except OSError:
            return

    def resize(self, lines: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("4H", lines, 130, 0, 0))

    @property
    def text(self) -> str:
        """All that was written to it."""
        return self._written.decode(errors="ignore")

    def shows(self, image: Image.Image, rows: slice = slice(None)) -> bool:
        """Whether the newest picture is this one, in these of its rows by two."""
        frames = FRAME.findall(self.text)
        return bool(frames) and frames[-1].splitlines()[rows] == to_text(image).splitlines()[rows]

    @property
    def words(self) -> str:
        """What the line below the panel says."""
        return (WORDS.findall(self.text) or [""])[-1]

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def ended(self) -> int:
        """Wait for its end; the exit status. The terminal is as it was."""
        status = self.process.wait(PATIENCE_S)
        assert termios.tcgetattr(self._slave) == self._before
        assert "Traceback" not in self.text
        return status

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._slave)
        os.close(self._master)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watch")


@pytest.fixture(scope="module")
def folder(place: Path) -> Path:
    """The mirror's folder."""
    (place / "run").mkdir()
    return place / "run"


@pytest.fixture(scope="module")
def settings_file(place: Path, folder: Path) -> Path:
    file = place / "leukoscope.toml"
    file.write_text(
        "[parts]\nmicroscope = 'simulated'\npanel = 'simulated'\n"
        "[camera]\nwidth = 507\nheight = 380\num_per_px = 0.31\n"
        f"[panel]\nmirror = '{folder}'\nremote_button = true\n"
        f"[model]\nbundle = '{BUNDLE}'\n"
        f"[storage]\ndirectory = '{place / 'state'}'\nmin_free_mb = 1\n",
        encoding="utf-8",
    )
    return file


@pytest.fixture
def panel(folder: Path) -> Iterator[MirroredDisplay]:
    """The panel of an appliance that runs, in place of one."""
    display = MirroredDisplay(MemoryDisplay(), folder, time.monotonic)
    display.show(ONE)
    yield display
    display.close(keep=False)


@pytest.fixture
def own_terminal(panel: MirroredDisplay, settings_file: Path, checkout: Path) -> Iterator[Terminal]:
    """A terminal, for a test that ends what runs in it."""
    opened = Terminal(settings_file, checkout)
    eventually(lambda: opened.shows(ONE))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def lasting(folder: Path, settings_file: Path, checkout: Path) -> Iterator[Terminal]:
    """A terminal that many appliances come and go before."""
    first = MirroredDisplay(MemoryDisplay(), folder, time.monotonic)
    first.show(TWO)
    opened = Terminal(settings_file, checkout)
    eventually(lambda: opened.shows(TWO))
    first.close(keep=False)
    yield opened
    opened.close()


@pytest.fixture
def terminal(lasting: Terminal, panel: MirroredDisplay) -> Terminal:
    """A terminal that shows the panel."""
    eventually(lambda: lasting.shows(ONE) and not lasting.words)
    return lasting


def test_ok__press_a_key_and_see_the_verdict(
    settings_file: Path, place: Path, checkout: Path
) -> None:
    """The whole appliance in one process, the person who looks on in another."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, "run", "--settings", settings_file],
        cwd=checkout,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as appliance:
        try:
            while "starting -> ready" not in appliance.stderr.readline():
                assert appliance.poll() is None
            terminal = Terminal(settings_file, checkout)
            eventually(lambda: FRAME.search(terminal.text))
            terminal.type(" ")
            while "reading -> result" not in (line := appliance.stderr.readline()):
                assert line, "it ended"
            with RecordReader(place / "state") as records:
                slide = records.slides()[0]
            # The last screen of the slide has the same pattern and confidence in the same place.
            verdict = draw(screens.SlideDone(slide.name, slide.verdict), simulated=True)
            eventually(lambda: terminal.shows(verdict, slice(6, 17)))
            # By now it may have been wiped away.
            assert "press sent" in WORDS.findall(terminal.text)
            appliance.terminate()
            eventually(lambda: terminal.words == STOPPED)
        finally:
            appliance.kill()
    terminal.type("q")
    assert terminal.ended() == 0
    terminal.close()


def test_ok__header(terminal: Terminal) -> None:
    assert terminal.text.startswith(f"{NOTICE}\r\n")


def test_ok__changes_are_drawn_in_place(terminal: Terminal, panel: MirroredDisplay) -> None:
    before = len(terminal.text)
    panel.show(TWO)
    eventually(lambda: terminal.shows(TWO))
    assert terminal.text[before:].startswith("\x1b[33F─")


def test_ok__dark_panel(terminal: Terminal, panel: MirroredDisplay) -> None:
    panel.blank()
    eventually(lambda: terminal.words == DARK)
    panel.show(ONE)
    eventually(lambda: terminal.shows(ONE) and not terminal.words)


def test_ok__every_gesture(
    folder: Path, settings_file: Path, checkout: Path, panel: MirroredDisplay
) -> None:
    came: list[Gesture] = []
    button = RemoteButton(StubButton(), folder, came.append)
    eventually((folder / "button").exists)
    terminal = Terminal(settings_file, checkout)
    eventually(lambda: "SPACE press   h hold 2 s: finish slide" in terminal.text)
    for key, gesture in ((" ", Gesture.PRESS), ("h", Gesture.HOLD), ("p", Gesture.LONG_HOLD)):
        terminal.type(key)
        eventually(lambda gesture=gesture: came[-1:] == [gesture])
        eventually(lambda gesture=gesture: terminal.words == f"{gesture.value} sent")
    terminal.type("xyz\nq")
    assert terminal.ended() == 0
    terminal.close()
    button.close()
    assert came == list(Gesture)


def test_fail__keys_that_are_not_allowed(terminal: Terminal) -> None:
    """It says how to allow them."""
    how = "not allowed: set [panel] remote_button = true, restart leukoscope"
    assert f"q quit   No button by key: {how}\r\n" in terminal.text
    terminal.type(" ")
    eventually(lambda: terminal.words == how)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ok__ended_by_a_signal(own_terminal: Terminal, number: signal.Signals) -> None:
    """The terminal is put back as it was."""
    own_terminal.process.send_signal(number)
    assert own_terminal.ended() == 128 + signal.SIGINT


@pytest.mark.parametrize("keep", [True, False])
def test_ok__appliance_ends_and_comes_back(
    terminal: Terminal, panel: MirroredDisplay, folder: Path, keep: bool
) -> None:
    """Its last screen is not taken for a live one."""
    panel.close(keep)
    eventually(lambda: terminal.words == STOPPED)
    assert terminal.shows(ONE)
    again = MirroredDisplay(MemoryDisplay(), folder, time.monotonic)
    again.show(TWO)
    eventually(lambda: terminal.shows(TWO) and not terminal.words)
    again.close(keep=False)


def test_fail__terminal_too_small(terminal: Terminal) -> None:
    terminal.resize(24)
    eventually(lambda: terminal.words == SMALL)
    terminal.resize(40)
    eventually(lambda: not terminal.words)


def test_fail__mirror_is_damaged_meanwhile(own_terminal: Terminal, folder: Path) -> None:
    (folder / PICTURE).write_bytes(b"no picture")
    assert own_terminal.ended() == 1
    assert f"leukoscope: {folder / PICTURE}: not a picture of the panel" in own_terminal.text


@pytest.mark.parametrize("arguments", [["--once"], []])
def test_ok__once(
    arguments: list[str],
    panel: MirroredDisplay,
    settings_file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So too where the output is no terminal."""
    monkeypatch.setenv("COLUMNS", "128")
    assert main(["watch", "--settings", str(settings_file), *arguments]) == 0
    assert capsys.readouterr() == (f"{NOTICE}\n{'─' * 128}\n{to_text(ONE)}\n", "")


@pytest.mark.parametrize("kept", [True, False])
def test_fail__appliance_does_not_run(
    kept: bool,
    panel: MirroredDisplay,
    folder: Path,
    settings_file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nor is a screen that it left shown as if it did."""
    panel.close(keep=kept)
    assert main(["watch", "--settings", str(settings_file)]) == 1
    assert capsys.readouterr() == (
        "",
        f"leukoscope: no appliance shows its panel in {folder}: start it (sudo systemctl start "
        "leukoscope), or name its settings file with --settings\n",
    )
    with pytest.raises(LeukoscopeError, match="no appliance shows its panel"):
        watch(folder, io.StringIO(), io.StringIO())
