"""The chart: drawn for any series, and marked where a rule is broken."""

from __future__ import annotations

import io

import numpy as np
import pytest
from leukoscope.notice import NOTICE
from leukoscope.qc.series import CHARTED, QcScope, judge_series
from leukoscope.reading.results import QcState
from leukoscope.reports.chart import BAD, WARNING, WIDTH, draw_chart, encode_chart
from PIL import Image

from tests.qc.examples import MADE_FOR, control_slides

DAYS = (1.0, -1.0) * 6


def drawn(*scores: float, made_for: QcScope = MADE_FOR) -> Image.Image:
    series = judge_series(control_slides(scores, made_for))
    return draw_chart(series, QcState.VALID, "S0012 is within its limits")


def has(image: Image.Image, colour: tuple[int, int, int]) -> bool:
    return bool((np.asarray(image) == colour).all(axis=2).any())


@pytest.mark.parametrize("count", [0, 1, 3, 4, 12, 100])
def test_ok__any_number_of_slides(count: int) -> None:
    image = drawn(*((0.5, -0.5) * 50)[:count])
    assert image.mode == "RGB"
    assert image.width == WIDTH
    assert image.height > 200 * len(CHARTED)


def test_ok__a_broken_rule_is_seen() -> None:
    assert not has(drawn(*DAYS), BAD)
    assert not has(drawn(*DAYS), WARNING)
    assert has(drawn(*DAYS, 2.5), WARNING)
    assert has(drawn(*DAYS, 9.0), BAD)
    assert has(drawn(*DAYS, -9.0), BAD)


def test_ok__a_drift_is_said_in_its_own_colour() -> None:
    series = judge_series(control_slides(DAYS))
    assert has(draw_chart(series, QcState.DRIFTED, "S0012 breaks 1-3s"), BAD)


@pytest.mark.parametrize("simulated", [False, True])
def test_ok__the_file_says_what_it_is(simulated: bool) -> None:
    made_for = QcScope("ab" * 32, simulated)
    series = judge_series(control_slides(DAYS, made_for))
    with Image.open(io.BytesIO(encode_chart(series, QcState.VALID, "all well"))) as image:
        assert image.text["Comment"] == NOTICE + (" SIMULATED" if simulated else "")
    assert has(drawn(*DAYS, made_for=made_for), BAD) is simulated  # the mark is red
