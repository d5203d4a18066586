"""Control slides day by day: founding, judging, drift, and how it is put right."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.qc.reference import FOUNDING_SLIDES, FULL_SLIDES
from leukoscope.qc.series import CHARTED, QcSeries, judge_series, qc_status
from leukoscope.reading.results import QcState

from tests.qc.examples import at, control_slides, measures


def series_of(*scores: float) -> QcSeries:
    return judge_series(control_slides(scores))


def control(series: QcSeries, hours_after: float = 1.0) -> QcState:
    return qc_status(series, at(24.0 * (len(series.points) - 1) + 8 + hours_after)).state


def test_ok__without_slides_it_is_uncontrolled() -> None:
    now = qc_status(series_of(), at(8))
    assert (now.state, now.reference) == (QcState.UNCONTROLLED, None)
    assert now.text == "0 of the 3 control slides that a reference needs"


def test_ok__three_slides_found_the_reference() -> None:
    assert control(series_of(0.0, 0.5)) is QcState.UNCONTROLLED
    founded = series_of(0.0, 0.5, -0.5)
    assert control(founded) is QcState.VALID
    assert founded.reference is not None
    assert [point.scores for point in founded.points] == [{}] * 3


def test_ok__the_next_slide_is_judged_by_those_before_it() -> None:
    series = series_of(0.0, 0.5, -0.5, 1.0)
    before = judge_series(control_slides([0.0, 0.5, -0.5])).reference
    point = series.points[-1]
    assert point.reference == before
    assert point.scores["nuclear_area"] == pytest.approx(
        before.score("nuclear_area", 60 * 1.06)  # type: ignore[union-attr]
    )
    assert (point.broken, series.reference.slides) == ((), 4)  # type: ignore[union-attr]


def test_ok__a_slide_far_off_is_a_drift_and_joins_no_reference() -> None:
    series = series_of(0.0, 0.5, -0.5, 9.0)
    now = qc_status(series, at(24 * 3 + 9.0))
    assert now.state is QcState.DRIFTED
    assert now.text == "S0004 breaks 1-3s nuclear area"
    assert now.reference == judge_series(control_slides([0.0, 0.5, -0.5])).reference


def test_ok__a_drift_ends_with_two_good_slides_in_a_row() -> None:
    drifted = (0.0, 0.5, -0.5, 9.0)
    assert control(series_of(*drifted, 0.0)) is QcState.DRIFTED
    assert control(series_of(*drifted, 0.0, 0.0)) is QcState.VALID
    assert control(series_of(*drifted, 0.0, 9.0, 0.0)) is QcState.DRIFTED


def test_ok__a_small_lasting_shift_is_found() -> None:
    """Within 2 spreads each day, and yet always on one side."""
    days = (1.0, -1.0) * 10
    assert control(series_of(*days, *[1.8] * 3)) is QcState.VALID
    assert control(series_of(*days, *[1.8] * 4)) is QcState.DRIFTED


def test_ok__a_warning_alone_is_no_drift() -> None:
    series = series_of(*(1.0, -1.0) * 10, 2.3)
    assert [str(broken) for broken in series.points[-1].broken] == ["1-2s nuclear area"]
    assert control(series) is QcState.VALID


def test_ok__the_reference_stands_when_it_is_full() -> None:
    full = series_of(*(0.5, -0.5) * (FULL_SLIDES // 2))
    later = series_of(*(0.5, -0.5) * (FULL_SLIDES // 2), 0.7, -0.7)
    assert full.reference == later.reference
    assert later.reference is not None
    assert later.reference.slides == FULL_SLIDES


def test_ok__blasts_among_normal_cells_are_a_drift_of_the_reader() -> None:
    slides = control_slides([0.0] * 8)
    slides[-1] = replace(slides[-1], measures=measures(blasts=0.10))
    series = judge_series(slides)
    assert str(series.points[-1].rejected[0]) == "1-3s blasts"


def test_ok__a_control_holds_for_a_day() -> None:
    series = series_of(0.0, 0.5, -0.5)
    assert control(series, 23.9) is QcState.VALID
    assert control(series, 24.1) is QcState.UNCONTROLLED
    old = qc_status(series, at(24 * 2 + 8 + 31))
    assert old.text == "S0003 is 31 h old: read a control slide"
    assert old.reference == series.reference  # the reader goes on reading by it


def test_ok__a_restart_without_a_set_clock_ends_it() -> None:
    series = series_of(0.0, 0.5, -0.5)
    restarted = replace(at(24 * 2 + 9, "boot-2", clock_synced=False), monotonic_s=60.0)
    assert qc_status(series, restarted).state is QcState.UNCONTROLLED
    assert qc_status(series, replace(restarted, clock_synced=True)).state is QcState.VALID


@given(st.lists(st.floats(-5, 5), max_size=30))
def test_ok__whatever_the_slides_are(scores: list[float]) -> None:
    series = series_of(*scores)
    assert len(series.points) == len(scores)
    assert (series.reference is None) is (len(scores) < FOUNDING_SLIDES)
    for index, point in enumerate(series.points):
        assert (point.reference is None) is (index < FOUNDING_SLIDES)
        assert set(point.scores) == (set(CHARTED) if index >= FOUNDING_SLIDES else set())
        # What comes later changes nothing of what was said.
        assert judge_series(control_slides(scores[: index + 1])).points[-1] == point
    drifted = any(point.rejected for point in series.points[-2:])
    assert (control(series) is QcState.DRIFTED) is drifted
