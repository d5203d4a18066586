"""A TOML file of plain values, and tables one level deep."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path


def write_toml(path: Path, document: Mapping[str, object]) -> None:
    """Write strings, numbers, bools, lists of them, and tables of these."""
    plain = {key: value for key, value in document.items() if not isinstance(value, dict)}
    lines = [f"{key} = {_toml(value)}" for key, value in plain.items()]
    for key, value in document.items():
        if isinstance(value, dict):
            lines += [
                "",
                f"[{key}]",
                *(f"{name} = {_toml(entry)}" for name, entry in value.items()),
            ]
    text = "\n".join(lines) + "\n"
    tomllib.loads(text)
    path.write_text(text, encoding="utf-8")


def _toml(value: object) -> str:
    """JSON writes these as TOML does, but for NaN."""
    return "nan" if value != value else json.dumps(value, ensure_ascii=False)
