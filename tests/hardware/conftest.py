"""What the tests of the printed microscope share. Those that need CAD are skipped where it is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def hardware(checkout: Path) -> Path:
    """The folder hardware/."""
    return checkout / "hardware"
