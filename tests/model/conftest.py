"""A bundle that reads a window of a field."""

from __future__ import annotations

import pytest
from leukoscope.model.bundle import Bundle

from tests.model.examples import window_bundle


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The full int8 one."""
    return window_bundle()
