"""Slide numbers as people write them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.records.slide_number import format_slide_number, parse_slide_number


@given(st.integers(1, 999_999_999))
def test_ok__round_trip(number: int) -> None:
    assert parse_slide_number(format_slide_number(number)) == number


@given(st.text())
def test_ok__any_text_is_a_number_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_slide_number(text) >= 1


@pytest.mark.parametrize("text", ["S0042", "s42", "42", " S0042\n", "S00000042"])
def test_ok__ways_to_write_it(text: str) -> None:
    assert parse_slide_number(text) == 42


@pytest.mark.parametrize(
    "text", ["", "S", "S0", "0", "-1", "S-42", "S42a", "S 42", "42.0", "٤٢", "4²"]
)
def test_fail__not_a_number(text: str) -> None:
    with pytest.raises(ValueError, match="not a slide number"):
        parse_slide_number(text)


def test_ok__format() -> None:
    assert format_slide_number(42) == "S0042"
    assert format_slide_number(12345) == "S12345"


def test_fail__format_below_one() -> None:
    with pytest.raises(ValueError, match="begin at 1"):
        format_slide_number(0)
