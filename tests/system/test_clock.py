"""How old a control slide is, on a machine without a clock chip."""

from __future__ import annotations

from dataclasses import replace

import pytest
from leukoscope.system.clock import age_s

from tests.qc.examples import at


def test_ok__since_the_same_start_the_monotonic_clock_tells() -> None:
    then, now = at(8, clock_synced=False), at(10, clock_synced=False)
    assert age_s(then, now) == 2 * 3600
    assert age_s(then, replace(now, wall_time="1970-01-01T00:00:00.000Z")) == 2 * 3600


def test_ok__across_a_restart_a_set_clock_tells() -> None:
    assert age_s(at(8), replace(at(32, "boot-2"), monotonic_s=60.0)) == 24 * 3600


@pytest.mark.parametrize(("then_synced", "now_synced"), [(True, False), (False, True)])
def test_ok__across_a_restart_without_a_set_clock_nobody_can_tell(
    then_synced: bool, now_synced: bool
) -> None:
    then = at(8, clock_synced=then_synced)
    assert age_s(then, at(9, "boot-2", clock_synced=now_synced)) is None


def test_ok__a_clock_that_ran_back_can_not_tell() -> None:
    assert age_s(at(8), at(7, "boot-2")) is None
