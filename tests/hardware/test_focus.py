"""The focus as calculated: fine enough, far enough, and it does not break."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import dimensions as dim
from hardware import focus

lifts = st.floats(dim.LIFT_LOWEST, dim.LIFT_HIGHEST)
bends = st.floats(dim.LIFT_LOWEST, dim.LIFT_CHANGE)


@given(lifts)
def test_ok__a_notch_is_at_most_two_micrometres(lift: float) -> None:
    assert 0 < focus.step_um(360 / dim.FOCUS_NOTCHES, lift) <= 2.0


def test_ok__the_travel_covers_slides_and_objectives() -> None:
    assert focus.focus_travel() == pytest.approx(2.0)
    below = dim.LIFT_NOMINAL - dim.LIFT_LOWEST
    above = dim.LIFT_HIGHEST - dim.LIFT_NOMINAL
    assert below >= dim.SLIDE_THICKNESS - dim.SLIDE_THINNEST + dim.PARFOCAL_TOLERANCE
    assert above >= dim.SLIDE_THICKEST - dim.SLIDE_THICKNESS + dim.PARFOCAL_TOLERANCE


def test_ok__the_stop_saves_every_slide_and_hinders_no_focus() -> None:
    low, high = focus.stop_range()
    assert low + 0.05 <= dim.STOP_HEIGHT <= high - 0.05


@given(bends)
def test_ok__the_leaves_always_press_down_and_never_yield(lift: float) -> None:
    assert focus.leaf_force(lift) >= 1.0
    assert focus.leaf_strain(lift) * focus.PETG_MODULUS <= focus.PETG_YIELD / 4


@given(lifts, lifts)
def test_ok__the_screw_goes_down_as_the_objective_rises(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert focus.screw_travel(low) <= focus.screw_travel(high)
    assert focus.lever_angle(low) <= focus.lever_angle(high)


def test_ok__the_leaf_ends_level() -> None:
    assert focus.leaf_rise(0) == 0
    assert focus.leaf_rise(1) == 1
    assert focus.leaf_rise(0.001) == pytest.approx(0, abs=1e-5)
    assert focus.leaf_rise(0.999) == pytest.approx(1, abs=1e-5)


def test_ok__the_shortening_is_the_integral_of_the_slope() -> None:
    lift, count = dim.LIFT_HIGHEST, 20_000
    step = 1 / count
    slopes = [
        lift
        * (focus.leaf_rise((n + 1) * step) - focus.leaf_rise(n * step))
        / (step * dim.LEAF_LENGTH)
        for n in range(count)
    ]
    shortening = sum(slope**2 / 2 for slope in slopes) * step * dim.LEAF_LENGTH
    base = 0.6 * dim.LIFT_NOMINAL**2 / dim.LEAF_LENGTH
    assert focus.sideways(lift) + base == pytest.approx(shortening, rel=1e-3)
