"""Which slide can be a control, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from leukoscope.qc.errors import QcError
from leukoscope.qc.slide_measures import GROUPS, MEASUREMENTS, slide_measures
from leukoscope.reading.cell_types import CELL_TYPES, NOT_COUNTED, CellType
from leukoscope.reading.results import FieldReading, Pattern, WhiteCell

from tests.qc.examples import NORMAL, cell, normal_reading, reading, verdict

NO_FIELD = FieldReading((), (), None, None)
PLAIN = [WhiteCell(0, 0, 9, 9, 60.0)] * 60


def test_ok__medians_and_shares_over_all_fields() -> None:
    small, large = (replace(NORMAL, nuclear_area=area) for area in (50.0, 70.0))
    fields = [
        reading(*[cell(CellType.LYMPHOCYTE, small)] * 30),
        NO_FIELD,
        reading(*[cell(CellType.NEUTROPHIL, large)] * 45, *[cell(CellType.MYELOBLAST)] * 5),
    ]
    measures = slide_measures(fields, verdict())
    assert measures.cells == 80
    assert set(measures.medians) == set(MEASUREMENTS)
    assert measures.medians["nuclear_area"] == 70.0
    assert measures.medians["lobes"] == NORMAL.lobes
    assert measures.shares["lymphocytes"] == pytest.approx(30 / 80)
    assert measures.shares["blasts"] == pytest.approx(5 / 80)
    assert sum(measures.shares.values()) == pytest.approx(1)


def test_ok__artefacts_and_smudge_cells_do_not_count() -> None:
    odd = replace(NORMAL, nuclear_area=900.0)
    fields = [
        normal_reading(60),
        reading(*[cell(CellType.ARTEFACT, odd)] * 15, *[cell(CellType.SMUDGE, odd)] * 5),
    ]
    assert slide_measures(fields, verdict()) == slide_measures([normal_reading(60)], verdict())


def test_ok__every_counted_type_is_in_one_group() -> None:
    grouped = [cell_type for types in GROUPS.values() for cell_type in types]
    assert sorted(t.value for t in grouped) == sorted(
        t.value for t in CELL_TYPES if t not in NOT_COUNTED
    )


@pytest.mark.parametrize("pattern", [Pattern.NORMAL, None])
def test_ok__an_inconclusive_slide_may_be_a_control(pattern: Pattern | None) -> None:
    assert slide_measures([normal_reading()], verdict(pattern)).cells == 60


@pytest.mark.parametrize(
    ("fields", "given", "says"),
    [
        ([reading(*PLAIN)], verdict(reads_cells=False), "reads fields, not cells"),
        ([], verdict(), "0 white cells of the 50"),
        ([NO_FIELD], verdict(), "0 white cells of the 50"),
        ([normal_reading(49)], verdict(), "49 white cells of the 50"),
        (
            [normal_reading(60), reading(*[cell(CellType.ARTEFACT)] * 31)],
            verdict(),
            "31 of the 91 cells found are artefacts",
        ),
        ([normal_reading()], verdict(Pattern.ACUTE), "reads as ALL"),
        ([normal_reading()], verdict(Pattern.CML), "reads as CML"),
        (
            [normal_reading(60), reading(*[cell(CellType.MYELOCYTE)] * 7)],
            verdict(None),
            "10 % of its cells read as immature granulocytes",
        ),
        (
            [reading(*[cell(CellType.NEUTROPHIL, None)] * 60)],
            verdict(),
            "recorded without their measurements",
        ),
    ],
)
def test_fail__no_control(fields: list[FieldReading], given, says: str) -> None:
    with pytest.raises(QcError, match=says) as refused:
        slide_measures(fields, given)
    assert 0 < len(refused.value.problem) <= 21
    assert 0 < len(refused.value.advice) <= 21
