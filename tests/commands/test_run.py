"""`leukoscope run`: the appliance as systemd, a terminal or a pipe starts and stops it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from leukoscope import assembly
from leukoscope.cli import main
from leukoscope.errors import Fault
from leukoscope.notice import NOTICE
from leukoscope.panel import screens
from leukoscope.panel.button import Gesture, GestureRelay, Hold
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.panel.screen_drawing import draw
from leukoscope.panel.terminal import to_text
from leukoscope.settings.settings import Settings

from tests.appliance.simulated import StubButton
from tests.commands.conftest import Run
from tests.commands.processes import command, started, until
from tests.vt import Terminal, eventually


def test_ok__run_until_stopped(settings_file: Path, checkout: Path, tmp_path: Path) -> None:
    """With the real model, on simulated parts, as systemd starts and stops it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(60.0)
        address = f"leukoscope-test-run-{os.getpid()}"
        systemd.bind(f"\0{address}")
        with subprocess.Popen(
            command("run", "--settings", settings_file),
            cwd=checkout,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "NOTIFY_SOCKET": f"@{address}"},
        ) as daemon:
            try:
                while systemd.recv(100) != b"READY=1":
                    pass
                daemon.send_signal(signal.SIGTERM)
                out, err = daemon.communicate(timeout=60)
            finally:
                daemon.kill()
    assert daemon.returncode == 0, err.decode()
    assert "self-test passed: starting -> ready" in err.decode()
    assert "stopped by SIGTERM: ready -> stopped" in err.decode()
    assert out == b"", "no pictures in a log"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (signal.SIGINT, "stopped by SIGINT (Ctrl-C)"),
        (signal.SIGHUP, "stopped by SIGHUP (its terminal was closed)"),
    ],
)
def test_ok__run_says_which_signal_stopped_it(
    number: signal.Signals, told: str, settings_file: Path, checkout: Path
) -> None:
    with started(settings_file, checkout, stderr=subprocess.PIPE) as daemon:
        until(daemon, "starting -> ready")
        daemon.send_signal(number)
        assert f"{told}: ready -> stopped" in daemon.communicate(timeout=60)[1]
    assert daemon.returncode == 0


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_ok__run_whose_pipe_is_closed(stream: str, settings_file: Path, checkout: Path) -> None:
    """It is not left behind unseen, with the light on and the camera in use."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(settings_file, checkout, **pipes) as daemon:
        until(daemon, "starting -> ready")
        getattr(daemon, stream).close()
        if stream == "stdout":
            assert (
                "stopped: its terminal or pipe was closed: ready -> stopped" in daemon.stderr.read()
            )
        assert daemon.wait(60) in (0, 1)


def test_fail__run_beside_another(settings_file: Path, checkout: Path) -> None:
    """Two would take the panel's mirror and the remote button from each other."""
    with started(settings_file, checkout, stderr=subprocess.PIPE) as daemon:
        until(daemon, "starting -> ready")
        second = subprocess.run(
            command("run", "--settings", settings_file),
            cwd=checkout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        daemon.send_signal(signal.SIGINT)
        assert "ready -> stopped" in daemon.communicate(timeout=60)[1]
    assert second.returncode == 1
    assert "an appliance is already running" in second.stderr
    assert "stop it first" in second.stderr


def test_ok__run_whose_terminal_is_closed(settings_file: Path, checkout: Path) -> None:
    """Even where no SIGHUP tells it, as after `disown`."""
    terminal = Terminal(command("run", "--settings", settings_file), checkout, 128, 45)
    terminal.sees("starting -> ready")
    terminal.hang_up()
    assert terminal.process.wait(60) in (0, 1)


def test_ok__run_behind_nohup_goes_on(settings_file: Path, checkout: Path, tmp_path: Path) -> None:
    log = tmp_path / "nohup.out"
    with (
        log.open("w") as output,
        started(
            settings_file,
            checkout,
            stdout=output,
            stderr=output,
            preexec_fn=partial(signal.signal, signal.SIGHUP, signal.SIG_IGN),
        ) as daemon,
    ):
        eventually(lambda: "starting -> ready" in log.read_text())
        daemon.send_signal(signal.SIGHUP)
        daemon.send_signal(signal.SIGINT)
        assert daemon.wait(60) == 0
    assert "stopped by SIGINT (Ctrl-C): ready -> stopped" in log.read_text()


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (128, 45)])
def test_ok__run_in_a_terminal(
    settings_file: Path, checkout: Path, columns: int, lines: int
) -> None:
    """The panel stands still, the log runs below it and is printed after."""
    terminal = Terminal(command("run", "--settings", settings_file), checkout, columns, lines)
    terminal.sees("starting -> ready")
    assert terminal.lines[0] == NOTICE
    terminal.sees("SPACE press h hold 2 s: finish slide p hold 6 s: power off Ctrl-C stop")
    assert terminal.fits()
    terminal.type(" ")
    terminal.sees("press: ready -> capturing")
    terminal.sees("reading -> result")
    assert terminal.fits()
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.ended() == 0
    terminal.sees("LED raises the picture")
    terminal.sees("stopped by SIGINT (Ctrl-C): result -> stopped")
    assert not terminal.says("█")
    terminal.close()


def test_ok__run_in_a_terminal_keeps_the_last_screen(settings_file: Path, checkout: Path) -> None:
    """SAFE TO UNPLUG stays, as it does on the OLED."""
    terminal = Terminal(command("run", "--settings", settings_file), checkout, 128, 45)
    terminal.sees("starting -> ready")
    terminal.type("p")
    assert terminal.ended() == 0
    shown = to_text(draw(screens.UnplugScreen(), simulated=True)).split("\n")
    eventually(lambda: terminal.lines[1:33] == [line.rstrip() for line in shown])
    terminal.close()


def test_ok__run_makes_the_folder_that_watch_looks_into(
    settings_file: Path, checkout: Path, tmp_path: Path
) -> None:
    text = settings_file.read_text().replace(
        f"mirror = '{tmp_path}'", f"mirror = '{tmp_path}/run/here'\nremote_button = true"
    )
    settings_file.write_text(text)
    with started(settings_file, checkout, stderr=subprocess.PIPE) as daemon:
        until(daemon, "starting -> ready")
        watching = Terminal(command("watch", "--settings", settings_file), checkout, 80, 24)
        watching.sees("SPACE press")
        watching.type(" ")
        until(daemon, "reading -> result")
        watching.close()
        daemon.terminate()
        assert "WARNING no remote button" not in daemon.communicate(timeout=60)[1]


def test_fail__run_that_may_not_make_that_folder(
    settings_file: Path, checkout: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    text = settings_file.read_text().replace(
        f"mirror = '{tmp_path}'", f"mirror = '{tmp_path}/file/run'"
    )
    settings_file.write_text(text)
    with started(settings_file, checkout, stderr=subprocess.PIPE) as daemon:
        until(daemon, "leukoscope watch can't show this panel: ")
        until(daemon, "starting -> ready")
        daemon.terminate()
        assert "can't show this panel" not in daemon.communicate(timeout=60)[1], "once is enough"


def test_fail__run_without_a_button(
    run: Run, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault stays on the panel."""
    settings_file.write_text("[parts]\nmicroscope = 'simulated'\n")
    display = MemoryDisplay()
    monkeypatch.setattr(assembly, "open_display", lambda *_: display)
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    assert run("run")[0] == 1
    shown = draw(screens.FaultScreen(Fault.BUTTON, restarts=True), simulated=True)
    assert display.image.tobytes() == shown.tobytes()
    assert display.closed


class StoppedDaemon:
    """A daemon that is stopped at once."""

    def __init__(self, did: list[str]) -> None:
        self._did = did

    def on_gesture(self, gesture: object) -> None:
        self._did.append(f"daemon took {gesture}")

    def attach(self, button: object) -> None:
        self._did.append("attached")

    def stop_on_signals(self) -> None:
        pass

    def run(self) -> int:
        self._did.append("ran")
        return 0


@pytest.mark.parametrize("held", [False, True])
def test_ok__a_button_held_at_the_start_calibrates_before_the_daemon_runs(
    held: bool, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []
    button = StubButton()
    button.down = Hold(0.1, Gesture.PRESS, 0.05) if held else None
    relays: list[GestureRelay] = []

    def open_button(_: Settings, relay: GestureRelay) -> StubButton:
        relays.append(relay)
        return button

    def calibrate_first(*arguments: object) -> None:
        did.append("calibrated")
        relays[0].to = lambda _: did.append("a step was taken")
        relays[0](Gesture.PRESS)

    monkeypatch.setattr(assembly, "make_daemon", lambda *_: StoppedDaemon(did))
    monkeypatch.setattr(assembly, "open_button", open_button)
    monkeypatch.setattr("leukoscope.commands.run.calibrate_first", calibrate_first)
    assert main(["run", "--settings", str(settings_file)]) == 0
    relays[0](Gesture.PRESS)
    before = ["calibrated", "a step was taken"] if held else []
    assert did == [*before, "attached", "ran", f"daemon took {Gesture.PRESS}"]
