"""The shipped bundle, and bundles made from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.model.bundle import Bundle, load_bundle


@pytest.fixture(scope="session")
def bundle_folder(checkout: Path) -> Path:
    """The folder of the bundle that is shipped."""
    return checkout / "models" / "field-cnn"


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    return load_bundle(bundle_folder)
