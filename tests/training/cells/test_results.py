"""The tables of tested cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn, of the [train] extra, is not installed")

from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.results import Pattern, QcState
from leukoscope.reading.rule import judge
from leukoscope_training.cells.card import ERRORS, THRESHOLDS
from leukoscope_training.cells.results import (
    HEADING,
    CellPredictions,
    five_types_f1,
    measure_rates,
    read_predictions,
    tabulate,
)
from leukoscope_training.cells.slides import rate_pattern, tabulate_patients, tabulate_pseudo_slides
from leukoscope_training.shared.errors import TrainingError

from tests.reading.test_rule import reading

SAID = {
    "neutrophil": CellType.NEUTROPHIL,
    "eosinophil": CellType.EOSINOPHIL,
    "lymphocyte": CellType.LYMPHOCYTE,
    "monocyte": CellType.MONOCYTE,
    "monoblast": CellType.MYELOBLAST,
}


def predictions(said: dict[str, CellType], source: str = "lld-40x") -> CellPredictions:
    """Ten cells of each word, in ten fields of patient 12, all read as this type."""
    words = [word for word in said for _ in range(10)]
    sure = np.full((len(words), len(CELL_TYPES)), 0.001)
    for row, word in zip(sure, words, strict=True):
        row[CELL_TYPES.index(said[word])] = 1
    return CellPredictions(
        source=np.full(len(words), source),
        group=np.full(len(words), f"{source}/patient-12"),
        path=np.array([f"field-{number % 10}" for number in range(len(words))]),
        word=np.array(words),
        nuclear_area=np.full(len(words), 60.0, np.float32),
        probabilities=(sure / sure.sum(axis=1, keepdims=True)).astype(np.float32),
    )


def columns(table: str, line: int) -> dict[str, str]:
    cells = table.splitlines()[line].strip("| ").split(" | ")
    return dict(zip(HEADING, cells, strict=True))


def test_ok__a_right_reader_has_full_marks() -> None:
    table = columns(tabulate(predictions(SAID)), 2)
    assert table["tested"] == "Lahore (lld-40x)"
    assert table["cells"] == "50"
    assert table["blasts against mature: AUC"].startswith("1.000")
    # All nuclei have the same area: the ruler is at chance.
    assert table["ruler"].startswith("0.500")
    assert table["five types, macro F1"] == "1.000"


def test_ok__a_reader_of_blasts_only_is_seen() -> None:
    blind = predictions(dict.fromkeys(SAID, CellType.MYELOBLAST))
    assert columns(tabulate(blind), 2)["lymphocytes called blasts"].startswith("1.000")
    assert five_types_f1(blind) == 0
    sensitivities, false = measure_rates(blind)
    assert sensitivities == pytest.approx(false)
    assert false[0] > 0.9


def test_ok__an_atypical_lymphocyte_counts_as_a_lymphocyte() -> None:
    found = predictions(SAID | {"lymphocyte": CellType.ATYPICAL_LYMPHOCYTE})
    assert five_types_f1(found) == 1


def test_ok__slides_dealt_from_right_cells_are_right() -> None:
    lines = tabulate_pseudo_slides(predictions(SAID)).splitlines()[2:]
    assert [line.split(" | ")[1] for line in lines] == [
        "normal blood",
        "40 % blasts",
        "70 % blasts",
    ]
    assert "acute" not in lines[0]
    assert "acute" in lines[2]
    assert "leukaemia seen" not in lines[1] + lines[2]


def test_ok__patients_are_judged_by_all_their_fields() -> None:
    line = next(
        line for line in tabulate_patients(predictions(SAID)).splitlines() if "patient-12" in line
    )
    assert "AML | 50 |" in line


def test_ok__no_leukaemia_seen_is_wrong_for_a_leukaemia() -> None:
    normal = [reading({CellType.NEUTROPHIL: 70, CellType.LYMPHOCYTE: 25, CellType.MONOCYTE: 5})]
    verdict = judge(normal, THRESHOLDS, ERRORS)
    assert verdict.no_leukaemia_seen
    assert rate_pattern(verdict, "AML") == "wrong"
    acute = judge([reading({CellType.MYELOBLAST: 100})], THRESHOLDS, ERRORS, QcState.VALID)
    assert acute.pattern is Pattern.ACUTE
    assert rate_pattern(acute, "AML") == "right"
    assert rate_pattern(acute, "CML") == "wrong"


def test_fail__a_run_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cells train without-bccd"):
        read_predictions(tmp_path, ["without-bccd"])


def test_fail__a_file_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "final").mkdir()
    np.savez(tmp_path / "final" / "predictions.npz", word=np.zeros(3))
    with pytest.raises(TrainingError, match="not a run's predictions"):
        read_predictions(tmp_path, ["final"])
