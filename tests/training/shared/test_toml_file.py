"""Written TOML is read back as it was."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

from leukoscope_training.shared.toml_file import write_toml


def test_ok__plain_values_and_tables_are_read_back(tmp_path: Path) -> None:
    document = {
        "output": {"temperature": 1.5, "interval": [0.25, 1.0], "float32": True},
        "schema": 1,
        "name": 'a "b" µ',
    }
    write_toml(tmp_path / "card.toml", document)
    assert tomllib.loads((tmp_path / "card.toml").read_text(encoding="utf-8")) == document


def test_ok__a_number_that_was_not_measured(tmp_path: Path) -> None:
    write_toml(tmp_path / "card.toml", {"measured": {"accuracy": float("nan")}})
    read = tomllib.loads((tmp_path / "card.toml").read_text(encoding="utf-8"))
    assert math.isnan(read["measured"]["accuracy"])
