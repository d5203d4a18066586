"""Appliances to press on: made, started, and stopped after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from leukoscope.appliance import live_view as live_view_module

from tests.appliance.simulated import Appliance, Make


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes an appliance in the state directory `tmp_path`; whatever still runs at the end is stopped."""
    made: list[Appliance] = []

    def new(**options: Any) -> Appliance:
        made.append(Appliance(tmp_path / "state", **options))
        return made[-1]

    yield new
    for appliance in made:
        if appliance.running:
            appliance.stop()


@pytest.fixture
def ready(make: Make) -> Appliance:
    appliance = make()
    appliance.start()
    return appliance


@pytest.fixture
def quick_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_view_module, "ALTERNATE_S", 0.1)
