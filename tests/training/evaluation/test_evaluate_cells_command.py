"""`leukoscope-train evaluate --cells`: from pictures of cells to their numbers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn, of the [dev] extra, is not installed")

from leukoscope.field import Field
from leukoscope.reading.white_cells import find_white_cells
from leukoscope_training.cli import main
from leukoscope_training.data.manifest import sha256_of
from leukoscope_training.evaluation import evaluate_cells_command
from leukoscope_training.evaluation.typed_cell_reading import flatten_ungated
from PIL import Image

from tests.bundles import BUNDLE
from tests.smears import UM_PER_PX, save_smear, smear
from tests.training.evaluation.read_cells import reader

SIDE_PX = 90


def cells_of_smear() -> list[tuple[float, float]]:
    """The middles of the white cells of a rendered smear that are far from its rim, in its pixels."""
    field = Field(smear(), UM_PER_PX)
    factor = 0.34 / UM_PER_PX
    finds = find_white_cells(flatten_ungated(field, 0.34), 0.34)
    middles = [((f.x0 + f.x1) / 2 * factor, (f.y0 + f.y1) / 2 * factor) for f in finds]
    reach = SIDE_PX / 2
    return [
        (x, y)
        for x, y in middles
        if reach < x < field.width_px - reach and reach < y < field.height_px - reach
    ]


def write_list(path: Path, columns: str, rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns.split(","), *rows])
    return path


@pytest.fixture
def single_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture of each cell of a rendered smear, 28 µm wide, without its scale; and a bundle that is not read."""
    monkeypatch.setattr(evaluate_cells_command, "open_cell_reader", lambda _: reader())
    rows: list[tuple[object, ...]] = []
    for number, (x, y) in enumerate(cells_of_smear()):
        left, top = round(x - SIDE_PX / 2), round(y - SIDE_PX / 2)
        part = smear()[top : top + SIDE_PX, left : left + SIDE_PX]
        Image.fromarray(part).save(tmp_path / f"{number}.png")
        rows.append(
            (f"{number}.png", "lymphoblast" if number % 2 else "lymphocyte", f"p{number % 3}")
        )
    return write_list(tmp_path / "cells.csv", "image,cell_type,patient", rows)


def run(listing: Path, *options: str) -> int:
    given = ("evaluate", "--bundle", "size", "--cells", str(listing), "--workers", "1", *options)
    return main(given)


def test_ok__json_on_stdout(single_cells: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(single_cells, "--um-per-px", str(UM_PER_PX), "--json") == 0
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert said["schema"] == 1
    assert said["notice"] == "Research instrument. Not a diagnosis."
    assert (said["bundle"], said["version"], said["model_sha256"]) == ("size", "1", "ab" * 32)
    assert said["cells_sha256"] == sha256_of(single_cells)
    assert said["found"] >= 0.9
    assert 0 <= said["auc_mature"] <= 1
    assert said["normal_slides_called_leukaemia"] is None
    assert len(said["patients"]) == 3
    assert err == ""


def test_ok__a_table_for_people(single_cells: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(single_cells, "--um-per-px", str(UM_PER_PX)) == 0
    out = capsys.readouterr().out
    assert out.startswith("Research instrument. Not a diagnosis.\nsize 1 on ")
    assert "blasts / lymphocytes" in out
    assert "no pseudo-slides" in out


def test_ok__a_scale_that_is_assumed_is_said_once(
    single_cells: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(single_cells)
    err = capsys.readouterr().err
    assert err.count("0.14 µm per pixel assumed") == 1
    assert "the same warning for" in err


@pytest.mark.parametrize("in_pixels", [True, False])
def test_ok__boxes_on_whole_fields(
    single_cells: Path, capsys: pytest.CaptureFixture[str], in_pixels: bool
) -> None:
    save_smear(single_cells.parent / "field.png")
    height, width = smear().shape[:2]
    rows: list[tuple[object, ...]]
    if in_pixels:
        columns = "image,cell_type,x0,y0,x1,y1"
        rows = [
            ("field.png", "lymphoblast", x - 20, y - 20, x + 20, y + 20)
            for x, y in cells_of_smear()
        ]
    else:
        columns = "image,cell_type,cx,cy,w,h"
        rows = [
            ("field.png", "lymphoblast", x / width, y / height, 40 / width, 40 / height)
            for x, y in cells_of_smear()
        ]
    assert run(write_list(single_cells, columns, rows), "--json") == 0
    assert json.loads(capsys.readouterr().out)["found"] == 1


def test_fail__a_damaged_picture_is_named_and_the_rest_measured(
    single_cells: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (single_cells.parent / "0.png").write_text("no image")
    assert run(single_cells, "--um-per-px", str(UM_PER_PX), "--json") == 1
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert said["found"] > 0
    assert [error["image"] for error in said["errors"]] == [str(single_cells.parent / "0.png")]
    assert "0.png: not a JPEG" in err


def test_fail__nothing_is_found(single_cells: Path) -> None:
    glass = np.random.default_rng(0).integers(223, 227, (SIDE_PX, SIDE_PX, 3), np.uint8)
    Image.fromarray(glass).save(single_cells.parent / "glass.png")
    assert run(write_list(single_cells, "image,cell_type", [("glass.png", "monocyte")])) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--um-per-px", "0"), "--um-per-px must be from 0.01 to 5"),
        (("--um-per-px", "nan"), "--um-per-px must be from 0.01 to 5"),
        (("--workers", "0"), "--workers must be 1 or more, not 0"),
        (("--out", "report.html"), "--out can't be used with --cells"),
        (("--root", "data"), "--root can't be used with --cells"),
    ],
)
def test_fail__options_that_are_refused(
    single_cells: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str
) -> None:
    assert run(single_cells, *options) == 1
    assert capsys.readouterr().err == f"leukoscope-train: {said}\n"


def test_fail__a_scale_with_a_manifest(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("evaluate", "--bundle", "b", "--manifest", "m.csv", "--um-per-px", "0.1")
    assert main(given) == 1
    assert "--um-per-px can't be used with --manifest" in capsys.readouterr().err


@pytest.mark.parametrize("both", [(), ("--manifest", "m.csv", "--cells", "cells.csv")])
def test_fail__a_manifest_or_cells(both: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(("evaluate", "--bundle", "b", *both))
    assert caught.value.code == 2


def test_fail__a_bundle_of_whole_fields(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = BUNDLE.parent / "paper-cnn"
    assert main(("evaluate", "--bundle", str(bundle), "--cells", str(tmp_path / "cells.csv"))) == 1
    err = capsys.readouterr().err
    assert "reads whole fields" in err
    assert err.count("\n") == 1


@pytest.mark.shared
def test_ok__real_cells_by_the_shipped_reader(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared_data / "jhu-cells"
    with (folder / "cells.csv").open(encoding="utf-8", newline="") as file:
        every = list(csv.DictReader(file))
    words = ("blast, no lineage spec", "lymphocyte", "segmented neutrophils", "monocyte")
    rows: list[tuple[object, ...]] = []
    for word in words:
        chosen = [row for row in every if row["cell_type"] == word][::40]
        rows += [(str(folder / row["image"]), word, row["patient"]) for row in chosen]
    cells = write_list(tmp_path / "cells.csv", "image,cell_type,patient", rows)
    given = ("--bundle", str(BUNDLE), "--cells", str(cells), "--um-per-px", "0.14", "--json")
    assert main(("evaluate", *given)) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["found"] > 0.85
    assert said["ruler_lymphocytes"] > 0.85
    assert said["acute_slides_called_normal"] == 0
    assert sum(kind["slides"] for kind in said["pseudo_slides"]) == 180
