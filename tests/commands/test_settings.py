"""`leukoscope settings`."""

from __future__ import annotations

from pathlib import Path

import leukoscope
import pytest
from leukoscope.cli import main
from leukoscope.settings.settings import Settings, parse_settings

from tests.commands.conftest import Run


def test_ok__settings_prints_a_file_that_reads_the_same(run: Run, settings_file: Path) -> None:
    status, out, err = run("settings")
    assert (status, err) == (0, "")
    assert parse_settings(out, "printed") == parse_settings(settings_file.read_text(), "file")
    assert "# GPIO line of the MOSFET's gate; 4 to 27 (BCM)" in out


def test_ok__settings_without_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(leukoscope.settings.settings, "SETTINGS_FILE", tmp_path / "absent")
    assert main(["settings"]) == 0
    assert parse_settings(capsys.readouterr().out, "printed") == Settings()
