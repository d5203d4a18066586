"""Opens the shipped reader, which the measurements of verdicts use."""

from __future__ import annotations

from functools import cache

from leukoscope.model.bundle import load_bundle
from leukoscope.model.readers import open_reader
from leukoscope.reading.slide_reader import SlideReader
from leukoscope.settings.settings import DEFAULT_BUNDLE


@cache
def open_shipped_reader() -> SlideReader:
    """Open the shipped bundle, once per process."""
    return open_reader(load_bundle(DEFAULT_BUNDLE), threads=1)
