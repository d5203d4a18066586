"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

ROOT = Path(__file__).resolve().parent.parent

# No deadline: two busy cores are no reason to fail. In CI the same examples each time, so that a red run
# can be had again.
hypothesis.settings.register_profile(
    "leukoscope", deadline=None, derandomize=os.environ.get("CI") == "true", print_blob=True
)
hypothesis.settings.load_profile("leukoscope")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real smears beside the checkout. They are never the project's to publish, so a checkout by itself
    has none: the test is skipped."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real smears here: {folder} is absent")
    return folder


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    """The mock pins of gpiozero, in place of a Pi's."""
    before = Device.pin_factory
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = before
