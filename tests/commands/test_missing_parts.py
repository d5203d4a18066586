"""Commands that open a real part, on a computer that lacks it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from leukoscope import assembly

from tests.commands.conftest import Run

MISSING = (
    'to run without a Raspberry Pi: [parts] microscope = "simulated", panel = "simulated" in a file'
)


@pytest.mark.parametrize("name", ["selftest", "snap", "calibrate", "light-off", "run"])
def test_fail__parts_that_a_pc_lacks(
    name: str,
    run: Run,
    settings_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    """Whoever tries it on a PC learns how."""
    monkeypatch.setattr(assembly, "BOARD", tmp_path / "absent")
    for module in ("gpiozero", "picamera2", "luma.oled"):
        monkeypatch.setitem(sys.modules, module, None)
    settings_file.write_text(
        f"[storage]\ndirectory = '{tmp_path / 'state'}'\n[panel]\nmirror = '{tmp_path}'\n"
    )
    status, out, err = run(name)
    assert status == 1
    assert MISSING in out + err + caplog.text


def test_fail__parts_that_a_raspberry_pi_lacks(
    run: Run, settings_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """There a part is broken, and no simulated one is wanted."""
    (tmp_path / "model").write_text("Raspberry Pi 4 Model B")
    monkeypatch.setattr(assembly, "BOARD", tmp_path / "model")
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    settings_file.write_text("[light]\npin = 5\n")
    assert MISSING not in run("light-off")[2]
