"""The demonstration runs through, and says what came of it."""

from __future__ import annotations

import dataclasses
import io
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from device import assembly, demo
from device.demo import DemoSlide, interactive_demo, scripted_demo
from device.errors import BundleError, LeukoscopeError
from device.panel import screens
from device.panel.drawing import draw
from device.reading.results import NOTICE
from device.records.reader import RecordReader
from device.settings import CameraSettings, Parts, Settings
from device.simulator.hematology import Diagnosis
from device.simulator.panel import MemoryDisplay
from device.simulator.smear import SmearSlide
from device.workflow import Event
from tests.appliance import SURE, StubClassifier

SMALL = CameraSettings(width=507, height=380, um_per_px=0.31)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two slides, a small camera, little waiting, and a classifier that always says ALL."""
    slides = (
        DemoSlide(SmearSlide(Diagnosis.ALL, 1)),
        DemoSlide(SmearSlide(Diagnosis.NORMAL, 7), in_focus=False),
    )
    monkeypatch.setattr(demo, "SLIDES", slides)
    monkeypatch.setattr(demo, "CALM_S", 0.1)
    monkeypatch.setattr(assembly, "open_classifier", lambda *given: StubClassifier())
    return dataclasses.replace(Settings(), camera=SMALL)


def test_ok__scripted(settings: Settings, tmp_path: Path) -> None:
    out = io.StringIO()
    assert scripted_demo(settings, tmp_path / "demo", out) == 0
    screens, _, report = out.getvalue().rpartition("\nSLIDE ")
    assert "█" in screens
    head, first, second, *rest = report.splitlines()
    assert head.split() == ["TRUTH", "VERDICT", "SEEN", "WHY"]
    assert first.split()[:4] == ["S0001", "ALL", "ALL", "0.90"]
    assert second.startswith("S0002  normal, out of focus  inconclusive")
    assert second.endswith("OUT OF FOCUS")
    assert max(map(len, (first, second))) <= 80
    assert any(re.fullmatch(r"From press to verdict: \d+ to \d+ ms\.", line) for line in rest)
    assert f"Records and pictures: {tmp_path / 'demo'}" in rest
    assert rest[-1].startswith("SIMULATED")
    assert rest[-1].endswith(NOTICE)
    with RecordReader(tmp_path / "demo") as records:
        assert [(s.name, s.fields_kept, s.fields_refused) for s in records.slides()] == [
            ("S0001", 2, 0),
            ("S0002", 2, 2),
        ]
        assert all(slide.simulated for slide in records.slides())


def test_ok__scripted_into_the_same_folder_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "SLIDES", demo.SLIDES[:1])
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
        parts=Parts(microscope="simulated", panel="simulated"),
        storage=dataclasses.replace(settings.storage, directory=str(tmp_path)),
    )
    display = MemoryDisplay()
    daemon = assembly.make_daemon(settings, display)
    daemon.post(Event.LONG_HOLD)
    assert daemon.run() == 0
    assert display.image.tobytes() == draw(screens.SafeToUnplug(), simulated=True).tobytes()
    assert ["systemctl", "poweroff"] not in ran


def test_fail__no_model(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*given: object) -> None:
        raise BundleError("there is no bundle")

    monkeypatch.setattr(assembly, "open_classifier", fail)
    with pytest.raises(LeukoscopeError, match=r"the demonstration stopped: .* shows a fault"):
        scripted_demo(settings, tmp_path, io.StringIO())
    assert "fault E03: there is no bundle" in caplog.text


def test_fail__appliance_that_stands_still(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, and does not wait for ever."""
    monkeypatch.setattr(demo, "PATIENCE_S", 0.2)
    monkeypatch.setattr(StubClassifier, "probabilities", lambda *given: time.sleep(1.0) or SURE)
    with pytest.raises(LeukoscopeError, match=r"stopped: .* did not come in 0\.2 s"):
        scripted_demo(settings, tmp_path, io.StringIO())


def test_fail__interactive_needs_a_terminal(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(LeukoscopeError, match="needs a terminal"):
        interactive_demo(settings, tmp_path, io.StringIO())
