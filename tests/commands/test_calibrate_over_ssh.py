"""`leukoscope calibrate` in a terminal, and without one."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from leukoscope.calibration.steps import STEPS
from leukoscope.settings.writing import to_toml
from PIL import Image

from tests.commands.calibrating import CalibratingPerson
from tests.vt import default_signals


@pytest.fixture
def terminal(person: CalibratingPerson, tmp_path: Path, checkout: Path) -> Iterator[SshTerminal]:
    """`leukoscope calibrate` in a terminal of its own, with a smear on the simulated stage."""
    file = tmp_path / "leukoscope.toml"
    file.write_text(to_toml(person.settings), encoding="utf-8")
    person.display.show(Image.new("1", (128, 64), 1))
    opened = SshTerminal(["calibrate", "--settings", str(file)], checkout)
    yield opened
    opened.end()


class SshTerminal:
    """A command on a pseudo-terminal."""

    def __init__(self, arguments: list[str], root: Path) -> None:
        self._master, slave = os.openpty()
        script = "import sys; from leukoscope.cli import main; sys.exit(main())"
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            cwd=root,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            preexec_fn=default_signals,
        )
        os.close(slave)
        self._seen = ""

    def sees(self, words: str) -> None:
        """Read on until the words come."""
        while words not in self._seen:
            assert select.select([self._master], [], [], 60)[0], self._seen
            self._seen += os.read(self._master, 65536).decode()
        self._seen = self._seen.split(words, 1)[1]

    def types(self, key: str) -> None:
        os.write(self._master, key.encode())

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


def test_ok__over_ssh_from_end_to_end(terminal: SshTerminal) -> None:
    """A simulated microscope has the right slide on its stage for each step."""
    for number, step in enumerate(STEPS, 1):
        terminal.sees(f"{step.title} {number}/9")
        terminal.types(" ")
    terminal.sees("calibration C0001 is used from the next start of the appliance")
    assert terminal.process.wait(30) == 0


def test_fail__over_ssh_given_up(terminal: SshTerminal) -> None:
    terminal.sees("DARK 1/9: LED goes off: keep room light away. Press SPACE")
    terminal.types(" ")
    terminal.sees("EXPOSURE 2/9: Clean glass on the stage, out of focus. Press SPACE")
    terminal.types("h")
    terminal.sees("given up: nothing has changed, the last calibration stays")
    assert terminal.process.wait(30) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_fail__over_ssh_interrupted(terminal: SshTerminal, number: signal.Signals) -> None:
    terminal.sees("DARK 1/9")
    terminal.types(" ")
    terminal.sees("EXPOSURE 2/9")
    terminal.process.send_signal(number)
    terminal.sees("interrupted: nothing has changed, the last calibration stays")
    assert terminal.process.wait(30) == 128 + signal.SIGINT


def test_fail__without_a_terminal_there_is_nothing_to_press(
    person: CalibratingPerson, tmp_path: Path, checkout: Path
) -> None:
    person.display.show(Image.new("1", (128, 64), 1))
    file = tmp_path / "leukoscope.toml"
    file.write_text(to_toml(person.settings), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "leukoscope", "calibrate", "--settings", str(file)],
        cwd=checkout,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "no button and no keys: run this in a terminal" in done.stderr
