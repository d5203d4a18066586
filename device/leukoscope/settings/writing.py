"""Writes settings as the text of a TOML file."""

from __future__ import annotations

import dataclasses
from typing import Any

import tomli_w
import tomlkit
from tomlkit.items import Item

from leukoscope.settings.settings import Settings, limits_text, number_text


def to_toml(settings: Settings) -> str:
    """Return all settings as a TOML file, each key with its meaning, unit and range."""
    document = tomlkit.document()
    for section in dataclasses.fields(settings):
        values = getattr(settings, section.name)
        table = tomlkit.table()
        for field in dataclasses.fields(values):
            item = _make_item(field, getattr(values, field.name))
            item.comment(_describe(field))
            item.trivia.comment_ws = "  "
            table.add(field.name, item)
        table.add(tomlkit.nl())
        document.add(section.name, table)
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def changes_to_toml(settings: Settings) -> str:
    """Return the settings that differ from the defaults as a TOML file, one key per line."""
    changes: dict[str, dict[str, Any]] = {}
    for section in dataclasses.fields(settings):
        values = getattr(settings, section.name)
        changed = {
            field.name: getattr(values, field.name)
            for field in dataclasses.fields(values)
            if getattr(values, field.name) != field.default
        }
        if changed:
            changes[section.name] = changed
    return tomli_w.dumps(changes)


def _make_item(field: dataclasses.Field[Any], value: Any) -> Item:
    hexadecimal = field.metadata["hexadecimal"]
    item: Item = tomlkit.value(number_text(field, value)) if hexadecimal else tomlkit.item(value)
    return item


def _describe(field: dataclasses.Field[Any]) -> str:
    about = field.metadata
    if isinstance(field.default, bool):
        return f"{about['meaning']}: true or false"
    if about["choices"]:
        return f"{about['meaning']}: {' or '.join(about['choices'])}"
    if about["low"] is None:
        return str(about["meaning"])
    unit = " " + about["unit"] if about["unit"] else ""
    return f"{about['meaning']}; {limits_text(field)}{unit}"
