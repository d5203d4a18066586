"""Settings: what is accepted, what is refused, and how a person is told."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import re
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.errors import SettingsError
from leukoscope.settings import settings as settings_module
from leukoscope.settings.settings import Settings, load_settings, parse_settings
from leukoscope.settings.writing import to_toml

KEYS = [
    (section.name, key)
    for section in dataclasses.fields(Settings)
    for key in dataclasses.fields(section.default)
]
NAMES = [f"{section}.{key.name}" for section, key in KEYS]
each_key = pytest.mark.parametrize(("section", "key"), KEYS, ids=NAMES)

Key = dataclasses.Field

# TOML's strings hold any character but half of a surrogate pair; a path holds no NUL.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


def good_values(key: Key) -> st.SearchStrategy[Any]:
    about = key.metadata
    if about["choices"]:
        return st.sampled_from(about["choices"])
    if isinstance(key.default, str):
        return TEXTS
    if isinstance(key.default, bool):
        return st.booleans()
    if isinstance(key.default, int):
        return st.integers(about["low"], about["high"])
    return st.floats(about["low"], about["high"]).map(lambda v: v + 0.0)


def bad_values(key: Key) -> st.SearchStrategy[str]:
    """Values, as TOML writes them, that the key can't have."""
    wrong_kind = st.sampled_from(["[]", "{}", "[1]", "1979-05-27", '""'])
    about = key.metadata
    if isinstance(key.default, bool):
        return wrong_kind | st.sampled_from(["0", "1", "1.0", '"true"', '"false"'])
    wrong_kind |= st.just("true")
    if about["choices"]:
        return wrong_kind | st.sampled_from(['"none"', "3", '"REAL"'])
    if isinstance(key.default, str):
        return wrong_kind | st.sampled_from(["3", "0.5", '"a\\u0000b"'])
    numbers = (
        st.integers(max_value=math.ceil(about["low"]) - 1)
        | st.integers(min_value=math.floor(about["high"]) + 1)
    ).map(str)
    others = st.sampled_from(['"3"', "nan", "inf", "-inf", "1" + 400 * "0", "0x" + 5000 * "f"])
    if isinstance(key.default, int):
        others |= st.just(f"{key.default}.0")
    return wrong_kind | numbers | others


all_settings = st.builds(
    Settings,
    **{
        section.name: st.builds(
            type(section.default),
            **{key.name: good_values(key) for key in dataclasses.fields(section.default)},
        )
        for section in dataclasses.fields(Settings)
    },
)


@given(all_settings)
def test_ok__what_is_printed_reads_back_the_same(settings: Settings) -> None:
    assert parse_settings(to_toml(settings), "printed") == settings


def test_ok__address_is_printed_as_it_is_written() -> None:
    lines = to_toml(parse_settings("[panel]\naddress = 0x3D", "one")).splitlines()
    assert "address = 0x3D  # I2C address; 0x3C to 0x3D" in lines
    with pytest.raises(SettingsError, match="a whole number from 0x3C to 0x3D, not 0x40"):
        parse_settings("[panel]\naddress = 0x40", "one")


def test_ok__empty_file_is_the_defaults() -> None:
    assert parse_settings("", "empty") == Settings()
    assert parse_settings("# nothing\n[camera]\n", "empty") == Settings()


@each_key
@given(data=st.data())
def test_ok__one_key_alone(section: str, key: Key, data: st.DataObject) -> None:
    value = data.draw(good_values(key))
    text = tomli_w.dumps({section: {key.name: value}})
    changed = {key.name: value}
    expected = dataclasses.replace(getattr(Settings(), section), **changed)
    assert parse_settings(text, "one") == dataclasses.replace(Settings(), **{section: expected})


@each_key
def test_ok__range_holds_the_default_and_both_its_ends(section: str, key: Key) -> None:
    about = key.metadata
    if about["low"] is None:
        return
    assert about["low"] <= key.default <= about["high"]
    for value in (about["low"], about["high"]):
        number = value if isinstance(key.default, int) else float(value)
        read = parse_settings(f"{section}.{key.name} = {number!r}", "one")
        assert getattr(getattr(read, section), key.name) == number


def test_ok__whole_number_where_any_number_may_be() -> None:
    read = parse_settings("[camera]\nred_gain = 2\n", "one")
    assert isinstance(read.camera.red_gain, float)
    assert read == Settings()


@each_key
@given(data=st.data())
def test_fail__bad_value_is_named_with_its_line(
    section: str, key: Key, data: st.DataObject
) -> None:
    bad = data.draw(bad_values(key))
    before = data.draw(st.integers(0, 3))
    text = "#\u2028 comment\n" * before + f"[{section}]\n{key.name} = {bad}\n"
    with pytest.raises(SettingsError) as raised:
        parse_settings(text, "the file")
    message = str(raised.value)
    assert message.startswith(f"the file, line {before + 2}: {section}.{key.name} must be ")
    assert len(message) < 250


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[light]\npin = 99\n", 2, "light.pin must be a whole number from 4 to 27 (BCM)"),
        ("\nlight.pin = 99\n", 2, "light.pin must be"),
        ("\n\nlight = { pin = 99 }\n", 3, "light.pin must be"),
        ("[button]\npin = 27\n\n[light]\npin = 1\n", 5, "light.pin must be"),
        ("[light]\npin = 17\n[button]\n'pin' = 1\n", 4, "button.pin must be"),
        ('["light"]\npin = 1', 2, "light.pin must be"),
        ("[light.pin]\nx = 1\n", 1, "light.pin must be"),
        ("[light]\npni = 17\n", 2, "light.pni is unknown; known: pin"),
        ("[light]\n[lihgt]\npin = 17\n", 2, "unknown section [lihgt]; known: parts, light"),
        ("pin = 17\n", 1, "unknown section [pin]"),
        ("[[light]]\npin = 17\n", 1, "[light] must be one section"),
        ("\nlight = 17\n", 2, "[light] must be one section"),
        ("[parts]\nmicroscope = 'fake'\n", 2, "parts.microscope must be one of real, simulated"),
        ("[panel]\nremote_button = 1\n", 2, "panel.remote_button must be true or false, not 1"),
    ],
)
def test_fail__message_names_line_and_key(text: str, line: int, says: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"a.toml, line {line}: {says}")):
        parse_settings(text, "a.toml")


@pytest.mark.parametrize(
    "text", ["[light", "pin", "a = 'b", "a = 1\na = 2", f"a = {'1' * 5000}", "a = " + "[" * 100_000]
)
def test_fail__not_toml(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^a\.toml: not valid TOML"):
        parse_settings(text, "a.toml")


@given(st.text() | st.text("[]light.pin=\"'{}#\n 0123", max_size=60))
def test_fail__nothing_but_a_settings_error(text: str) -> None:
    with contextlib.suppress(SettingsError):
        parse_settings(text, "a.toml")


def test_ok__no_file_is_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_module, "SETTINGS_FILE", tmp_path / "absent.toml")
    assert load_settings() == Settings()


def test_ok__system_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "leukoscope.toml"
    file.write_text("[light]\r\npin = 22 # µ\r\n", encoding="utf-8")
    monkeypatch.setattr(settings_module, "SETTINGS_FILE", file)
    assert load_settings().light.pin == 22


def test_fail__named_file_is_absent(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml: No such file"):
        load_settings(tmp_path / "absent.toml")


def test_fail__file_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Is a directory"):
        load_settings(tmp_path)


def test_fail__file_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"[light]\npin = \xff\n")
    with pytest.raises(SettingsError, match="not UTF-8 text"):
        load_settings(tmp_path / "a.toml")
