"""The bundle that tests read with: the one of the checkout."""

from __future__ import annotations

from leukoscope.settings.settings import DEFAULT_BUNDLE

BUNDLE = DEFAULT_BUNDLE
