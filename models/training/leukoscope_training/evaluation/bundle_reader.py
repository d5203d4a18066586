"""Reads fields with a bundle as the device does, and again with their white cells cut out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from leukoscope.field import Field
from leukoscope.model import readers
from leukoscope.model.bundle import load_bundle
from leukoscope.reading.cell_reader import CellReader
from leukoscope.reading.cell_view import cell_views
from leukoscope.reading.differential import differential_of
from leukoscope.reading.flat_picture import flat_picture
from leukoscope.reading.measurements import geometry, measure_cells
from leukoscope.reading.pattern_posterior import class_probabilities
from leukoscope.reading.results import FieldReading, Verdict
from leukoscope.reading.slide_reader import SlideReader
from leukoscope.reading.white_cells import find_nuclei, find_white_cells
from leukoscope.reading.window import cut
from leukoscope.reading.window_reader import WindowReader, prepare

from leukoscope_training.shared.ablation import cut_out_cells, mask_cells

ReadAblation: TypeAlias = Callable[[Field, FieldReading, np.random.Generator], FieldReading | None]


@dataclass(frozen=True)
class BundleReader:
    """The functions of a bundle that an evaluation needs. Each thread needs its own reader.

    Attributes:
        name: The bundle's name.
        version: The bundle's version.
        sha256: SHA-256 of its model.
        um_per_px: The scale at which it reads fields.
        read: Reads a field as the device does.
        read_ablation: Reads a field with the white cells cut out, given its reading. None if that was refused.
        judge: Gives the verdict over the fields of a slide, or over one field.
    """

    name: str
    version: str
    sha256: str
    um_per_px: float
    read: Callable[[Field], FieldReading]
    read_ablation: ReadAblation
    judge: Callable[[Sequence[FieldReading]], Verdict]


def open_reader(folder: Path) -> BundleReader:
    """Open a bundle.

    Raises:
        BundleError: The folder holds no valid bundle.
        RuntimeMissingError: No LiteRT is installed.
    """
    reader = readers.open_reader(load_bundle(folder), threads=1)
    return make_bundle_reader(reader)


def make_bundle_reader(reader: SlideReader) -> BundleReader:
    """Combine a reader of the device with the ablation for its kind."""
    match reader:
        case CellReader():
            read_ablation = _ablate_cells(reader)
        case WindowReader():
            read_ablation = _ablate_windows(reader)
        case _:
            raise TypeError(f"no ablation is known for {type(reader).__name__}")
    card = reader.model.card
    return BundleReader(
        name=card.name,
        version=card.version,
        sha256=card.sha256,
        um_per_px=reader.model.um_per_px,
        read=reader.read,
        read_ablation=read_ablation,
        judge=reader.judge,
    )


def _ablate_cells(reader: CellReader) -> ReadAblation:
    """Make the ablation for a reader of cells: the model reads the places where the cells were."""
    um_per_px = reader.model.um_per_px

    def read_ablation(
        field: Field, reading: FieldReading, rng: np.random.Generator
    ) -> FieldReading | None:
        if not reading.was_read:
            return None
        picture = flat_picture(field, um_per_px).picture
        found = find_white_cells(picture, um_per_px)
        masks = mask_cells(picture, found, um_per_px)
        erased = cut_out_cells(picture, masks, rng)
        views = cell_views(erased, find_nuclei(picture, um_per_px), um_per_px)
        cells = tuple(
            replace(cell, types=reader.model.run(view, geometry(measurements)))
            for cell, view, measurements, whole in zip(
                found, views.pictures(), measure_cells(views), views.whole, strict=True
            )
            if whole
        )
        shown = replace(reading, white_cells=cells)
        differential = differential_of([shown])
        return replace(shown, probabilities=class_probabilities(differential, reader.errors))

    return read_ablation


def _ablate_windows(reader: WindowReader) -> ReadAblation:
    """Make the ablation for a reader of whole fields: the model reads the same window without its cells."""
    um_per_px = reader.model.um_per_px

    def read_ablation(
        field: Field, reading: FieldReading, rng: np.random.Generator
    ) -> FieldReading | None:
        if not reading.was_read:
            return None
        ready = prepare(field, um_per_px, reader.window_px)
        if ready.window is None:
            return None
        masks = mask_cells(ready.picture, ready.white_cells, um_per_px)
        erased = cut_out_cells(ready.picture, masks, rng)
        return replace(reading, probabilities=reader.model.run(cut(erased, ready.window)))

    return read_ablation
