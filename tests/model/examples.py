"""A valid card, and windows that are the same bytes with any numpy."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from leukoscope.field import Rgb
from leukoscope.model.bundle import Bundle
from leukoscope.model.card import parse_card

DATA = Path(__file__).parent / "data"
"""Tiny models; see make_models.py there."""

CARD: dict[str, Any] = {
    "schema": 1,
    "name": "example",
    "version": "1.0.0",
    "file": "model.tflite",
    "sha256": "0" * 64,
    "labels": ["normal", "ALL", "AML", "CML", "CLL"],
    "intended_use": "For tests.",
    "input": {
        "width_px": 8,
        "height_px": 8,
        "um_per_px": 0.34,
        "channels": "RGB",
        "scale": 1 / 255,
        "offset": 0.0,
    },
    "output": {
        "kind": "logits",
        "temperature": 1.5,
        "class_threshold": 0.6,
        "pattern_threshold": 0.7,
    },
}
KEYS = [key for key in CARD if not isinstance(CARD[key], dict)] + [
    f"{table}.{key}" for table in ("input", "output") for key in CARD[table]
]
"""Every key that a card must have, those of tables with the table's name."""


@dataclass(frozen=True)
class Raw:
    """TOML to be written as it is."""

    text: str


def to_toml(card: dict[str, Any]) -> str:
    """A card as TOML; JSON's strings, numbers and lists are TOML's too."""

    def value(item: object) -> str:
        return item.text if isinstance(item, Raw) else json.dumps(item)

    tables = {key: item for key, item in card.items() if isinstance(item, dict)}
    lines = [f"{key} = {value(item)}" for key, item in card.items() if key not in tables]
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {value(item)}" for key, item in table.items())]
    return "\n".join(lines) + "\n"


def changed(key: str, value: object) -> dict[str, Any]:
    """The valid card with one key set, or with None taken away."""
    card = {name: dict(item) if isinstance(item, dict) else item for name, item in CARD.items()}
    *table, last = key.split(".")
    into = card[table[0]] if table else card
    if value is None:
        del into[last]
    else:
        into[last] = value
    return card


def card_of(model: bytes, side: int = 8) -> dict[str, Any]:
    """A card that vouches for these bytes."""
    card = changed("sha256", hashlib.sha256(model).hexdigest())
    card["input"] |= {"width_px": side, "height_px": side}
    return card


def bundle_of(model: bytes, side: int = 8) -> Bundle:
    """A bundle of these bytes, whose card vouches for them."""
    return Bundle(parse_card(to_toml(card_of(model, side)), "card.toml"), model)


def window_bundle(name: str = "window") -> Bundle:
    """A bundle that reads windows of 200 px and gives logits: "window" in full int8, or "window-float32"."""
    return bundle_of((DATA / f"{name}.tflite").read_bytes(), side=200)


def windows(side: int = 200) -> list[Rgb]:
    """Three drawn windows, in integers alone: bare glass, a red-cell field, a crowd of nuclei."""
    y, x = np.mgrid[:side, :side]
    bare = np.stack([228 - x // 20, 224 - y // 20, 230 - (x + y) // 40], axis=-1).astype(np.uint8)
    reds, crowd = bare.copy(), bare.copy()
    reds[(x % 26 - 13) ** 2 + (y % 24 - 12) ** 2 <= 100] = (206, 168, 172)
    crowd[(x % 40 - 20) ** 2 + (y % 44 - 22) ** 2 <= 290] = (176, 160, 214)
    crowd[(x % 40 - 18) ** 2 + (y % 44 - 21) ** 2 <= 190] = (112, 66, 152)
    return [bare, reds, crowd]
