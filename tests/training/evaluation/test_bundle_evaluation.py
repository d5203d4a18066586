"""The numbers of an evaluation, and the whole command on rendered fields."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("jinja2", reason="Jinja2, of the [dev] extra, is not installed")
pytest.importorskip("sklearn", reason="scikit-learn, of the [dev] extra, is not installed")

from leukoscope.field import Rgb
from leukoscope.reading.results import Verdict
from leukoscope.reading.thresholds import Thresholds
from leukoscope.reading.window_reader import WindowReader
from leukoscope_training.cli import main
from leukoscope_training.data.manifest import Manifest, Sample, sha256_of, write_manifest
from leukoscope_training.evaluation import evaluate_command
from leukoscope_training.evaluation.bundle_evaluation import FieldOutcome, evaluate
from leukoscope_training.evaluation.bundle_reader import BundleReader, make_bundle_reader
from leukoscope_training.evaluation.manifest_reading import read_sample
from leukoscope_training.evaluation.report_sentences import state_findings
from leukoscope_training.evaluation.verdict_correctness import judge_headline

from tests.smears import UM_PER_PX, save_smear, smear
from tests.training.evaluation.examples import (
    an_evaluation,
    judge,
    outcome,
    reading,
    refused,
    sample,
)


def verdict(*said: str, confidence: float = 0.92) -> Verdict:
    return judge([reading(name, confidence) for name in said])


def test_ok__what_a_headline_is_worth() -> None:
    assert judge_headline(verdict("ALL"), "ALL") == "right"
    assert judge_headline(verdict("ALL"), "AML") == "wrong"
    assert judge_headline(verdict("ALL", "AML"), "AML") == "pattern only"
    assert judge_headline(verdict("ALL", "AML"), "CML") == "wrong"
    assert judge_headline(verdict("CML", confidence=0.5), "ALL") == "inconclusive"
    assert judge_headline(verdict("normal", confidence=0.75), "ALL") == "inconclusive"
    assert judge_headline(verdict(), "ALL") == "inconclusive"


def test_ok__what_became_of_the_fields() -> None:
    evaluation = an_evaluation()
    assert evaluation.listed == {"normal": 7, "ALL": 6, "AML": 0, "CML": 0, "CLL": 0}
    assert evaluation.refused == {"normal": {"focus": 1}, "ALL": {"focus": 1}}
    assert evaluation.unreadable["ALL"] == 1
    assert evaluation.errors == (("one/ALL-0/8.png", "<b>gone</b>"),)
    assert evaluation.unlabelled == 1
    assert evaluation.intact.fields == 10


def test_ok__named_right_and_wrong() -> None:
    intact = an_evaluation().intact
    assert intact.named.value == pytest.approx(8 / 10)
    assert intact.right_when_named.value == pytest.approx(7 / 8)
    assert intact.pattern_named.value == pytest.approx(9 / 10)
    assert intact.pattern_right_when_named.value == pytest.approx(8 / 9)
    assert intact.measures.accuracy.value == pytest.approx(9 / 10)  # 0.45 = 0.45: ALL comes first
    assert [wrong.sample.image for wrong in intact.wrong] == ["one/normal-0/4.png"]
    assert intact.wrong[0].verdict.headline == "CML"


def test_ok__a_patients_verdict_is_over_its_fields_that_were_read() -> None:
    slides = {slide.group: slide for slide in an_evaluation().intact.slides}
    assert sorted(slides) == ["ALL-0", "ALL-1", "normal-0", "normal-1"]
    assert (slides["normal-0"].listed, slides["normal-0"].verdict.fields) == (4, 3)
    assert slides["ALL-0"].judgement == "right"
    assert slides["ALL-1"].judgement == "pattern only"


def test_ok__a_patient_without_a_field_that_was_read_is_inconclusive() -> None:
    evaluation = evaluate([refused(0, "ALL")], judge)
    assert evaluation.intact.slide_counts()["inconclusive"] == 1
    assert math.isnan(evaluation.intact.measures.accuracy.value)
    assert state_findings(evaluation) == ["No field could be read: there is nothing to measure."]


def both(ablation_of: dict[str, str]) -> list[str]:
    rows = [
        outcome(n, label, label, ablation=ablation)
        for n in range(6)
        for label, ablation in ablation_of.items()
    ]
    return state_findings(evaluate(rows, judge))


def test_ok__an_ablation_nearly_as_right_is_said_in_words() -> None:
    said = both({"normal": "normal", "ALL": "ALL"})
    assert said[0].startswith("These data can be sorted without a single white cell")


def test_ok__an_ablation_at_chance_is_said_in_words() -> None:
    said = both({"normal": "normal", "ALL": "normal"})
    assert said[0].startswith("The model needs the white cells")
    assert (
        "1.00 on the fields as taken, 0.50 with the white cells cut out, and 0.50 by chance"
        in said[0]
    )


def test_ok__one_class_alone_shows_no_sorting() -> None:
    assert both({"normal": "normal"})[0].startswith("All fields that were read are of one class")


def test_ok__a_model_that_gives_no_reading_without_cells() -> None:
    rows = [
        FieldOutcome(sample(n, k, k), reading(k), None) for n in range(2) for k in ("normal", "ALL")
    ]
    assert "no reading at all" in state_findings(evaluate(rows, judge))[0]


def test_ok__sources_that_give_the_class_away_are_named() -> None:
    rows = [
        FieldOutcome(sample(0, "normal", "a", "clinic"), reading("normal"), reading("normal")),
        FieldOutcome(sample(1, "ALL", "b", "hospital"), reading("ALL"), reading("normal")),
    ]
    said = " ".join(state_findings(evaluate(rows, judge)))
    assert "All normal fields come from clinic, all leukaemias from hospital" in said
    assert "Very few patients or slides: normal 1 and ALL 1" in said


class Blue:
    """Says ALL where the window holds a dark blue nucleus, else normal."""

    um_per_px, runtime = 0.34, "stub"
    card = SimpleNamespace(name="blue", version="1", sha256="ab" * 32)

    def run(self, picture: Rgb, geometry: tuple[float, ...] = ()) -> tuple[float, ...]:
        nuclei = (picture[..., 2].astype(int) - picture[..., 1] > 50).sum()
        sick = nuclei > 60
        return (0.02, 0.92, 0.02, 0.02, 0.02) if sick else (0.92, 0.02, 0.02, 0.02, 0.02)


def blue(_: Path | None = None) -> BundleReader:
    return make_bundle_reader(WindowReader(Blue(), 200, Thresholds(0.8, 0.7)))


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three rendered fields: one good, one out of focus, one that is no image; and a bundle that is not read."""
    monkeypatch.setattr(evaluate_command, "open_reader", blue)
    save_smear(tmp_path / "good.png")
    save_smear(tmp_path / "blurred.png", smear(defocus_um=8.0))
    (tmp_path / "text.png").write_text("no image")
    names = ("good", "blurred", "text")
    samples = [Sample(f"{n}.png", "ALL", "one", UM_PER_PX, "rendered", "CC0") for n in names]
    write_manifest(Manifest(tmp_path, tuple(samples)), tmp_path / "fields.csv")
    return tmp_path / "fields.csv"


def run(manifest: Path, *options: str) -> int:
    given = (
        "evaluate",
        "--bundle",
        "blue",
        "--manifest",
        str(manifest),
        "--workers",
        "1",
        *options,
    )
    return main(given)


def test_ok__the_ablation_shows_the_same_window_without_its_cells(tmp_path: Path) -> None:
    own = Sample("good.png", "ALL", "one", UM_PER_PX, "rendered", "CC0")
    result = read_sample(own, save_smear(tmp_path / "good.png"), blue())
    assert result.reading is not None
    assert result.ablation is not None
    assert np.argmax(result.reading.probabilities) == 1
    assert np.argmax(result.ablation.probabilities) == 0
    assert result.ablation.window == result.reading.window


def test_ok__json_on_stdout(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(manifest, "--json") == 1  # for text.png
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert said["schema"] == 2
    assert said["notice"] == "Research instrument. Not a diagnosis."
    assert (said["bundle"], said["pictures"]) == ("blue", 3)
    assert said["manifest_sha256"] == sha256_of(manifest)
    assert said["intact"]["fields"] == 1
    assert said["refused"] == {"ALL": {"focus": 1}}
    assert [error["image"] for error in said["errors"]] == ["text.png"]
    assert "text.png" in err


def test_ok__lines_for_people(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(manifest)
    assert capsys.readouterr().out.startswith("Research instrument. Not a diagnosis.\nblue 1 on ")


def test_ok__a_report_is_written(manifest: Path) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib, of the [train] extra, is not installed")
    out = manifest.with_suffix(".html")
    run(manifest, "--out", str(out))
    assert "Not a diagnosis" in out.read_text(encoding="utf-8")


def test_fail__a_file_changed_since_it_was_listed(tmp_path: Path) -> None:
    own = Sample("good.png", "ALL", "one", UM_PER_PX, "rendered", "CC0", sha256="0" * 64)
    result = read_sample(own, save_smear(tmp_path / "good.png"), blue())
    assert result.reading is None
    assert "another SHA-256" in result.error


def test_fail__no_worker(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(manifest, "--workers", "0") == 1
    assert "--workers must be 1 or more, not 0" in capsys.readouterr().err


def test_fail__no_such_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = Sample("good.png", "ALL", "one", UM_PER_PX, "rendered", "CC0")
    write_manifest(Manifest(tmp_path, (own,)), tmp_path / "fields.csv")
    given = ("evaluate", "--bundle", str(tmp_path), "--manifest", str(tmp_path / "fields.csv"))
    assert main(given) == 1
    assert "card.toml" in capsys.readouterr().err
