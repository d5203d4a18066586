"""One corrected picture with its scale bar: what a person finds in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from leukoscope import assembly
from leukoscope.cli import main
from leukoscope.commands.demo.calibration import calibrate_once
from leukoscope.commands.snap import snap
from leukoscope.microscope.image_files import open_field
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.settings.settings import load_settings
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Faults, Stage
from PIL import Image


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    path = tmp_path / "leukoscope.toml"
    path.write_text(
        "[parts]\nmicroscope = 'simulated'\npanel = 'simulated'\n"
        "[camera]\nwidth = 507\nheight = 380\num_per_px = 0.31\nframes = 2\n"
        f"[storage]\ndirectory = '{tmp_path / 'state'}'\n"
    )
    return path


def test_ok__uncalibrated(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """The output says that the shading is estimated; the file's resolution is its scale."""
    picture = tmp_path / "snap.png"
    assert main(["snap", str(picture), "--settings", str(settings_file)]) == 0
    out = capsys.readouterr().out
    assert "507 x 380 px; not calibrated: shading estimated from the field" in out
    assert "Not a diagnosis. SIMULATED." in out
    field, notes = open_field(picture, None, 0.5, 0.34)
    assert notes == []
    assert field.um_per_px == pytest.approx(0.31, rel=0.001)
    with Image.open(picture) as image:
        assert "Research instrument" in image.text["Comment"]  # type: ignore[attr-defined]


def test_ok__calibrated(settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    settings = load_settings(settings_file)
    calibrate_once(settings, MemoryDisplay(), Stage(), lambda _: None)
    assert main(["snap", str(tmp_path / "a.png"), "--settings", str(settings_file)]) == 0
    assert "calibration C0001, 0.31" in capsys.readouterr().out


@pytest.mark.parametrize("calibrated", [False, True])
def test_ok__the_bar_is_as_long_as_it_says(settings_file: Path, calibrated: bool) -> None:
    """Held against the lines of a micrometer in the same picture: 20 µm are two of its divisions."""
    settings = load_settings(settings_file)
    stage = Stage(SmearSlide(Diagnosis.NORMAL, 1))
    if calibrated:
        calibrate_once(settings, MemoryDisplay(), stage, lambda _: None)
    stage.load(MicrometerSlide())
    microscope = assembly.open_microscope(settings, None, stage)
    picture = np.asarray(snap(microscope).picture)
    microscope.close()
    white = (picture == 255).all(axis=2)
    bar = white[picture.shape[0] - 18 : picture.shape[0] - 13].all(axis=0)
    assert bar.sum() * 0.31 == pytest.approx(20, abs=0.7)


def test_ok__the_light_goes_off(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lit = []
    microscope = assembly.open_microscope(load_settings(settings_file), None, Stage())
    monkeypatch.setattr(microscope, "light_off", lambda: lit.append(False))
    snap(microscope)
    microscope.close()
    assert lit == [False]


def test_ok__what_is_wrong_with_it_is_said(
    settings_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage()
    stage.focus(8.0)
    monkeypatch.setattr("leukoscope.simulator.stage.Stage", lambda: stage)
    assert main(["snap", str(tmp_path / "a.png"), "--settings", str(settings_file)]) == 0
    assert "OUT OF FOCUS: turn the focus wheel" in capsys.readouterr().out


def test_fail__no_camera(
    settings_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage()
    stage.inject(Faults(camera_gone=True))
    monkeypatch.setattr("leukoscope.simulator.stage.Stage", lambda: stage)
    assert main(["snap", str(tmp_path / "a.png"), "--settings", str(settings_file)]) == 1
    assert "unplugged" in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize("name", ["none/a.png", "a.jpg", "."])
def test_fail__no_place_for_a_picture(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture, name: str
) -> None:
    """Before the service is stopped for it."""
    assert main(["snap", str(tmp_path / name), "--settings", str(settings_file)]) == 2
    assert "give a .png file in a folder that exists" in capsys.readouterr().err
