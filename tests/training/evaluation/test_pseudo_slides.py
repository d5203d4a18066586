"""Slides that are dealt from typed cells, and their verdicts."""

from __future__ import annotations

import pytest
from leukoscope.reading.cell_types import CellType
from leukoscope.reading.results import Pattern
from leukoscope_training.evaluation.pseudo_slides import judge_pseudo_slides

from tests.training.evaluation.read_cells import BLOOD, find, read, read_right, reader


def test_ok__a_right_reader_is_right_on_all_slides() -> None:
    kinds = judge_pseudo_slides(
        [read_right(word) for word in (*BLOOD, "blast")], reader().judge, slides=6
    )
    assert [kind.blast_percent for kind in kinds] == [0, 40, 70]
    assert [kind.count(Pattern.NORMAL) for kind in kinds] == [6, 0, 0]
    assert [kind.count(Pattern.ACUTE) for kind in kinds] == [0, 6, 6]


def test_ok__cml_and_lymphocytosis_where_there_are_such_cells() -> None:
    cells = [read_right(word) for word in (*BLOOD, "blast", "myelocyte", "atypical lymphocyte")]
    kinds = {kind.name: kind for kind in judge_pseudo_slides(cells, reader().judge, slides=6)}
    assert kinds["CML"].count(Pattern.CML) == 6
    assert kinds["lymphocytosis"].count(Pattern.LYMPHOCYTOSIS) == 6


def test_ok__a_laboratory_that_has_only_lymphocytes() -> None:
    cells = [read("tumoral", find(CellType.LYMPHOCYTE))]
    (kind,) = judge_pseudo_slides(cells, reader().judge, slides=6)
    assert kind.name == "lymphocytes only"
    assert kind.count(Pattern.LYMPHOCYTOSIS) == 6


def test_ok__a_reader_that_sees_only_blasts_calls_normal_slides_acute() -> None:
    cells = [read(word, find(CellType.MYELOBLAST)) for word in BLOOD]
    (normal,) = judge_pseudo_slides(cells, reader().judge, slides=6)
    assert normal.count(Pattern.ACUTE) == 6


def test_ok__the_same_cells_give_the_same_slides() -> None:
    cells = [
        read(word, find(said, sure=sure))
        for word in (*BLOOD, "blast")
        for said in (CellType.MYELOBLAST, CellType.NEUTROPHIL)
        for sure in (0.4, 0.9)
    ]
    first, second = (judge_pseudo_slides(cells, reader().judge, slides=6) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("missing", ["neutrophil", "lymphocyte", "monocyte"])
def test_ok__no_slides_without_a_common_type(missing: str) -> None:
    cells = [read_right(word) for word in (*BLOOD, "blast") if word != missing]
    assert judge_pseudo_slides([*cells, read(missing, None)], reader().judge) == []


def test_ok__a_rare_type_may_be_missing() -> None:
    cells = [read_right(word) for word in ("neutrophil", "lymphocyte", "monocyte")]
    (normal,) = judge_pseudo_slides(cells, reader().judge, slides=6)
    assert normal.count(Pattern.NORMAL) == 6
