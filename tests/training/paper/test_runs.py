"""Who is trained on, validated on and tested on; and a whole run from the command line."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.paper.examples import labelled  # isort: skip

import keras
import numpy as np
from leukoscope.reading.results import LABELS
from leukoscope_training.cli import main
from leukoscope_training.paper import commands
from leukoscope_training.paper.pictures import PictureSet, save
from leukoscope_training.paper.runs import RUNS, divide
from leukoscope_training.shared.errors import TrainingError

COUNT = 60
PART_OF_HALVES = {f"{number:064x}": "AB"[number % 2] for number in range(COUNT)}
PART_OF_IMAGES = {
    f"{number:064x}": ("train", "val", "test")[number // 5 % 3] for number in range(COUNT)
}


@pytest.fixture
def pictures() -> PictureSet:
    """Five of each label in each half; in the first ten no white cell was found."""
    given = labelled(COUNT)
    seen = np.tile(given.pictures, (1, 3, 3, 1))[:, :200, :200]
    return PictureSet(
        whole=seen,
        cut_out=255 - seen,
        cells=np.where(np.arange(COUNT) < 10, 0, 3),
        label=given.label,
        image=np.array([f"{number}.png" for number in range(COUNT)]),
        group=np.array([f"set/patient-{number % 12}" for number in range(COUNT)]),
        sha256=np.array([f"{number:064x}" for number in range(COUNT)]),
        short_side_um=np.full(COUNT, 90.0),
    )


@pytest.mark.parametrize("name", list(RUNS))
def test_ok__no_picture_has_two_uses(pictures: PictureSet, name: str) -> None:
    run = RUNS[name]
    parts = divide(pictures, run, PART_OF_HALVES if run.direction else PART_OF_IMAGES, 1)
    used = np.concatenate([parts.train, parts.val, parts.test])
    assert len(set(used.tolist())) == len(used) == (50 if run.ablation else 60)


@pytest.mark.parametrize(("name", "half"), [("a-to-b", "A"), ("b-to-a", "B")])
def test_ok__validation_comes_from_the_half_trained_on(
    pictures: PictureSet, name: str, half: str
) -> None:
    parts = divide(pictures, RUNS[name], PART_OF_HALVES, 1)
    trained = {PART_OF_HALVES[sha256] for sha256 in pictures.sha256[parts.train]}
    validated = {PART_OF_HALVES[sha256] for sha256 in pictures.sha256[parts.val]}
    tested = {PART_OF_HALVES[sha256] for sha256 in pictures.sha256[parts.test]}
    assert trained == validated == {half}
    assert tested == {"A", "B"} - {half}
    assert set(pictures.label[parts.val].tolist()) == {0, 1, 2, 3, 4}


def test_ok__an_ablation_has_no_field_without_a_cut_out_cell(pictures: PictureSet) -> None:
    parts = divide(pictures, RUNS["a-to-b-ablation"], PART_OF_HALVES, 1)
    for rows in vars(parts).values():
        assert (pictures.cells[rows] > 0).all()


def test_fail__a_half_that_was_not_prepared(pictures: PictureSet) -> None:
    only_a = {sha256: part for sha256, part in PART_OF_HALVES.items() if part == "A"}
    with pytest.raises(TrainingError, match="no picture to test on"):
        divide(pictures, RUNS["a-to-b"], only_a, 1)


@pytest.fixture
def finished(
    pictures: PictureSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder with a finished run and the table."""
    save(pictures, tmp_path)
    monkeypatch.setattr(commands, "read_split", lambda _: PART_OF_HALVES)
    monkeypatch.setattr("leukoscope_training.paper.runs.RUNS", {"a-to-b": RUNS["a-to-b"]})
    words = ["paper", "protocols", "--width", "0.02", "--epochs", "1"]
    assert main([*words, "--cache", str(tmp_path), "--out", str(tmp_path)]) == 0
    yield tmp_path
    keras.config.set_image_data_format("channels_last")


def test_ok__a_run_leaves_its_files_and_its_table(finished: Path) -> None:
    with (finished / "a-to-b" / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30
    for row in rows:
        shares = [float(row[f"p_{label}"]) for label in LABELS]
        assert sum(shares) == pytest.approx(1, abs=1e-4)
        assert float(row[f"p_{row['said']}"]) == max(shares)
    facts = tomllib.loads((finished / "a-to-b" / "run.toml").read_text())
    assert facts["direction"] == "A to B"
    assert facts["ablation"] is False
    assert facts["filters"] == [4, 3, 2, 2, 1]
    table = (finished / "table.md").read_text().splitlines()
    assert len(table) == 3
    assert table[2].startswith("| a-to-b | ")


def test_ok__figures_are_drawn_of_finished_runs(finished: Path) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib, of the [train] extra, is not installed")
    assert main(["paper", "figures", "--cache", str(finished), "--out", str(finished)]) == 0
    names = {str(path.relative_to(finished)) for path in finished.rglob("*.png")}
    assert names == {
        "images-per-class.png",
        "share-per-class.png",
        "a-to-b/history.png",
        "a-to-b/confusion.png",
    }


def test_fail__a_run_that_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paper", "train", "by-luck", "--cache", str(tmp_path)]) == 1
    assert "by-luck: no such run; there are image-level" in capsys.readouterr().err


def test_fail__figures_without_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paper", "figures", "--cache", str(tmp_path)]) == 1
    assert "paper prepare" in capsys.readouterr().err
