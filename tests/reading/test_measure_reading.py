"""The arithmetic behind device/reading/README.md, and that the document is about the code that is here."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from device.reading import gates as limits
from device.reading.gates import GateName
from device.reading.results import WhiteCell
from models.measure_reading import _refused_row, expert_boxes, interval, match, table


def cell(x0: int, y0: int, x1: int, y1: int) -> WhiteCell:
    return WhiteCell(x0, y0, x1, y1, 20.0)


def test_ok__boxes_hit_and_cells_right() -> None:
    boxes = [(0.0, 0.0, 10.0, 10.0), (20.0, 20.0, 30.0, 30.0)]
    cells = [cell(2, 2, 6, 6), cell(5, 5, 9, 9), cell(40, 40, 44, 44)]
    assert match(cells, boxes) == (1, 2)  # two lobes of one cell: one box hit, both finds right
    assert match([], boxes) == (0, 0)
    assert match(cells, []) == (0, 0)


def test_ok__an_interval_holds_the_share_and_widens_with_fewer_groups() -> None:
    counts = np.array([(9, 10), (10, 10), (7, 10), (10, 10)] * 20)
    many = interval(counts, [str(i) for i in range(80)])
    few = interval(counts, [str(i % 4) for i in range(80)])
    for low, high in (many, few):
        assert low <= 0.9 <= high
    assert few[1] - few[0] > many[1] - many[0]
    assert many == interval(counts, [str(i) for i in range(80)])


def test_ok__refusals_in_the_order_of_gates() -> None:
    row = _refused_row("set", [GateName.FOCUS, None, None, GateName.LIGHT])
    assert row == ("set", 4, "25.0", "–", "–", "25.0", "–", "50.0")


def test_ok__a_table() -> None:
    assert table(("a", "b"), [(1, "x")]) == "| a | b |\n| --- | --- |\n| 1 | x |\n"


def test_ok__expert_boxes_leave_red_cells_out(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text(
        "image,slide,cell_type,x0,y0,x1,y1\n"
        "a.jpg,s1,basophil,1,2,3,4\na.jpg,s1,platelet,5,6,7,8\nb.jpg,s2,red_blood_cell,1,1,2,2\n"
    )
    assert expert_boxes(tmp_path) == {"a.jpg": ("s1", [(1.0, 2.0, 3.0, 4.0)]), "b.jpg": ("s2", [])}


@pytest.mark.parametrize(
    "name", ["MIN_LIGHT_LEVELS", "MIN_GLASS_LEVEL", "MAX_GLASS_LEVEL", "MAX_CLIPPED_PERCENT"]
)
def test_ok__the_document_names_the_limits(checkout: Path, name: str) -> None:
    text = (checkout / "device" / "reading" / "README.md").read_text(encoding="utf-8")
    (gate_table,) = re.findall(r"\| gate \|.*?\n\n", text, re.DOTALL)
    assert re.search(rf"\b{getattr(limits, name):g}\b", gate_table), name
    assert f"{limits.MIN_SHARPNESS:g}" in gate_table
