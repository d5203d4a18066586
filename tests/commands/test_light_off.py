"""`leukoscope light-off`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from tests.commands.conftest import Run


def test_ok__light_off(run: Run, settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("light-off") == (0, "", "")  # a simulated one
    factory = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", factory)
    settings_file.write_text("[light]\npin = 5\n")
    pin = factory.pin(5)
    pin.function = "output"
    pin.state = True
    pin.clear_states()
    assert run("light-off") == (0, "", "")
    assert False in [state.state for state in pin.states]


def test_fail__light_off_without_gpio(
    run: Run, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    settings_file.write_text("[light]\npin = 5\n")
    status, _, err = run("light-off")
    assert status == 1
    assert err.startswith("leukoscope: no light on GPIO5: gpiozero is not installed: pip install")
