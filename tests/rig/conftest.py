"""What the rig's tests share: the rig itself, or a reason to skip."""

from __future__ import annotations

import os
import sys
from unittest.mock import MagicMock

import pytest


@pytest.fixture(scope="session")
def rig() -> None:
    """Skips the test anywhere but in the machine that `./setup.sh rig` boots."""
    if os.environ.get("LEUKOSCOPE_RIG") != "1":
        pytest.skip("needs ./setup.sh rig: a camera that real libcamera drives")
    # For its preview on a screen picamera2 imports a module that only Raspberry Pi OS has.
    sys.modules.setdefault("pykms", MagicMock())


@pytest.fixture(scope="session")
def virtual_camera() -> None:
    """Skips the test anywhere but in the Debian where `./setup.sh rig` has set up libcamera's virtual camera."""
    if os.environ.get("LEUKOSCOPE_RIG") != "virtual camera":
        pytest.skip("needs ./setup.sh rig: libcamera's virtual camera")
