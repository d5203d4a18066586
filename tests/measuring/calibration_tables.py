"""Functions for the tables of calibration: problems by name, spreads and errors, and a choice of real fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from leukoscope.errors import CalibrationError

from tests.measuring.real import RealField, list_sets


def find_problem(check: Callable[[], object]) -> str:
    """Return the panel's word for the problem that a check finds, or ""."""
    try:
        check()
    except CalibrationError as error:
        return error.problem
    return ""


def make_outcome_row(name: str, problems: Sequence[str]) -> tuple[object, ...]:
    """Make a row: name, number, how many were accepted, and why the others were refused."""
    refused = Counter(said for said in problems if said)
    words = ", ".join(f"{count} {said}" for said, count in refused.most_common())
    return name, len(problems), problems.count(""), words or "–"


def format_spread(values: Iterable[float], digits: int = 3) -> str:
    """Format median, minimum and maximum, as '1.00 (0.97 to 1.02)'."""
    found = sorted(values)
    if not found:
        return "–"
    middle, low, high = (f"{value:.{digits}f}" for value in (np.median(found), found[0], found[-1]))
    return f"{middle} ({low} to {high})"


def format_errors(values: Sequence[float], digits: int = 3) -> str:
    """Format median, 95th percentile and maximum."""
    if not values:
        return "–"
    return " / ".join(f"{value:.{digits}f}" for value in np.percentile(values, [50, 95, 100]))


def choose_some(fields: Sequence[RealField], number: int) -> list[RealField]:
    """Choose this number of fields at even distances; all when there are fewer."""
    places = np.linspace(0, len(fields) - 1, min(number, len(fields))).round().astype(int)
    return [fields[place] for place in places]


def group_by_kind(data: Path) -> dict[str, list[RealField]]:
    """List the real fields by set."""
    kinds: dict[str, list[RealField]] = {}
    for fields in list_sets(data).values():
        for field in fields:
            kinds.setdefault(field.kind, []).append(field)
    return kinds
