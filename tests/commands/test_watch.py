"""The panel of a running appliance in another terminal: what a person sees there, and what their keys do."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from leukoscope.cli import main
from leukoscope.commands.watch import DARK, STOPPED, watch
from leukoscope.errors import LeukoscopeError
from leukoscope.notice import NOTICE
from leukoscope.panel import screens
from leukoscope.panel.button import Gesture
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.panel.mirror import PICTURE, MirroredDisplay
from leukoscope.panel.remote_button import RemoteButton
from leukoscope.panel.screen_drawing import draw
from leukoscope.panel.terminal import Form, to_text
from leukoscope.records.reader import RecordReader
from PIL import Image

from tests.appliance.simulated import StubButton
from tests.bundles import BUNDLE
from tests.panel.examples import EXAMPLES
from tests.vt import Terminal, eventually

WIDE, SMALL = (128, 45), (80, 24)
ONE = draw(EXAMPLES["focus"], simulated=True)
TWO = draw(EXAMPLES["refused"], simulated=True)
SCRIPT = "import sys; from leukoscope.cli import main; sys.exit(main())"


class Watch(Terminal):
    """`leukoscope watch` in a terminal of its own."""

    def __init__(self, settings_file: Path, root: Path, size: tuple[int, int] = WIDE) -> None:
        command = (sys.executable, "-c", SCRIPT, "watch", "--settings", settings_file)
        super().__init__(command, root, *size)

    def shows(
        self, image: Image.Image, rows: slice = slice(None), form: Form = Form.HALVES
    ) -> bool:
        """Whether the panel's picture is this one, in these of its lines."""
        wanted = [line.rstrip() for line in to_text(image, form).split("\n")]
        return self.lines[2 : 2 + form.lines][rows] == wanted[rows]

    @property
    def words(self) -> str:
        """What the line below the panel says."""
        below = [i for i, line in enumerate(self.lines) if line.startswith("─")]
        return self.lines[below[-1] + 1]


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
def own_terminal(panel: MirroredDisplay, settings_file: Path, checkout: Path) -> Iterator[Watch]:
    """A terminal, for a test that ends what runs in it."""
    opened = Watch(settings_file, checkout)
    eventually(lambda: opened.shows(ONE))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def lasting(folder: Path, settings_file: Path, checkout: Path) -> Iterator[Watch]:
    """A terminal that many appliances come and go before."""
    first = MirroredDisplay(MemoryDisplay(), folder, time.monotonic)
    first.show(TWO)
    opened = Watch(settings_file, checkout)
    eventually(lambda: opened.shows(TWO))
    first.close(keep=False)
    yield opened
    opened.close()


@pytest.fixture
def terminal(lasting: Watch, panel: MirroredDisplay) -> Watch:
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
            terminal = Watch(settings_file, checkout)
            terminal.sees("SPACE press")
            terminal.type(" ")
            while "reading -> result" not in (line := appliance.stderr.readline()):
                assert line, "it ended"
            with RecordReader(place / "state") as records:
                slide = records.slides()[0]
            # The last screen of the slide has the same pattern and confidence in the same place.
            verdict = draw(screens.SlideDoneScreen(slide.name, slide.verdict), simulated=True)
            eventually(lambda: terminal.shows(verdict, rows=slice(6, 17)))
            # By now it may have been wiped away.
            assert "press sent" in terminal.text
            appliance.terminate()
            eventually(lambda: terminal.words == STOPPED)
        finally:
            appliance.kill()
    terminal.type("q")
    assert terminal.ended() == 0
    terminal.close()


@pytest.mark.parametrize(
    ("size", "form"),
    [
        (WIDE, Form.HALVES),
        ((127, 45), Form.QUARTERS),
        ((64, 39), Form.QUARTERS),
        ((64, 38), Form.BRAILLE),
        (SMALL, Form.BRAILLE),
        ((64, 23), Form.BRAILLE),
    ],
)
def test_ok__as_large_as_the_terminal_allows(
    terminal: Watch, size: tuple[int, int], form: Form
) -> None:
    """With all that stands around the panel, and nothing left of what stood there before."""
    terminal.resize(*size)
    eventually(lambda: terminal.fits() and terminal.shows(ONE, form=form))
    assert terminal.lines[:2] == [NOTICE, "─" * form.columns]
    terminal.sees("q quit")
    assert terminal.lines[2 + form.lines] == "─" * form.columns
    terminal.resize(*WIDE)
    eventually(lambda: terminal.shows(ONE))


@pytest.mark.parametrize("size", [(63, 45), (80, 20), (20, 6)])
def test_fail__terminal_too_small(terminal: Watch, size: tuple[int, int]) -> None:
    """Nothing but what is needed stands there, until it is large enough; and the panel is back."""
    terminal.resize(*size)
    columns, lines = size
    terminal.sees(f"make this terminal 64 columns by 23 lines or more. It has {columns} by {lines}")
    assert terminal.fits()
    assert not terminal.says("─")
    terminal.resize(*SMALL)
    eventually(lambda: terminal.shows(ONE, form=Form.BRAILLE))
    terminal.resize(*WIDE)
    eventually(lambda: terminal.shows(ONE))


def test_ok__changes_alone_are_written(terminal: Watch, panel: MirroredDisplay) -> None:
    before = len(terminal.text)
    panel.show(TWO)
    eventually(lambda: terminal.shows(TWO))
    same = sum(
        one == two for one, two in zip(*(to_text(i).split("\n") for i in (ONE, TWO)), strict=True)
    )
    assert terminal.text[before:].count("\x1b[2K") == 32 - same


def test_ok__terminal_shows_again_what_it_showed(own_terminal: Watch) -> None:
    assert own_terminal.screen.alternate
    own_terminal.type("q")
    assert own_terminal.ended() == 0
    assert own_terminal.lines == [""]


def test_ok__dark_panel(terminal: Watch, panel: MirroredDisplay) -> None:
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
    terminal = Watch(settings_file, checkout)
    terminal.sees("SPACE press h hold 2 s: finish slide")
    for key, gesture in ((" ", Gesture.PRESS), ("h", Gesture.HOLD), ("p", Gesture.LONG_HOLD)):
        terminal.type(key)
        eventually(lambda gesture=gesture: came[-1:] == [gesture])
        eventually(lambda gesture=gesture: terminal.words == f"{gesture.value} sent")
    terminal.type("xyz\nq")
    assert terminal.ended() == 0
    terminal.close()
    button.close()
    assert came == list(Gesture)


def test_fail__keys_that_are_not_allowed(terminal: Watch) -> None:
    """It says how to allow them."""
    how = "not allowed: set [panel] remote_button = true, restart leukoscope"
    terminal.sees(f"q quit No button by key: {how}")
    terminal.type(" ")
    eventually(lambda: terminal.words == how)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ok__ended_by_a_signal(own_terminal: Watch, number: signal.Signals) -> None:
    """The terminal is put back as it was."""
    own_terminal.process.send_signal(number)
    assert own_terminal.ended() == 128 + signal.SIGINT


def test_ok__stopped_appliance_has_no_keys(terminal: Watch, panel: MirroredDisplay) -> None:
    """Nor advice on how to allow them."""
    terminal.sees("No button by key")
    panel.close(keep=True)
    eventually(lambda: terminal.words == STOPPED and not terminal.says("No button by key"))
    assert terminal.says("q quit")


@pytest.mark.parametrize("keep", [True, False])
def test_ok__appliance_ends_and_comes_back(
    terminal: Watch, panel: MirroredDisplay, folder: Path, keep: bool
) -> None:
    """Its last screen is not taken for a live one."""
    panel.close(keep)
    eventually(lambda: terminal.words == STOPPED)
    assert terminal.shows(ONE)
    again = MirroredDisplay(MemoryDisplay(), folder, time.monotonic)
    again.show(TWO)
    eventually(lambda: terminal.shows(TWO) and not terminal.words)
    again.close(keep=False)


def test_fail__mirror_is_damaged_meanwhile(own_terminal: Watch, folder: Path) -> None:
    (folder / PICTURE).write_bytes(b"no picture")
    assert own_terminal.ended() == 1
    own_terminal.sees(f"leukoscope: {folder / PICTURE}: not a picture of the panel")


@pytest.mark.parametrize("arguments", [["--once"], []])
def test_ok__once(
    arguments: list[str],
    panel: MirroredDisplay,
    settings_file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The same where the output is no terminal: the text has no commands for a terminal in it."""
    assert main(["watch", "--settings", str(settings_file), *arguments]) == 0
    assert capsys.readouterr() == (f"{NOTICE}\n{'─' * 128}\n{to_text(ONE)}\n", "")


def test_ok__once_on_a_small_terminal(
    panel: MirroredDisplay, settings_file: Path, checkout: Path
) -> None:
    for size, form in ((WIDE, Form.HALVES), (SMALL, Form.BRAILLE)):
        command = (sys.executable, "-c", SCRIPT, "watch", "--once", "--settings", settings_file)
        terminal = Terminal(command, checkout, *size)
        assert terminal.ended() == 0
        picture = [line.rstrip() for line in to_text(ONE, form).split("\n")]
        eventually(lambda: terminal.lines[2 : 2 + len(picture)] == picture)  # noqa: B023
        assert "\x1b" not in terminal.text
        terminal.close()


def test_ok__terminal_that_can_not_place_text(
    panel: MirroredDisplay, settings_file: Path, checkout: Path
) -> None:
    """The panel as it is now, as for a pipe."""
    command = (sys.executable, "-c", SCRIPT, "watch", "--settings", settings_file)
    terminal = Terminal(command, checkout, *WIDE, environment={"TERM": "dumb"})
    assert terminal.ended() == 0
    eventually(lambda: "█" in terminal.text)
    assert "\x1b" not in terminal.text
    terminal.close()


def test_ok__terminal_that_is_closed(own_terminal: Watch) -> None:
    """It ends: nobody can see it any more."""
    own_terminal.hang_up()
    assert own_terminal.process.wait(30) == 130


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
        f"leukoscope: no appliance shows its panel in {folder} ([panel] mirror): start it (sudo systemctl "
        "start leukoscope); if it was started by hand, give watch the same --settings FILE\n",
    )
    with pytest.raises(LeukoscopeError, match="no appliance shows its panel"):
        watch(folder, io.StringIO(), io.StringIO())
