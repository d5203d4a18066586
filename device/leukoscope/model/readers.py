"""Makes the slide reader for a bundle. Only this module knows which kind of reader belongs to which kind of bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from leukoscope.errors import BundleError
from leukoscope.model.bundle import Bundle
from leukoscope.model.card import Card
from leukoscope.model.tflite_model import TfliteModel
from leukoscope.reading.cell_reader import CellReader
from leukoscope.reading.cell_types import CELL_TYPES
from leukoscope.reading.cell_view import view_px
from leukoscope.reading.measurements import GEOMETRY_CENTRE
from leukoscope.reading.results import LABELS
from leukoscope.reading.slide_reader import SlideReader
from leukoscope.reading.window_reader import WindowReader


def open_reader(bundle: Bundle, threads: int) -> SlideReader:
    """Make the reader for a bundle. Its model is run once, so that the first field is read as fast as the others.

    Args:
        bundle: The bundle. Its card says which kind of reader it needs.
        threads: Threads of the interpreter, >= 1.

    Raises:
        BundleError: The model does not match its card.
        RuntimeMissingError: No runtime works on this machine.
    """
    return _READERS[bundle.card.kind].open(bundle, threads)


def uses_qc(card: Card) -> bool:
    """Return whether control slides can check the reader for this card, without opening its model."""
    return _READERS[card.kind].uses_qc


def open_window_reader(bundle: Bundle, threads: int) -> WindowReader:
    """Make the reader for a bundle of kind "fields".

    Raises:
        BundleError: The model does not match its card.
        RuntimeMissingError: No runtime works on this machine.
    """
    model, card = TfliteModel(bundle, threads, outputs=len(LABELS)), bundle.card
    model.run(np.zeros((card.side_px, card.side_px, 3), np.uint8))
    return WindowReader(model, card.side_px, card.thresholds)


def open_cell_reader(bundle: Bundle, threads: int) -> CellReader:
    """Make the reader for a bundle of kind "cells".

    Raises:
        BundleError: The model does not match its card.
        RuntimeMissingError: No runtime works on this machine.
    """
    card = bundle.card
    if card.errors is None or card.side_px != view_px(card.um_per_px):
        raise BundleError(
            f"model {card.name}: a cell at {card.um_per_px:g} µm per pixel is "
            f"{view_px(card.um_per_px)} px wide, its card says {card.side_px}"
        )
    numbers = len(GEOMETRY_CENTRE)
    model = TfliteModel(bundle, threads, outputs=len(CELL_TYPES), geometry=numbers)
    model.run(np.zeros((card.side_px, card.side_px, 3), np.uint8), (0.0,) * numbers)
    return CellReader(model, card.thresholds, card.errors)


@dataclass(frozen=True)
class _ReaderKind:
    uses_qc: bool
    open: Callable[[Bundle, int], SlideReader]


_READERS: Mapping[str, _ReaderKind] = {
    "cells": _ReaderKind(CellReader.uses_qc, open_cell_reader),
    "fields": _ReaderKind(WindowReader.uses_qc, open_window_reader),
}
"""The readers by the kind on the card. card.py refuses any other kind."""
