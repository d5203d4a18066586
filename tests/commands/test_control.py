"""`leukoscope control`, as a person types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from leukoscope.cli import main
from leukoscope.model.bundle import load_bundle
from leukoscope.reading.results import Pattern, Verdict
from leukoscope.records.record import EndedBy
from PIL import Image

from tests.bundles import BUNDLE
from tests.qc.examples import normal_reading, verdict
from tests.records import examples

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `leukoscope control` with a state directory of its own."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "leukoscope.toml"
    file.write_text(
        f"[model]\nbundle = '{BUNDLE}'\n[storage]\ndirectory = '{tmp_path / 'state'}'\n",
        encoding="utf-8",
    )

    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(["control", "--settings", str(file), *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return call


def read_slides(
    root: Path, count: int, given: Verdict | None = None, *, sha256: str = "", done: bool = True
) -> None:
    """Put slides of normal blood into the records, as a cell reader would."""
    judged = given or verdict()
    provenance = replace(
        examples.PROVENANCE, model_sha256=sha256 or load_bundle(Path(BUNDLE)).card.sha256
    )
    with examples.open_store(root / "state") as store:
        for _ in range(count):
            slide = store.next_slide()
            field, reading = examples.field(), normal_reading(60, seed=slide)
            store.add_field(slide, field, reading, judged, judged, provenance)
            if done:
                store.finish_slide(slide, judged, EndedBy.PERSON)


def test_ok__nothing_kept_yet(run: Run) -> None:
    status, out, _ = run()
    assert status == 0
    assert "uncontrolled: 0 of the 3 control slides that a reference needs" in out
    assert "Not a diagnosis" in out


def test_ok__recorded_slides_become_controls(run: Run, tmp_path: Path) -> None:
    read_slides(tmp_path, 4)
    told = [run("add", f"S000{number}")[1] for number in (1, 2, 3, 4)]
    assert told == [
        "CONTROL KEPT: S0001: 1 of 3 slides\n",
        "CONTROL KEPT: S0002: 2 of 3 slides\n",
        "CONTROL KEPT: S0003: 3 of 3 slides\n",
        "CONTROL KEPT: S0004: within limits\n",
    ]
    _, out, _ = run()
    assert "the reference is made of 4 slides" in out
    assert max(map(len, out.splitlines())) <= 80
    assert [line.split()[0] for line in out.splitlines() if line.startswith("S00")] == [
        *("S0001", "S0002", "S0003", "S0004")
    ]
    answer = json.loads(run("--json")[1])
    assert len(answer["slides"]) == 4
    assert answer["reference"]["centre"]["nuclear_area"] == pytest.approx(60, abs=2)
    # They were read at another start of the machine, by a clock that is not set now.
    assert answer["control"] in ("none", "valid")


def test_ok__the_chart(run: Run, tmp_path: Path) -> None:
    read_slides(tmp_path, 3)
    for number in (1, 2, 3):
        run("add", str(number))
    status, out, _ = run("chart", "chart.png")
    assert (status, out) == (0, "chart: chart.png\n")
    with Image.open(tmp_path / "chart.png") as image:
        assert image.format == "PNG"
    assert not list(tmp_path.glob("*.part"))


def test_fail__a_chart_of_nothing(run: Run, tmp_path: Path) -> None:
    status, out, err = run("chart", "chart.png")
    assert (status, out) == (1, "")
    assert err == (
        "leukoscope: no chart: there are no control slides yet; "
        "leukoscope control add S0042 keeps one\n"
    )
    assert not (tmp_path / "chart.png").exists()


def test_ok__removed_and_restarted(run: Run, tmp_path: Path) -> None:
    read_slides(tmp_path, 2)
    for number in (1, 2):
        run("add", str(number))
    assert "S0001 is no longer a control slide" in run("remove", "S0001")[1]
    assert "1 of the 3" in run()[1]
    assert "up to S0002 no longer count" in run("restart")[1]
    assert "0 of the 3" in run()[1]


def test_ok__the_settings_may_stand_behind_the_action(run: Run, tmp_path: Path) -> None:
    """As with every other command."""
    read_slides(tmp_path, 1)
    assert main(["control", "add", "S0001", "--settings", str(tmp_path / "leukoscope.toml")]) == 0
    assert "1 of the 3" in run()[1]


def test_fail__what_can_be_no_control(run: Run, tmp_path: Path) -> None:
    status, _, err = run("add", "S0001")
    assert (status, "there is no slide S0001" in err) == (1, True)
    read_slides(tmp_path, 1, sha256="cd" * 32)
    read_slides(tmp_path, 1, done=False)
    with examples.open_store(tmp_path / "state") as store:
        examples.add(store, 3)
        store.finish_slide(3, examples.VERDICT, EndedBy.PERSON)
    assert "was not read by the model" in run("add", "S0001")[2]
    assert "is not finished" in run("add", "S0002")[2]
    read_slides(tmp_path, 1, verdict(Pattern.ACUTE))
    assert "reads as ALL: only a normal slide can be a control" in run("add", "S0004")[2]
    assert run("add", "nonsense")[0] == 2
    assert run("remove", "S0001")[0] == 1
    assert run("restart")[0] == 1
    assert run("chart", "chart.jpg")[0] == 2
    assert not (tmp_path / "state" / "control").exists()


def test_fail__a_model_that_reads_fields(run: Run, tmp_path: Path) -> None:
    sha256 = load_bundle(Path(BUNDLE)).card.sha256
    with examples.open_store(tmp_path / "state") as store:
        provenance = replace(examples.PROVENANCE, model_sha256=sha256)
        given = (examples.READING, examples.VERDICT, examples.VERDICT, provenance)
        store.add_field(1, examples.field(), *given)
        store.finish_slide(1, examples.VERDICT, EndedBy.PERSON)
    assert "this model reads fields, not cells: choose a cell reader" in run("add", "S0001")[2]


def test_fail__a_damaged_control_slide_is_said(run: Run, tmp_path: Path) -> None:
    read_slides(tmp_path, 1)
    run("add", "S0001")
    (tmp_path / "state" / "control" / "S0001.toml").write_text("x", encoding="utf-8")
    _, out, _ = run()
    assert "S0001.toml: not valid TOML" in out
