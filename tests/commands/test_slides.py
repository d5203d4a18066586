"""`leukoscope slides`."""

from __future__ import annotations

from pathlib import Path

from leukoscope.notice import NOTICE
from leukoscope.reading.results import FieldReading

from tests.commands.conftest import Run
from tests.records import examples


def test_ok__empty_records(run: Run, state: Path) -> None:
    assert run("slides") == (0, f"No slides yet.\n\n{NOTICE}\n", "")
    assert run("export", "--json")[0] == 0
    status, out, _ = run("export", "--csv")
    assert (status, len(out.splitlines())) == (0, 1)
    assert not state.exists(), "looking makes nothing"


def test_ok__slides(run: Run, filled: Path) -> None:
    status, out, err = run("slides")
    assert (status, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert [row[0] for row in rows[:3]] == ["SLIDE", "S0001", "S0002"]
    assert rows[1][3:6] == ["ALL", "0.81", "2"]
    assert NOTICE in out


def test_ok__slides_whose_fields_could_not_be_read(run: Run, state: Path) -> None:
    """Captured, and not read: no gate refused it."""
    unread = FieldReading((), (), None, None)
    with examples.open_store(state) as store:
        store.add_field(1, examples.field(), unread, None, examples.NOTHING, examples.PROVENANCE)
    status, out, err = run("slides")
    assert (status, err) == (0, "")
    (row,) = (line for line in out.splitlines() if line.startswith("S0001"))
    assert "inconclusive" in row
    assert "no field read" in row
