"""`leukoscope export`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from tests.commands.conftest import Run


def test_ok__export_json(run: Run, filled: Path) -> None:
    status, out, _ = run("export", "--json")
    assert status == 0
    assert {"S0001", "S0002"} <= set(json.dumps(json.loads(out)).replace('"', " ").split())


def test_ok__export_csv(run: Run, filled: Path) -> None:
    status, out, _ = run("export", "--csv")
    rows = list(csv.reader(io.StringIO(out)))
    assert status == 0
    assert len({len(row) for row in rows}) == 1
    assert len(rows) >= 4
