"""`leukoscope status`: what it prints of an appliance that runs, has a fault, or is absent."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import leukoscope
import pytest
from leukoscope import assembly
from leukoscope.commands import status_parts
from leukoscope.commands.status import ApplianceStatus, find_status
from leukoscope.commands.status_parts import PartStatus
from leukoscope.errors import Fault
from leukoscope.model.bundle import load_bundle
from leukoscope.notice import NOTICE
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.panel.mirror import MirroredDisplay
from leukoscope.qc.folder import QcFolder
from leukoscope.qc.series import QcScope
from leukoscope.records.record import EndedBy
from leukoscope.settings.settings import PartsSettings, Settings

from tests.bundles import BUNDLE
from tests.calibration.examples import EXAMPLE
from tests.commands.conftest import Run
from tests.qc.examples import control_slides
from tests.records import examples

PARTS = [
    *("version", "service", "panel", "slide", "records"),
    *("calibration", "control", "model", "clock", "power"),
]

NOW_S = 100_000.0
"""Since the start of the machine."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of real parts, with a state directory that is not there yet."""
    default = Settings()
    return replace(
        default,
        panel=replace(default.panel, mirror=str(tmp_path)),
        model=replace(default.model, bundle=str(BUNDLE)),
        storage=replace(default.storage, directory=str(tmp_path / "state"), min_free_mb=1),
    )


@pytest.fixture
def root(settings: Settings) -> Path:
    """The state directory."""
    return Path(settings.storage.directory)


class StatusMachine:
    """A systemctl and a vcgencmd that say what they are told to, in place of the machine's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shows()
        self.tool("vcgencmd", "echo throttled=0x0")

    def tool(self, name: str, script: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def shows(
        self, said: str = "ready, S0042, 3 fields", *, since_s: float = 0, **other: str
    ) -> None:
        """What systemd shows of the service, active for `since_s` unless told otherwise."""
        shown = {
            "NRestarts": "0",
            "StatusText": said,
            "LoadState": "loaded",
            "ActiveState": "active",
            "SubState": "running",
            "ActiveEnterTimestampMonotonic": str(int(1e6 * (NOW_S - since_s))),
            **other,
        }
        lines = "\n".join(f"{name}={value}" for name, value in shown.items())
        self.tool("systemctl", f'echo "$*" >{self.folder}/asked\ncat <<"END"\n{lines}\nEND')


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StatusMachine:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(status_parts, "time", SimpleNamespace(monotonic=lambda: NOW_S))
    return StatusMachine(folder)


def row(settings: Settings, part: str) -> PartStatus:
    """The status of one part."""
    return next(row for row in find_status(settings).parts if row.part == part)


# As a whole.


def test_ok__a_line_a_part_and_the_notice(settings: Settings, root: Path) -> None:
    with examples.open_store(root) as store:
        examples.add(store, 1)
    found = find_status(settings)
    assert found.ok
    *lines, blank, notice = str(found).splitlines()
    assert [line.split()[0] for line in lines] == PARTS
    assert {line[11:13] for line in lines} == {"  "}
    assert (blank, notice) == ("", NOTICE)
    assert lines[0].split()[1] == leukoscope.__version__


def test_ok__one_object(settings: Settings, root: Path) -> None:
    with examples.open_store(root) as store:
        examples.add(store, 1)
    said = json.loads(json.dumps(find_status(settings).to_json()))
    assert list(said) == ["well", *PARTS, "simulated", "notice"]
    assert (said["well"], said["simulated"], said["notice"]) == (True, False, NOTICE)
    assert all(said[part]["text"] and said[part]["well"] for part in PARTS)
    assert said["service"]["state"] == "active"
    assert said["slide"]["slide"] == "S0001"
    assert said["model"]["sha256"] == load_bundle(BUNDLE).card.sha256


def test_ok__nothing_there_yet(settings: Settings, root: Path) -> None:
    found = find_status(settings)
    assert found.ok
    text = str(found)
    assert "none yet" in text
    assert "not live" in text
    assert "run leukoscope calibrate" in text
    assert not root.exists(), "looking makes nothing"


def test_ok__simulated_parts_are_named(settings: Settings) -> None:
    found = find_status(replace(settings, parts=PartsSettings("simulated", "real")))
    assert str(found).endswith(f"\n{NOTICE} SIMULATED.")
    assert found.to_json()["simulated"] is True


def test_fail__a_part_that_can_not_be_read_keeps_no_other_from_it(
    settings: Settings, root: Path
) -> None:
    root.mkdir()
    (root / "records.sqlite").write_bytes(b"no database" * 1000)
    found = find_status(settings)
    assert not found.ok
    assert [row.part for row in found.parts] == PARTS
    assert [row.part for row in found.parts if not row.ok] == ["slide", "records"]
    assert "damaged" in row(settings, "slide").text


def test_ok__always_one_line_a_part() -> None:
    rows = (
        PartStatus("slide", "first\n  second", ok=False),
        PartStatus("model", "cell-reader 1.0"),
    )
    found = ApplianceStatus(rows, simulated=False)
    assert str(found).splitlines()[:2] == [
        "slide  !  first second",
        "model     cell-reader 1.0",
    ]
    assert not found.ok


# The service.


def test_ok__what_the_daemon_says_of_itself(settings: Settings, machine: StatusMachine) -> None:
    machine.shows(since_s=2 * 3600 + 13 * 60 + 30)
    service = row(settings, "service")
    assert service.text == "active for 2 h 13 min: ready, S0042, 3 fields"
    assert service.values["status"] == "ready, S0042, 3 fields"
    assert service.values["active_s"] == pytest.approx(8010)
    (asked,) = (machine.folder / "asked").read_text().splitlines()
    assert asked.startswith("show --property=LoadState,")
    assert asked.endswith(" leukoscope.service")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.9, "0 s"),
        (59, "59 s"),
        (60, "1 min 0 s"),
        (3661, "1 h 1 min"),
        (86_400 + 3600, "1 d 1 h"),
        (-1, "0 s"),
    ],
)
def test_ok__how_long(
    settings: Settings, machine: StatusMachine, seconds: float, text: str
) -> None:
    machine.shows("ready", since_s=seconds)
    assert row(settings, "service").text == f"active for {text}: ready"


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ({"NRestarts": "3"}, "active for 0 s, restarted 3 times: ready"),
        ({"said": ""}, "active for 0 s"),
    ],
)
def test_ok__service_that_is_active(
    settings: Settings, machine: StatusMachine, shown: dict[str, str], text: str
) -> None:
    machine.shows(**{"said": "ready", **shown})
    service = row(settings, "service")
    assert (service.text, service.ok) == (text, True)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (
            {"said": f"fault {Fault.CAMERA.line}"},
            "active for 0 s: fault E01 CAMERA: Check the camera cable, then restart",
        ),
        (
            {"ActiveState": "activating", "SubState": "auto-restart", "NRestarts": "12"},
            "activating (auto-restart), restarted 12 times",
        ),
        (
            {"ActiveState": "inactive", "SubState": "dead", "said": "stopped"},
            "inactive (dead): sudo systemctl start leukoscope",
        ),
        (
            {"ActiveState": "failed", "SubState": "failed"},
            "failed (failed): leukoscope logs says why",
        ),
        (
            {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead"},
            "not installed: sudo ./setup.sh install",
        ),
    ],
)
def test_fail__service_that_needs_somebody(
    settings: Settings, machine: StatusMachine, shown: dict[str, str], text: str
) -> None:
    machine.shows(**{"said": "", **shown})
    service = row(settings, "service")
    assert (service.text, service.ok) == (text, False)


@pytest.mark.parametrize("script", [None, "echo 'not booted with systemd' >&2; exit 1", ":"])
def test_fail__no_systemd(
    settings: Settings, machine: StatusMachine, monkeypatch: pytest.MonkeyPatch, script: str | None
) -> None:
    if script is None:
        (machine.folder / "systemctl").unlink()
        monkeypatch.setenv("PATH", str(machine.folder))
    else:
        machine.tool("systemctl", script)
    found = find_status(settings)
    assert not found.ok
    assert "no systemd here" in str(found)


# What it shows and keeps.


def test_ok__panel_that_is_live(settings: Settings, tmp_path: Path) -> None:
    display = MirroredDisplay(MemoryDisplay(), tmp_path, time.monotonic)
    display.blank()
    assert row(settings, "panel").text.startswith("live")
    display.close(keep=True)
    panel = row(settings, "panel")
    assert panel.text.startswith("not live")
    assert (panel.ok, panel.values) == (True, {"live": False})


def test_fail__panel_that_is_none(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "panel").write_text("no picture")
    panel = row(settings, "panel")
    assert not panel.ok
    assert "not a picture of the panel" in panel.text


def test_ok__newest_slide(settings: Settings, root: Path) -> None:
    with examples.open_store(root) as store:
        examples.add(store, 1)
        store.finish_slide(1, examples.VERDICT, EndedBy.PERSON)
        assert row(settings, "slide").text == (
            "S0001 ended by person, fields 1, white cells 2: ALL 0.81"
        )
        refused = (examples.REFUSED, None, examples.AML, examples.SIMULATED)
        examples.add(store, 2)
        store.add_field(2, examples.field(simulated=True), *refused)
        slide = row(settings, "slide")
    assert slide.text == (
        "S0002 not finished, fields 2 (1 refused), white cells 109: "
        "ACUTE 0.96 - AML 0.71, UNCONTROLLED, SIMULATED"
    )
    assert slide.values == {
        "slide": "S0002",
        "ended_by": None,
        "fields": 2,
        "fields_refused": 1,
        "white_cells": 109,
        "verdict": "AML",
        "confidence": 0.71,
    }


def test_ok__records_and_the_disk(
    settings: Settings, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with examples.open_store(root) as store:
        examples.add(store, 1)
        examples.add(store, 1)
        examples.add(store, 2)
    monkeypatch.setattr(status_parts, "free_bytes", lambda folder: 5_432_100_000)
    records = row(settings, "records")
    assert records.text == f"slides 2, pictures 3; 5432 MB free in {root}, limit 1 MB"
    assert records.ok
    monkeypatch.setattr(status_parts, "free_bytes", lambda folder: 999_999)
    assert not row(settings, "records").ok


@pytest.mark.parametrize("real", [False, True])
def test_fail__closed_to_this_user(
    settings: Settings, root: Path, monkeypatch: pytest.MonkeyPatch, real: bool
) -> None:
    """Each row says what to do, and none takes what it may not see for damage."""
    root.mkdir()
    if real:
        if os.geteuid() == 0:
            pytest.skip("root may read everything")
        root.chmod(0)
    else:

        def closed(folder: object) -> None:
            raise PermissionError(13, "Permission denied", str(folder))

        monkeypatch.setattr(os, "scandir", closed)
    found = find_status(settings)
    monkeypatch.undo()
    root.chmod(0o700)
    bad = {row.part: row.text for row in found.parts if not row.ok}
    says = f"{root} is closed to this user: sudo leukoscope status"
    assert bad == dict.fromkeys(("slide", "records", "calibration", "control"), says)


# What it measures with.


@pytest.mark.parametrize(
    ("synced", "made"), [(True, "2026-05-09 07:35"), (False, "2026-05-09 07:35 ?")]
)
def test_ok__calibration(settings: Settings, root: Path, synced: bool, made: str) -> None:
    optics = assembly.camera_setup(settings)
    folder = assembly.calibration_folder(settings)
    root.mkdir()
    folder.begin()
    folder.finish(
        replace(
            EXAMPLE,
            clock_synced=synced,
            simulated=False,
            width=optics.width,
            height=optics.height,
            nominal_um_per_px=optics.um_per_px,
        )
    )
    calibration = row(settings, "calibration")
    assert (calibration.text, calibration.ok) == (f"C0003 of {made} UTC", True)
    assert calibration.values == {"name": "C0003", "made": made}


def test_fail__calibration_that_is_damaged(settings: Settings, root: Path) -> None:
    (root / "calibration" / "C0003").mkdir(parents=True)
    calibration = row(settings, "calibration")
    assert calibration.text.startswith("none: shading is estimated")
    assert "C0003: can't be read" in calibration.text
    assert not calibration.ok


def keep_controls(root: Path, scores: list[float]) -> None:
    made_for = QcScope(load_bundle(BUNDLE).card.sha256, simulated=False)
    for slide in control_slides(scores, made_for):
        QcFolder(root / "control").keep(slide)


def test_ok__control_slides_that_are_wanting(settings: Settings, root: Path) -> None:
    keep_controls(root, [0.0])
    control = row(settings, "control")
    assert control.text == "uncontrolled: 1 of the 3 control slides that a reference needs"
    assert (control.ok, control.values) == (True, {"control": "none"})


def test_fail__control_that_has_drifted(settings: Settings, root: Path) -> None:
    keep_controls(root, [0.0, 0.1, -0.1, 9.0])
    control = row(settings, "control")
    assert control.text.startswith("control drifted: S0004 breaks ")
    assert (control.ok, control.values) == (False, {"control": "drifted"})


def test_fail__control_slide_that_is_damaged(settings: Settings, root: Path) -> None:
    keep_controls(root, [0.0])
    (root / "control" / "S0002.toml").write_text("slide = ")
    control = row(settings, "control")
    assert "; control slide" in control.text
    assert not control.ok


def test_ok__model_that_knows_no_controls(settings: Settings, checkout: Path) -> None:
    paper = replace(settings.model, bundle=str(checkout / "models" / "paper-cnn"))
    fields = replace(settings, model=paper)
    assert row(fields, "control").text == "not used"
    assert row(fields, "model").text.startswith("paper-cnn ")


def test_fail__no_model(settings: Settings) -> None:
    absent = replace(settings, model=replace(settings.model, bundle="/nowhere"))
    found = find_status(absent)
    assert [row.part for row in found.parts if not row.ok] == ["control", "model"]
    assert row(absent, "model").text.startswith("model bundle /nowhere: can't read")


@pytest.mark.parametrize("synced", [False, True])
def test_ok__clock(settings: Settings, monkeypatch: pytest.MonkeyPatch, synced: bool) -> None:
    monkeypatch.setattr(status_parts, "clock_synced", lambda: synced)
    monkeypatch.setattr(status_parts, "utc_now", lambda: "2026-05-09T07:35:25.123Z")
    clock = row(settings, "clock")
    assert clock.text == (
        "2026-05-09 07:35 UTC, set from the network"
        if synced
        else "2026-05-09 07:35 UTC, not set from the network, may be wrong"
    )
    assert (clock.ok, clock.values) == (True, {"synced": synced})


@pytest.mark.parametrize(
    ("script", "text", "ok"),
    [
        ("echo throttled=0x0", "ok", True),
        ("echo throttled=0x50005", "LOW VOLTAGE", False),
        ("exit 1", "not known: vcgencmd gives no answer here", True),
    ],
)
def test_ok__power(
    settings: Settings, machine: StatusMachine, script: str, text: str, ok: bool
) -> None:
    machine.tool("vcgencmd", script)
    power = row(settings, "power")
    assert (power.text, power.ok) == (text, ok)


# As a command.


def test_fail__status_where_no_systemd_is(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status, out, err = run("status")
    assert (status, err) == (1, "")
    assert "service      !  no systemd here" in out
    assert "S0002 not finished" in out
    assert out.endswith(f"\n\n{NOTICE} SIMULATED.\n")
    status, out, _ = run("status", "--json")
    assert (status, json.loads(out)["well"]) == (1, False)


def test_ok__status_of_a_service_that_runs(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool = tmp_path / "systemctl"
    tool.write_text("#!/bin/sh\necho ActiveState=active\necho StatusText=asleep\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    status, out, err = run("status")
    assert (status, err) == (0, "")
    assert ": asleep\n" in out
