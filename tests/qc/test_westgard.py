"""The Westgard rules on series made by hand, and what holds for all series."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.qc.westgard import LOOK_BACK, WestgardRule, broken_rules

scores = st.lists(st.floats(-6, 6), min_size=1, max_size=25)


@pytest.mark.parametrize(
    ("series", "names"),
    [
        ([], ""),
        ([0.0], ""),
        ([1.9], ""),
        ([2.0], ""),  # on a limit is within it
        ([2.1], "1-2s"),
        ([-2.1], "1-2s"),
        ([2.9, 0.5], ""),  # a warning is of its own slide
        ([3.0], "1-2s"),
        ([3.1], "1-2s 1-3s"),
        ([-3.1], "1-2s 1-3s"),
        ([3.1, 0.0], ""),
        ([2.1, 2.2], "1-2s 2-2s"),
        ([-2.1, -2.2], "1-2s 2-2s"),
        ([2.1, 2.0], ""),
        ([2.1, 0.0, 2.2], "1-2s"),  # not in a row
        ([2.1, -2.2], "1-2s R-4s"),
        ([-2.1, 2.2], "1-2s R-4s"),
        ([2.1, -2.0], ""),
        ([2.0, -2.1], "1-2s"),  # 4.1 apart, but one is within its limit
        ([2.9, -1.5], ""),  # 4.4 apart, but one is within its limit
        ([2.1, 0.0, -2.2], "1-2s"),
        ([1.1, 1.2, 1.3, 1.4], "4-1s"),
        ([-1.1, -1.2, -1.3, -1.4], "4-1s"),
        ([1.1, 1.2, 1.3], ""),
        ([1.1, 1.2, 1.0, 1.4], ""),
        ([1.1, -1.2, 1.3, 1.4], ""),
        ([1.1, 1.2, 1.3, 2.4], "1-2s 4-1s"),
        ([0.1] * 9, ""),
        ([0.1] * 10, "10-x"),
        ([-0.1] * 10, "10-x"),
        ([0.1] * 5 + [0.0] + [0.1] * 4, ""),  # on the centre is on neither side
        ([0.1] * 9 + [-0.1], ""),
        ([-5.0] + [0.1] * 10, "10-x"),
        ([1.5] * 10, "4-1s 10-x"),
        ([3.5] * 10, "1-2s 1-3s 2-2s 4-1s 10-x"),
    ],
)
def test_ok__rules(series: list[float], names: str) -> None:
    assert " ".join(rule.value for rule in broken_rules(series)) == names


def test_ok__only_the_warning_does_not_reject() -> None:
    assert [rule.value for rule in WestgardRule if not rule.rejects] == ["1-2s"]


@given(scores)
def test_ok__above_and_below_are_alike(series: list[float]) -> None:
    assert broken_rules([-score for score in series]) == broken_rules(series)


@given(scores, scores)
def test_ok__only_the_newest_ten_count(older: list[float], series: list[float]) -> None:
    longer = [0.0] * LOOK_BACK + series
    assert broken_rules(older + longer) == broken_rules(longer)


@given(scores)
def test_ok__a_newest_score_on_the_centre_breaks_nothing(series: list[float]) -> None:
    assert broken_rules([*series, 0.0]) == ()


@given(scores, st.floats(0.01, 1))
def test_ok__nearer_to_the_centre_breaks_no_more(series: list[float], factor: float) -> None:
    nearer = [score * factor for score in series]
    assert set(broken_rules(nearer)) <= set(broken_rules(series))


@given(scores)
def test_ok__beyond_two_or_three_spreads_is_always_warned_of(series: list[float]) -> None:
    broken = broken_rules(series)
    needs_warning = {WestgardRule.REJECT_1_3S, WestgardRule.REJECT_2_2S, WestgardRule.REJECT_R_4S}
    if needs_warning & set(broken):
        assert WestgardRule.WARNING_1_2S in broken


@given(scores)
def test_ok__one_side_and_both_sides_exclude_each_other(series: list[float]) -> None:
    assert not {WestgardRule.REJECT_2_2S, WestgardRule.REJECT_R_4S} <= set(broken_rules(series))
    assert not {WestgardRule.REJECT_4_1S, WestgardRule.REJECT_R_4S} <= set(broken_rules(series))
