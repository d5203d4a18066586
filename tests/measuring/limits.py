"""Tabulates false refusals and false passes of limits, on the groups on which they were chosen and on the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from tests.measuring.real import is_chosen_on
from tests.measuring.tables import format_share, markdown_table

Case = TypeVar("Case")


def tabulate_limits(
    name: str,
    limits: Iterable[tuple[str, Callable[[Case], bool]]],
    cases: Sequence[tuple[str, bool, Case]],
) -> str:
    """Tabulate, for each limit, the good cases that it refuses and the bad ones that it passes, in both halves.

    limits: the name of each, and the function that refuses a case; cases: group, whether it is good, and the case.
    """
    rows = []
    for label, refuses in limits:
        row = [label]
        for chosen_on in (True, False):
            half = [case for case in cases if is_chosen_on(case[0]) is chosen_on]
            good = [(refuses(case), group) for group, is_good, case in half if is_good]
            bad = [(not refuses(case), group) for group, is_good, case in half if not is_good]
            row += [
                format_share([hit for hit, _ in side], [g for _, g in side]) for side in (good, bad)
            ]
        rows.append(row)
    head = (
        name,
        "good refused, chosen on",
        "bad passed, chosen on",
        "good refused, others",
        "bad passed, others",
    )
    return markdown_table(head, rows)
