"""The card's parser: one valid card, and everything that can be wrong with it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.errors import BundleError
from leukoscope.model.card import parse_card
from leukoscope.reading.thresholds import Thresholds

from tests.model.examples import CARD, KEYS, Raw, changed, to_toml

WHERE = "bundle/card.toml"

TOML_VALUES = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats().map(lambda x: Raw(str(x))),
    st.text(st.characters(codec="ascii", exclude_characters="\x7f"), max_size=20),
    st.lists(st.integers(), max_size=3),
    st.lists(st.text("abAML", max_size=5), max_size=6),
    st.sampled_from(
        [
            Raw("{}"),
            Raw('{ a = "b" }'),
            Raw("[[]]"),
            Raw("2026-01-01"),
            Raw("07:32:00"),
            Raw("1" + "0" * 400),
            Raw("-1" + "0" * 400),
            Raw("1" + "0" * 5000),
            Raw("0x" + "f" * 5000),
            Raw("[" * 5000 + "]" * 5000),
            Raw('"' + "x" * 100_000 + '"'),
            Raw("nan"),
            Raw("-inf"),
            Raw("'''\n'''"),
        ]
    ),
)


def parsed(card: dict):
    return parse_card(to_toml(card), WHERE)


def refused(card: dict) -> str:
    with pytest.raises(BundleError) as error:
        parsed(card)
    message = str(error.value)
    assert message.startswith(f"{WHERE}: ")
    return message


def test_ok__a_valid_card() -> None:
    card = parsed(CARD)
    assert (card.name, card.version, card.file) == ("example", "1.0.0", "model.tflite")
    assert (card.side_px, card.um_per_px, card.offset) == (8, 0.34, 0.0)
    assert card.scale == pytest.approx(1 / 255)
    assert (card.output_kind, card.temperature) == ("logits", 1.5)
    assert card.thresholds == Thresholds(label=0.6, pattern=0.7)


def test_ok__what_people_write_besides_is_not_read() -> None:
    assert parsed({**CARD, "training": {"schema": 9, "patients": [1, 12]}, "float32": {}})


@pytest.mark.parametrize("key", KEYS)
def test_fail__a_missing_key_is_named(key: str) -> None:
    assert key.split(".")[-1] in refused(changed(key, None))
    if key != "labels":
        assert f"{key} is missing" in refused(changed(key, None))


@pytest.mark.parametrize("table", ["input", "output"])
@pytest.mark.parametrize("value", [None, 3, [1], "RGB"])
def test_fail__a_table_that_is_none(table: str, value: object) -> None:
    assert table in refused({key: item for key, item in {**CARD, table: value}.items() if item})


@given(st.sampled_from(KEYS), TOML_VALUES)
def test_ok__any_value_is_taken_or_named(key: str, value: object) -> None:
    try:
        parsed(changed(key, value))
    except BundleError as error:
        message = str(error)
        assert message.startswith(f"{WHERE}: ")
        assert key.split(".")[-1] in message or "not valid TOML" in message
        assert len(message) < 400


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", 2),
        ("schema", True),
        ("labels", ["normal", "AML", "ALL", "CML", "CLL"]),
        ("labels", ["normal", "ALL", "AML", "CML"]),
        ("file", "../model.tflite"),
        ("file", "/etc/passwd"),
        ("file", "a/b.tflite"),
        ("file", ".."),
        ("file", "model.tflite\n"),
        ("sha256", "A" * 64),
        ("sha256", "0" * 63),
        ("sha256", "0" * 64 + "\n"),
        ("name", ""),
        ("version", 1.0),
        ("input.channels", "BGR"),
        ("input.width_px", 9),
        ("input.width_px", 8.5),
        ("input.width_px", 4096),
        ("input.um_per_px", 0),
        ("input.um_per_px", -0.34),
        ("input.um_per_px", True),
        ("input.um_per_px", Raw("nan")),
        ("input.um_per_px", Raw("inf")),
        ("input.um_per_px", Raw("1" + "0" * 400)),
        ("input.scale", 0),
        ("output.kind", "softmax"),
        ("output.temperature", 0),
        ("output.temperature", "1"),
        ("output.class_threshold", 1.01),
        ("output.pattern_threshold", -0.01),
    ],
)
def test_fail__a_wrong_value_is_named(key: str, value: object) -> None:
    message = refused(changed(key, value))
    assert key.split(".")[-1] in message
    if "." in key:
        assert key in message


def test_fail__numbers_and_brackets_without_end() -> None:
    # int() refuses thousands of digits with a plain ValueError, and brackets exhaust the stack.
    for text in ("1" * 5000, "0x" + "f" * 5000, "[" * 5000):
        with pytest.raises(BundleError, match=r"card\.toml: "):
            parse_card(f"schema = {text}", WHERE)


@given(st.text(max_size=200))
def test_fail__any_text(text: str) -> None:
    with pytest.raises(BundleError, match=r"card\.toml: "):
        parse_card(text, WHERE)


@given(st.integers(0, len(to_toml(CARD))), st.text(max_size=3), st.integers(0, 4))
def test_ok__any_small_damage_is_taken_or_refused(place: int, put: str, taken: int) -> None:
    text = to_toml(CARD)
    # Whatever else it raised would fail the test.
    with contextlib.suppress(BundleError):
        parse_card(text[:place] + put + text[place + taken :], WHERE)
