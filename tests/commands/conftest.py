"""A settings file with simulated parts, records to read, and a way to call a command in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from leukoscope.calibration import session as calibration_session
from leukoscope.cli import main
from leukoscope.commands import run as run_command
from leukoscope.records.record import EndedBy

from tests.bundles import BUNDLE
from tests.commands.calibrating import CalibratingPerson
from tests.records import examples

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state directory."""
    return tmp_path / "state"


@pytest.fixture
def settings_file(tmp_path: Path, state: Path) -> Path:
    file = tmp_path / "leukoscope.toml"
    file.write_text(
        "[parts]\nmicroscope = 'simulated'\npanel = 'simulated'\n"
        "[camera]\nwidth = 507\nheight = 380\num_per_px = 0.31\n"
        f"[model]\nbundle = '{BUNDLE}'\n"
        f"[panel]\nmirror = '{tmp_path}'\n"
        f"[storage]\ndirectory = '{state}'\nmin_free_mb = 1\n",
        encoding="utf-8",
    )
    return file


@pytest.fixture
def run(
    settings_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Runs a command with the settings above, in `tmp_path`: its exit status, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(command: str, *arguments: object) -> tuple[int, str, str]:
        try:
            status = main([command, "--settings", str(settings_file), *map(str, arguments)])
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return call


@pytest.fixture
def filled(state: Path) -> Path:
    """Two slides in the records: one finished with two fields, one begun."""
    with examples.open_store(state) as store:
        examples.add(store, 1)
        examples.add(store, 1)
        store.finish_slide(1, examples.VERDICT, EndedBy.PERSON)
        examples.add(store, 2)
    return state


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CalibratingPerson]:
    """Someone who calibrates, for whom no message stays on the panel."""
    monkeypatch.setattr(calibration_session, "MESSAGE_S", 0.0)
    monkeypatch.setattr(run_command, "RESULT_S", 0.0)
    someone = CalibratingPerson(tmp_path)
    yield someone
    assert someone.display.history, "the panel stayed dark"
