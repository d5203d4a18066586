"""The arithmetic behind docs/measurements/reading.md, and that the document describes this code."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from leukoscope.imaging.background import BACKGROUND_LEVEL
from leukoscope.reading import gates as limits
from leukoscope.reading.results import GateName, WhiteCell
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field

from tests.measuring.cell_gate import cut_beside
from tests.measuring.limits import tabulate_limits
from tests.measuring.real import MODEL_UM_PER_PX, is_chosen_on, read_expert_boxes
from tests.measuring.refusals import make_refusal_row
from tests.measuring.shading import (
    average_fields,
    find_spread,
    mask_glass,
    measure_evenness,
    measure_tiles,
)
from tests.measuring.tables import bootstrap_interval, format_share, markdown_table, wilson_interval
from tests.measuring.white_cells import match


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
    many = bootstrap_interval(counts, [str(i) for i in range(80)])
    few = bootstrap_interval(counts, [str(i % 4) for i in range(80)])
    for low, high in (many, few):
        assert low <= 0.9 <= high
    assert few[1] - few[0] > many[1] - many[0]
    assert many == bootstrap_interval(counts, [str(i) for i in range(80)])


def test_ok__wilson_as_in_the_literature() -> None:
    # Newcombe, Statistics in Medicine 17, 1998, table I: 81 of 263, and 0 of 20.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


def test_ok__a_share_is_never_certain() -> None:
    groups = [str(i % 5) for i in range(100)]
    assert format_share([False] * 100, groups) == "0/100 (0 to 43 %)"  # as sure as 5 groups make it
    assert format_share([True] * 100, groups) == "100/100 (57 to 100 %)"
    assert format_share([i % 2 == 0 for i in range(100)], groups).startswith("50/100 (")
    assert format_share([], []) == "–"


def test_ok__refusals_in_the_order_of_gates() -> None:
    row = make_refusal_row("set", [GateName.FOCUS, None, None, GateName.LIGHT])
    assert row == ("set", 4, "25.0", "–", "–", "25.0", "–", "–", "–", "–", "50.0")


def test_ok__limits_are_measured_where_they_were_not_chosen() -> None:
    assert is_chosen_on("b")
    assert not is_chosen_on("a")
    cases = [("b", True, 5.0), ("b", False, 1.0), ("a", True, 2.0), ("a", False, 4.0)]
    text = tabulate_limits("limit", [("3", lambda value: value < 3)], cases)
    row = text.splitlines()[2].split(" | ")
    assert [entry.split()[0] for entry in row[1:]] == ["0/1", "0/1", "1/1", "1/1"]


def test_ok__a_table() -> None:
    assert markdown_table(("a", "b"), [(1, "x")]) == "| a | b |\n| --- | --- |\n| 1 | x |\n"


def test_ok__expert_boxes_leave_red_cells_out(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text(
        "image,slide,cell_type,x0,y0,x1,y1\n"
        "a.jpg,s1,basophil,1,2,3,4\na.jpg,s1,platelet,5,6,7,8\nb.jpg,s2,red_blood_cell,1,1,2,2\n"
    )
    assert read_expert_boxes(tmp_path) == {
        "a.jpg": ("s1", [(1.0, 2.0, 3.0, 4.0)]),
        "b.jpg": ("s2", []),
    }


def test_ok__the_part_beside_the_cells_holds_none() -> None:
    rgb = np.zeros((200, 300, 3), np.uint8)
    rgb[80:120, 90:120] = 255
    part = cut_beside(rgb, [(90.0, 80.0, 120.0, 120.0)])
    assert part is not None
    assert not part.any()
    assert part.shape == (200, 169, 3)  # right of the box, with a rim of 4 µm
    assert cut_beside(rgb, [(10.0, 10.0, 290.0, 190.0)]) is None


def test_ok__even_glass_has_no_spread_and_a_slope_has_its_own() -> None:
    rgb = np.full((300, 400, 3), 200, np.uint8)
    glass = np.ones((300, 400), bool)
    assert find_spread(measure_tiles(rgb, glass)) == pytest.approx(0)
    rgb[..., 1] = np.linspace(190, 210, 400).astype(np.uint8)
    uneven = find_spread(measure_tiles(rgb, glass))
    assert uneven[1] == pytest.approx(9, abs=1)
    assert uneven[0] == uneven[2] == 0


def test_ok__glass_that_differs_from_field_to_field_is_even_in_the_mean() -> None:
    rng = np.random.default_rng(0)
    fields = [200 * (1 + 0.05 * rng.standard_normal((6, 8, 3))) for _ in range(50)]
    assert (find_spread(average_fields(fields)) < 4).all()
    assert (find_spread(fields[0]) > 10).all()
    fields[0][2, 2] = np.nan
    assert np.isfinite(average_fields(fields)).all()


def test_ok__a_rendered_field_is_even_once_flattened() -> None:
    smear = render_field(SmearSlide(Diagnosis.AML, 40201), 0, um_per_px=0.34, shape=(320, 420))
    rgb = expose(
        defocus(smear.transmittance, 0.0, 0.34),
        led_level=1.0,
        exposure=1.0,
        shading=0.4,
        rng=np.random.default_rng(0),
    )
    glass = mask_glass(rgb)
    assert 0.2 < glass.mean() < 0.95
    assert rgb[glass].min() > 0.6 * BACKGROUND_LEVEL  # no cells
    field = measure_evenness(rgb, 0.4)
    assert field is not None
    assert field.is_even()
    assert not (find_spread(field.raw) <= 4).all()
    assert field.wrong is not None
    assert (field.wrong < 0.5).all()
    assert MODEL_UM_PER_PX == 0.34


@pytest.mark.parametrize(
    "name",
    ["MIN_LIGHT_LEVELS", "MIN_BACKGROUND_LEVEL", "MAX_BACKGROUND_LEVEL", "MAX_CLIPPED_PERCENT"],
)
def test_ok__the_document_names_the_limits(checkout: Path, name: str) -> None:
    text = (checkout / "docs" / "measurements" / "reading.md").read_text(encoding="utf-8")
    (gate_table,) = re.findall(r"\| gate \| measured.*?\n\n", text, re.DOTALL)
    assert re.search(rf"\b{getattr(limits, name):g}\b", gate_table), name
    assert f"{limits.MIN_SHARPNESS:g}" in gate_table
