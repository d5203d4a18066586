"""`leukoscope selftest`: each part tested by itself, and what the panel would warn of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from leukoscope.commands.selftest import PartResult, selftest
from leukoscope.errors import Fault
from leukoscope.model.bundle import load_bundle
from leukoscope.notice import NOTICE
from leukoscope.settings.settings import PartsSettings, Settings

from tests.bundles import BUNDLE
from tests.commands.conftest import Run


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of simulated parts, with an empty state directory."""
    default = Settings()
    root = tmp_path / "state"
    root.mkdir()
    return replace(
        default,
        parts=PartsSettings("simulated", "simulated"),
        panel=replace(default.panel, mirror=str(tmp_path)),
        model=replace(default.model, bundle=str(BUNDLE)),
        storage=replace(default.storage, directory=str(root), min_free_mb=1),
    )


def results(settings: Settings) -> dict[str, PartResult]:
    return {result.part: result for result in selftest(settings)}


def test_ok__a_line_a_part(settings: Settings) -> None:
    found = results(settings)
    assert list(found) == ["records", "camera", "light", "calibration", "model", "button"]
    assert found["records"].text == f"0 slides in {settings.storage.directory}"
    assert found["camera"].text.startswith("a frame of ")
    card = load_bundle(BUNDLE).card
    assert str(found["model"]).startswith(f"model        ok   {card.name} {card.version} on ")
    assert list(Path(settings.storage.directory).iterdir()) == []  # the records were only read


def test_ok__says_what_the_panel_warns_of(settings: Settings) -> None:
    calibration = results(settings)["calibration"]
    assert calibration.fault == ""
    assert calibration.text.endswith("the panel warns: NOT CALIBRATED")
    (Path(settings.storage.directory) / "calibration" / "C0003").mkdir(parents=True)
    assert results(settings)["calibration"].text.endswith("the panel warns: CALIBRATION BROKEN")


def test_fail__a_part_that_fails_keeps_no_other_from_its_test(settings: Settings) -> None:
    absent = replace(settings, model=replace(settings.model, bundle="/nowhere"))
    found = results(absent)
    assert found["model"].fault == Fault.MODEL.code
    assert found["model"].text.startswith("model bundle /nowhere: can't read")
    assert {part for part, result in found.items() if not result.fault} == found.keys() - {"model"}


def test_ok__selftest_names_every_part(run: Run) -> None:
    status, out, err = run("selftest")
    lines = out.splitlines()
    parts = ["records", "camera", "light", "calibration", "model", "button"]
    assert [line.split()[:2] for line in lines[:-1]] == [[part, "ok"] for part in parts]
    assert lines[-1] == f"{NOTICE} SIMULATED."
    assert (status, err) == (0, "")


def test_fail__selftest_goes_on_after_a_part_that_fails(run: Run, settings_file: Path) -> None:
    text = settings_file.read_text().replace(str(BUNDLE), "/nowhere")
    settings_file.write_text(text)
    status, out, _ = run("selftest")
    assert status == 1
    assert [line.split()[:2] for line in out.splitlines()[-3:-1]] == [
        ["model", Fault.MODEL.code],
        ["button", "ok"],
    ]
