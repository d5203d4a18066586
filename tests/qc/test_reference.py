"""What normal is here: the centre and the spread of control slides."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.qc.reference import FOUNDING_SLIDES, FULL_SLIDES, PRIOR_CV, make_reference
from leukoscope.qc.slide_measures import GROUPS, MEASUREMENTS

from tests.qc.examples import NORMAL, measures

counts = st.integers(FOUNDING_SLIDES, FULL_SLIDES)


def test_ok__too_few_slides_make_none() -> None:
    assert make_reference([]) is None
    assert make_reference([measures()] * (FOUNDING_SLIDES - 1)) is None


def test_ok__centre_is_the_median_over_slides() -> None:
    reference = make_reference([measures(score) for score in (-1.0, 0.0, 9.0)])
    assert reference is not None
    assert reference.slides == 3
    assert reference.centre["nuclear_area"] == NORMAL.nuclear_area
    assert set(reference.centre) == set(reference.spread) == {*MEASUREMENTS, *GROUPS}


def test_ok__spread_of_three_slides() -> None:
    """By hand: 4 degrees of the assumed 6 %, 2 of the slides' own 6 %, widened by the median's error."""
    reference = make_reference([measures(score) for score in (-1.0, 0.0, 1.0)])
    assert reference is not None
    spread = 60 * 0.06
    assert reference.spread["nuclear_area"] == pytest.approx(
        spread * math.sqrt(1 + math.pi / 2 / 3)
    )
    two_above = 60 + 2 * reference.spread["nuclear_area"]
    assert reference.score("nuclear_area", two_above) == pytest.approx(2)


def test_ok__many_slides_outweigh_what_was_assumed() -> None:
    wide = [measures(3 * (-1) ** day) for day in range(FULL_SLIDES)]
    reference = make_reference(wide)
    assert reference is not None
    assert reference.spread["nuclear_area"] > 2.5 * PRIOR_CV["nuclear_area"] * 60


def test_ok__shares_spread_by_counting_at_least() -> None:
    reference = make_reference([measures(blasts=0.02)] * 3)
    assert reference is not None
    assert reference.centre["blasts"] == pytest.approx(0.02)
    # Counting 100 cells alone spreads 2 % by 1.4 %; the centre of 3 slides adds to it, the same values take off.
    assert 0.01 < reference.spread["blasts"] < 0.02


def test_ok__one_slide_that_is_not_normal_hides_no_blasts() -> None:
    reference = make_reference([measures(blasts=share) for share in (0.01, 0.1, 0.02)])
    assert reference is not None
    assert reference.centre["blasts"] == 0.02


@given(counts, st.floats(0, 1), st.integers(50, 500))
def test_ok__spread_is_above_zero_however_alike_the_slides_are(
    count: int, blasts: float, cells: int
) -> None:
    reference = make_reference([measures(0.0, blasts, cells)] * count)
    assert reference is not None
    assert all(spread > 0 and math.isfinite(spread) for spread in reference.spread.values())


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=12), st.randoms())
def test_ok__the_order_of_slides_says_nothing_of_measurements(scores: list[float], random) -> None:
    slides = [measures(score) for score in scores]
    shuffled = random.sample(slides, len(slides))
    one, other = make_reference(slides), make_reference(shuffled)
    assert one is not None
    assert other is not None
    for name in MEASUREMENTS:
        assert one.centre[name] == other.centre[name]
        assert one.spread[name] == pytest.approx(other.spread[name])
