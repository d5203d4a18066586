"""Tables in columns: aligned whatever is in a cell."""

from __future__ import annotations

from leukoscope.reports.table import beside, display_width, table_row, text_table


def test_ok__columns_are_aligned() -> None:
    rows = [("NAME", "COUNT", "WHY"), ("a", "7", ""), ("longer", "12", "many")]
    assert text_table(rows, right=(1,)) == [
        "NAME    COUNT  WHY",
        "a           7",
        "longer     12  many",
    ]


def test_ok__wide_and_combining_characters_take_their_place() -> None:
    rows = [("血.png", "x"), ("n\u0303.png", "x"), ("ab.png", "x")]
    lines = text_table(rows)
    assert {display_width(line) for line in lines} == {9}


def test_ok__line_break_in_a_name_breaks_no_table() -> None:
    lines = text_table([("FILE", "READING"), ("a\nb\x1b[2J\udc80.png", "ALL 0.90")])
    assert len(lines) == 2
    assert lines[1] == r"a\nb\x1b[2J\udc80.png  ALL 0.90"


def test_ok__column_with_nothing_in_it_is_left_out() -> None:
    assert text_table([("A", "", "B"), ("1", "", "2")]) == ["A  B", "1  2"]


def test_ok__blocks_side_by_side() -> None:
    assert beside(["a", "bcd"], ["1", "2", "3"], 2) == ["a    1", "bcd  2", "     3"]
    assert beside(["a"], [], 4) == ["a"]


def test_ok__row_by_row() -> None:
    """Each line is printed before the next is known; the last cell may be longer than its width."""
    assert table_row(("camera", "ok", "a frame"), (8, 3, 0)) == "camera    ok   a frame"
    assert (
        table_row(("light", "E02", "first\nsecond"), (8, 3, 0)) == "light     E02  first\\nsecond"
    )
