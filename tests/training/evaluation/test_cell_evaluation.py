"""What is counted of typed cells that were read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn", reason="scikit-learn, of the [dev] extra, is not installed")

from leukoscope.reading.cell_types import CellType
from leukoscope_training.evaluation.cell_evaluation import evaluate_cells
from leukoscope_training.evaluation.typed_cell_reading import PictureOutcome, ReadCell

from tests.training.evaluation.read_cells import BLOOD, find, read, read_right, reader


def evaluated(cells: Sequence[ReadCell]) -> dict[str, Any]:
    """The numbers as their JSON has them."""
    evaluation = evaluate_cells([PictureOutcome(Path("a.png"), tuple(cells))], reader())
    document: dict[str, Any] = json.loads(json.dumps(evaluation.as_dict(), allow_nan=False))
    return document


def blast(sure: float, area: float, patient: str = "p") -> ReadCell:
    return read("myeloblast", find(CellType.MYELOBLAST, area, sure), patient)


def test_ok__blasts_against_mature_cells_and_the_ruler() -> None:
    said = evaluated(
        [
            blast(0.9, 80.0),
            blast(0.8, 60.0),
            read("lymphocyte", find(CellType.LYMPHOCYTE, 40.0), "p"),
            read("lymphocyte, variant", find(CellType.MYELOBLAST, 70.0, 0.85), "p"),
            read("monocyte", find(CellType.MONOCYTE, 90.0), "q"),
            read("smudge cells", find(CellType.MYELOBLAST, 200.0), "q"),
        ]
    )
    assert said["auc_lymphocytes"] == pytest.approx(3 / 4)
    assert said["auc_mature"] == pytest.approx(5 / 6)
    assert said["ruler_lymphocytes"] == pytest.approx(3 / 4)
    assert said["ruler_mature"] == pytest.approx(3 / 6)
    assert said["estimates"]["auc_mature"]["n"] == 5


def test_ok__cells_that_are_cut_are_found_and_not_read() -> None:
    cut = replace(find(CellType.MYELOBLAST), types=())
    said = evaluated(
        [read("blast", cut), read("blast", None), blast(0.9, 80.0), read("platelet", None)]
    )
    assert said["found"] == pytest.approx(2 / 3)
    assert said["confusion"]["blast"] == {"cut by the edge": 1, "not found": 1}
    assert said["confusion"]["myeloblast"] == {"myeloblast": 1}
    assert said["counts"] == {"blast": 2, "myeloblast": 1, "platelet": 1}


def test_ok__numbers_that_the_cells_do_not_allow_are_null() -> None:
    said = evaluated([read_right("lymphocyte")])
    assert said["found"] == 1
    for key in ("auc_mature", "auc_lymphocytes", "ruler_mature", "ruler_lymphocytes"):
        assert said[key] is None
    for key in (
        "normal_slides_called_leukaemia",
        "acute_slides_called_normal",
        "acute_slides_named",
    ):
        assert said[key] is None
    assert said["patients"] == []


def test_ok__slides_are_counted() -> None:
    said = evaluated([read_right(word) for word in (*BLOOD, "blast")])
    assert said["normal_slides_called_leukaemia"] == 0
    assert said["acute_slides_called_normal"] == 0
    assert said["acute_slides_named"] == 120
    assert [kind["slides"] for kind in said["pseudo_slides"]] == [60, 60, 60]


def test_ok__each_patient_has_the_numbers() -> None:
    cells = [blast(0.9, 80.0, "p"), read("lymphocyte", find(CellType.LYMPHOCYTE), "p")]
    said = evaluated([*cells, read("monocyte", None, "q")])
    p, q = said["patients"]
    assert (p["patient"], p["cells"], p["found"], p["auc_lymphocytes"]) == ("p", 2, 1, 1)
    assert (q["patient"], q["cells"], q["found"], q["auc_mature"]) == ("q", 1, 0, None)
