"""The demonstration runs through, and says what came of it."""

from __future__ import annotations

import dataclasses
import io
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from leukoscope import assembly
from leukoscope.appliance.workflow import Event
from leukoscope.cli import main
from leukoscope.commands.demo import person, scripted
from leukoscope.commands.demo.interactive import interactive_demo
from leukoscope.commands.demo.next_commands import called_as
from leukoscope.commands.demo.scripted import scripted_demo
from leukoscope.commands.demo.slides import DemoSlide
from leukoscope.commands.demo.view import PrintedDemoView
from leukoscope.errors import BundleError, LeukoscopeError, StoreError
from leukoscope.notice import NOTICE
from leukoscope.panel import screens
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.panel.screen_drawing import draw
from leukoscope.panel.terminal import to_text
from leukoscope.reading.cell_types import CellType
from leukoscope.records.reader import RecordReader
from leukoscope.settings.settings import (
    CameraSettings,
    PartsSettings,
    Settings,
    load_settings,
    parse_settings,
)
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.smear import SmearSlide

from tests.appliance.simulated import StubCellModel, StubReader, surely
from tests.vt import Terminal, eventually

SMALL = CameraSettings(width=507, height=380, um_per_px=0.31)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two slides, a small camera, little waiting, and a reader that takes every cell for a lymphoblast."""
    slides = (
        DemoSlide(SmearSlide(Diagnosis.ALL, 1)),
        DemoSlide(SmearSlide(Diagnosis.NORMAL, 7), in_focus=False),
    )
    monkeypatch.setattr(scripted, "SLIDES", slides)
    monkeypatch.setattr(person, "CALM_S", 0.1)
    monkeypatch.setattr(assembly, "open_reader", lambda *given: StubReader())
    return dataclasses.replace(Settings(), camera=SMALL)


def test_ok__scripted(settings: Settings, tmp_path: Path) -> None:
    out = io.StringIO()
    assert scripted_demo(settings, tmp_path / "demo", out) == 0
    _, _, report = out.getvalue().rpartition("\nSLIDE ")
    head, first, second, *rest = report.splitlines()
    assert head.split() == ["TRUTH", "VERDICT", "SEEN", "WHY"]
    assert first.split()[:4] == ["S0001", "ALL", "ALL", "0.99"]
    assert second.startswith("S0002  normal, out of focus  inconclusive")
    assert second.endswith("OUT OF FOCUS")
    assert max(map(len, (first, second))) <= 80
    assert any(re.fullmatch(r"From press to verdict: \d+ to \d+ ms\.", line) for line in rest)
    assert f"Records and pictures: {tmp_path / 'demo'}" in rest
    simulated = next(line for line in rest if line.startswith("SIMULATED"))
    assert simulated.endswith(NOTICE)
    with RecordReader(tmp_path / "demo") as records:
        assert [(s.name, s.fields_kept, s.fields_refused) for s in records.slides()] == [
            ("S0001", 2, 0),
            ("S0002", 2, 2),
        ]
        assert all(slide.simulated for slide in records.slides())


def test_ok__scripted_into_a_pipe(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for each event, the panel of each finished slide: no live pictures, no commands for a terminal."""
    written = PrintedDemoView.finished

    def finished(view: PrintedDemoView) -> None:
        # The panel is drawn a little after the slide is recorded; how long that takes is not tested here.
        with RecordReader(tmp_path) as records:
            slide = records.slides()[-1]
        last = draw(screens.SlideDoneScreen(slide.name, slide.verdict), simulated=True).tobytes()
        eventually(lambda: view.display.image.tobytes() == last)
        written(view)

    monkeypatch.setattr(PrintedDemoView, "finished", finished)
    out = io.StringIO()
    assert scripted_demo(settings, tmp_path, out) == 0
    text = out.getvalue()
    lines = text.splitlines()
    assert "\x1b" not in text
    assert lines[0] == "Calibrating by itself   9 steps"
    assert "Press" not in text
    assert "Slide 1 of 2: ALL   field 1 of 2   focus wheel +5.0 µm from focus" in lines
    assert any(line.startswith("  field 2 read: ACUTE 0.99 - ALL 0.99") for line in lines)
    assert "  field 1 refused: OUT OF FOCUS: turn the focus wheel" in lines
    assert sum(line.startswith("─") for line in lines) == 2
    with RecordReader(tmp_path) as records:
        verdict = records.slides()[0].verdict
    panel = to_text(draw(screens.SlideDoneScreen("S0001", verdict), simulated=True))
    assert panel in text


def test_ok__says_what_to_type_next(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By the path of this call; and what it says works."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [".venv/bin/leukoscope", "demo"])
    out = io.StringIO()
    assert scripted_demo(settings, Path("my demo"), out) == 0
    told = [
        line.strip() for line in out.getvalue().partition("What you can type now")[2].splitlines()
    ]
    file = "--settings 'my demo/leukoscope.toml'"
    assert told == [
        f", in {tmp_path}:",
        f".venv/bin/leukoscope slides {file}",
        f".venv/bin/leukoscope show S0001 {file}",
        "Run it yourself, and look at it from a second terminal:",
        f".venv/bin/leukoscope run {file}",
        f".venv/bin/leukoscope watch {file}",
    ]
    slides, show = (shlex.split(line)[1:] for line in told[1:3])
    assert main(slides) == 0
    assert "S0002" in capsys.readouterr().out
    assert main(show) == 0
    assert (tmp_path / "S0001.png").exists()


def test_ok__settings_file(settings: Settings, tmp_path: Path) -> None:
    """Another command with it has the same records and calibration; all that it writes is in the folder."""
    assert scripted_demo(settings, tmp_path / "demo", io.StringIO()) == 0
    found = load_settings(tmp_path / "demo" / "leukoscope.toml")
    assert found.parts == PartsSettings(microscope="simulated", panel="simulated")
    assert found.camera == settings.camera
    assert found.timing == settings.timing
    assert found.storage.directory == str(tmp_path / "demo")
    assert found.panel.mirror == str(tmp_path / "demo" / "run")
    assert found.panel.remote_button
    assert assembly.find_calibration(found).calibration is not None


def test_ok__settings_that_the_documents_show(checkout: Path) -> None:
    """They run without a Raspberry Pi, and write nothing but in their folder."""
    page = (checkout / "docs" / "commands.md").read_text(encoding="utf-8")
    block = page.partition("```toml\n")[2].partition("```")[0]
    shown = parse_settings(block, "docs/commands.md")
    assert shown.parts == PartsSettings(microscope="simulated", panel="simulated")
    assert shown.panel.mirror.startswith(f"{shown.storage.directory}/")


@pytest.mark.parametrize(
    ("called", "named"),
    [
        ("./leukoscope", "./leukoscope"),
        ("/a b/leukoscope", "'/a b/leukoscope'"),
        ("{path}/leukoscope", "leukoscope"),
        ("/somewhere/leukoscope/__main__.py", f"{sys.executable} -m leukoscope"),
    ],
)
def test_ok__command_as_it_was_called(
    called: str, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leukoscope").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [called.format(path=tmp_path)])
    assert called_as() == named


def test_fail__folder_that_can_not_be_written(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="name another folder with --into DIR"):
        scripted_demo(settings, tmp_path / "file", io.StringIO())


def test_fail__settings_file_of_a_person(settings: Settings, tmp_path: Path) -> None:
    """It is left as it is."""
    theirs = tmp_path / "leukoscope.toml"
    theirs.write_text("[camera]\nwidth = 4056\n", encoding="utf-8")
    with pytest.raises(StoreError, match=r"leukoscope\.toml: .* another folder with --into DIR"):
        scripted_demo(settings, tmp_path, io.StringIO())
    assert theirs.read_text(encoding="utf-8") == "[camera]\nwidth = 4056\n"
    assert list(tmp_path.iterdir()) == [theirs]


DEMO = "import sys; from leukoscope.cli import main; sys.exit(main())"


@pytest.fixture
def small_camera(tmp_path: Path) -> Path:
    """A settings file."""
    file = tmp_path / "settings.toml"
    file.write_text("[camera]\nwidth = 507\nheight = 380\num_per_px = 0.31\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (128, 45)])
def test_ok__interactive(
    small_camera: Path, tmp_path: Path, checkout: Path, columns: int, lines: int
) -> None:
    """Each key is answered, and all of it fits."""
    command = [sys.executable, "-c", DEMO, "demo", "--interactive", "--settings", small_camera]
    terminal = Terminal([*command, "--into", tmp_path / "demo"], checkout, columns, lines)
    terminal.sees("Calibrating by itself step")
    terminal.sees("Slide 1 of 7: normal field 1 focus wheel +5.0 µm from focus")
    terminal.sees("SPACE press")
    assert "Press" not in terminal.text
    for key, answer in (
        ("-", "Slide 1 of 7: normal field 1 focus wheel +4.5 µm from focus"),
        ("m", "Slide 1 of 7: normal field 2 focus wheel +4.5 µm from focus"),
        ("n", "Slide 2 of 7: ALL field 1 focus wheel +5.0 µm from focus"),
        ("+", "Slide 2 of 7: ALL field 1 focus wheel +5.5 µm from focus"),
        (" ", "button: press"),
    ):
        terminal.type(key)
        terminal.sees(answer)
        assert terminal.fits()
    terminal.resize(60, 20)
    terminal.sees("make this terminal 64 columns by")
    terminal.resize(columns, lines)
    terminal.sees("Slide 2 of 7: ALL")
    assert terminal.fits()
    terminal.type("q")
    assert terminal.ended() == 0
    terminal.sees("What you can type now")
    terminal.close()


def test_ok__interactive_ends_with_its_terminal(
    small_camera: Path, tmp_path: Path, checkout: Path
) -> None:
    """Also where the kernel sends no SIGHUP, as to a program that a terminal was lent to."""
    command = [sys.executable, "-c", DEMO, "demo", "--interactive", "--settings", small_camera]
    terminal = Terminal([*command, "--into", tmp_path / "demo"], checkout, 80, 24)
    terminal.sees("Slide 1 of 7")
    terminal.hang_up()
    assert terminal.process.wait(20) != 0


def test_ok__scripted_in_a_terminal(small_camera: Path, tmp_path: Path, checkout: Path) -> None:
    """In place: the status of a slide at a time. Stopped by a signal, the terminal is as it was."""
    command = [sys.executable, "-c", DEMO, "demo", "--settings", small_camera]
    terminal = Terminal([*command, "--into", tmp_path / "demo"], checkout, 80, 24)
    terminal.sees("Slide 1 of 7: normal field 1 of 2 focus wheel +5.0 µm from focus")
    terminal.sees("field 1 read:")
    assert terminal.fits()
    assert "\n" not in terminal.text, "nothing scrolls"
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended() == 130
    terminal.close()


def test_ok__scripted_into_the_same_folder_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scripted, "SLIDES", scripted.SLIDES[:1])
    for slide in ("S0001", "S0002"):
        out = io.StringIO()
        assert scripted_demo(settings, tmp_path, out) == 0
        assert f"\n{slide}  ALL " in out.getvalue()


def test_ok__power_off_leaves_the_computer_on(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever tries the long hold on simulated parts must not lose their work."""
    ran: list[list[str]] = []

    def run(command: list[str], **given: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0, "")

    monkeypatch.setattr(subprocess, "run", run)
    settings = dataclasses.replace(
        settings,
        parts=PartsSettings(microscope="simulated", panel="simulated"),
        storage=dataclasses.replace(settings.storage, directory=str(tmp_path)),
    )
    display = MemoryDisplay()
    daemon = assembly.make_daemon(settings, display)
    daemon.post(Event.LONG_HOLD)
    assert daemon.run() == 0
    assert display.image.tobytes() == draw(screens.UnplugScreen(), simulated=True).tobytes()
    assert ["systemctl", "poweroff"] not in ran


def test_fail__no_model(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*given: object) -> None:
        raise BundleError("there is no bundle")

    monkeypatch.setattr(assembly, "open_reader", fail)
    with pytest.raises(LeukoscopeError, match=r"the demonstration stopped: .* shows a fault"):
        scripted_demo(settings, tmp_path, io.StringIO())
    assert "fault E03: there is no bundle" in caplog.text


def test_fail__appliance_that_stands_still(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, and does not wait for ever."""
    monkeypatch.setattr(person, "PATIENCE_S", 0.2)
    answer = surely(CellType.LYMPHOBLAST)
    monkeypatch.setattr(StubCellModel, "run", lambda *given: time.sleep(1.0) or answer)
    with pytest.raises(LeukoscopeError, match=r"stopped: .* did not come in 0\.2 s"):
        scripted_demo(settings, tmp_path, io.StringIO())


def test_fail__interactive_needs_a_terminal(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(LeukoscopeError, match="needs a terminal"):
        interactive_demo(settings, tmp_path, io.StringIO())
