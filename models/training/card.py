"""A bundle's card: what the device's loader checks, and what a person should know."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

CARD = "card.toml"
INT8 = "model.tflite"
FLOAT32 = "model-float32.tflite"


def read_card(bundle: Path) -> dict[str, Any]:
    """The card of a bundle."""
    return tomllib.loads((bundle / CARD).read_text())


def write_card(bundle: Path, card: dict[str, Any]) -> None:
    """Write a card: plain values first, then tables, one level deep."""
    plain = {key: value for key, value in card.items() if not isinstance(value, dict)}
    lines = [f"{key} = {_toml(value)}" for key, value in plain.items()]
    for key, value in card.items():
        if isinstance(value, dict):
            lines += ["", f"[{key}]", *(f"{k} = {_toml(v)}" for k, v in value.items())]
    text = "\n".join(lines) + "\n"
    tomllib.loads(text)
    (bundle / CARD).write_text(text)


def _toml(value: Any) -> str:
    """A string, number, bool or list of them; JSON writes these as TOML does, but for NaN."""
    return "nan" if value != value else json.dumps(value, ensure_ascii=False)
