"""When a slide was read, on a machine without a clock chip, and how long ago that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Moment:
    """A moment by both clocks.

    boot_id: the kernel's, new at each start. monotonic_s: seconds since that start. wall_time: ISO 8601
    in UTC, '2026-05-09T07:35:25.123Z', to be believed only when clock_synced.
    """

    boot_id: str
    monotonic_s: float
    wall_time: str
    clock_synced: bool


def age_s(then: Moment, now: Moment) -> float | None:
    """Seconds from `then` to `now`; None when nobody can tell.

    Since the same start of the machine the monotonic clock says it. Across a restart only the wall
    clock can, and only when it was set from the network both times; a wall clock that ran back can't.
    """
    if then.boot_id == now.boot_id and now.monotonic_s >= then.monotonic_s:
        return now.monotonic_s - then.monotonic_s
    if not (then.clock_synced and now.clock_synced):
        return None
    age = (_wall(now) - _wall(then)).total_seconds()
    return age if age >= 0 else None


def _wall(moment: Moment) -> datetime:
    return datetime.fromisoformat(moment.wall_time)
