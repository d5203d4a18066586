"""`leukoscope upkeep`."""

from __future__ import annotations

from pathlib import Path

from tests.commands.conftest import Run


def test_ok__upkeep_of_good_records(run: Run, filled: Path) -> None:
    assert run("upkeep") == (0, "2 slides checked, 0 problems\n", "")


def test_fail__upkeep_names_pictures_that_changed_or_went(run: Run, filled: Path) -> None:
    first, second, _ = sorted(filled.rglob("*.png"))
    first.write_bytes(first.read_bytes()[:-1])
    second.unlink()
    status, out, _ = run("upkeep")
    assert status == 1
    changed, gone, total = out.splitlines()
    assert changed.startswith("S0001 field 1")
    assert "SHA-256 differs" in changed
    assert gone.startswith("S0001 field 2")
    assert "picture missing" in gone
    assert total == "2 slides checked, 2 problems"


def test_ok__upkeep_before_the_first_slide(run: Run) -> None:
    assert run("upkeep") == (0, "0 slides checked, 0 problems\n", "")
