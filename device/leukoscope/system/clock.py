"""The clocks of a computer without a clock chip, and the time between two moments."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CLOCK_SYNCED = Path("/run/systemd/timesync/synchronized")


@dataclass(frozen=True)
class Moment:
    """A moment by both clocks.

    Attributes:
        boot_id: The kernel's id of this boot, new at each start.
        monotonic_s: Seconds since that start.
        wall_time: ISO 8601 in UTC, '2026-05-09T07:35:25.123Z'. It is reliable only if `clock_synced`.
        clock_synced: Whether the wall clock was set from a time server since that start.
    """

    boot_id: str
    monotonic_s: float
    wall_time: str
    clock_synced: bool


def age_s(then: Moment, now: Moment) -> float | None:
    """Return the seconds from `then` to `now`, or None if they are unknown.

    Within one boot the monotonic clock gives them. Across a restart the wall clock does, if it was set from the
    network both times and did not run backwards.
    """
    if then.boot_id == now.boot_id and now.monotonic_s >= then.monotonic_s:
        return now.monotonic_s - then.monotonic_s
    if not (then.clock_synced and now.clock_synced):
        return None
    age = (_wall(now) - _wall(then)).total_seconds()
    return age if age >= 0 else None


def now() -> Moment:
    """Return this moment on this machine."""
    return Moment(boot_id(), time.monotonic(), utc_now(), clock_synced())


def boot_id(path: Path = _BOOT_ID) -> str:
    """Return the kernel's id of this boot, or 'unknown' on a system that is not Linux."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return "unknown"


def clock_synced(path: Path = _CLOCK_SYNCED) -> bool:
    """Return whether the wall clock was set from a time server since this boot.

    systemd-timesyncd, the time service of Raspberry Pi OS, makes a file when it has set the clock. This checks
    for that file, because a service with ProtectClock= may not ask the kernel (adjtimex). With another time
    service the clock counts as not set, to be safe.
    """
    return path.exists()


def utc_now() -> str:
    """Return the wall clock as ISO 8601 in UTC, to the millisecond: '2026-05-09T07:35:25.123Z'."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_text(wall_time: str, clock_synced: bool) -> str:
    """Return a wall time to the minute, '2026-05-09 07:35'. It ends in ' ?' if the clock was not set."""
    return wall_time[:16].replace("T", " ") + ("" if clock_synced else " ?")


def _wall(moment: Moment) -> datetime:
    return datetime.fromisoformat(moment.wall_time)
