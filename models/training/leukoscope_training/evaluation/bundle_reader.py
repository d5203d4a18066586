"""A bundle made ready to read fields as the device does, and again with their white cells cut out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from leukoscope.field import Field
from leukoscope.model.bundle import load_bundle
from leukoscope.model.card import Card
from leukoscope.model.readers import CellReader, WindowReader
from leukoscope.reading.cell_view import cell_views
from leukoscope.reading.differential import differential_of
from leukoscope.reading.measurements import geometry, measure_cells
from leukoscope.reading.pooling import pool
from leukoscope.reading.results import FieldReading, Verdict
from leukoscope.reading.rule import class_probabilities
from leukoscope.reading.white_cells import find_nuclei, find_white_cells
from leukoscope.reading.window import cut
from leukoscope.reading.window_reader import Classifier, flat_picture, prepare, read_field

from leukoscope_training.shared.ablation import cut_out_cells, mask_cells


@dataclass(frozen=True)
class BundleReader:
    """What an evaluation needs of a bundle of any kind. Not for use by two threads at once.

    um_per_px: the scale at which it sees a field. read: the device's own reading of a field. read_ablation:
    the same field, given its reading, with the white cells cut out; None when the field was refused.
    judge: the verdict over the fields of a slide, or over one field.
    """

    name: str
    version: str
    sha256: str
    um_per_px: float
    read: Callable[[Field], FieldReading]
    read_ablation: Callable[[Field, FieldReading, np.random.Generator], FieldReading | None]
    judge: Callable[[Sequence[FieldReading]], Verdict]


def open_reader(folder: Path) -> BundleReader:
    """Open a bundle. Raises BundleError, or RuntimeMissingError when no LiteRT is installed."""
    bundle = load_bundle(folder)
    if bundle.card.kind == "cells":
        return _make_cell_reader(CellReader(bundle, threads=1), bundle.card)
    classifier = WindowReader(bundle, threads=1)
    return make_window_reader(classifier, bundle.card.name, bundle.card.version, bundle.card.sha256)


def _make_cell_reader(reader: CellReader, card: Card) -> BundleReader:
    """A reader of cells: the ablation shows it the places of the cells, which are cut out."""

    def read_ablation(
        field: Field, reading: FieldReading, rng: np.random.Generator
    ) -> FieldReading | None:
        if reading.probabilities is None or card.errors is None:
            return None
        picture = flat_picture(field, reader.um_per_px).picture
        found = find_white_cells(picture, reader.um_per_px)
        masks = mask_cells(picture, found, reader.um_per_px)
        erased = cut_out_cells(picture, masks, rng)
        views = cell_views(erased, find_nuclei(picture, reader.um_per_px), reader.um_per_px)
        cells = tuple(
            replace(cell, types=reader.types(view, geometry(measurements)))
            for cell, view, measurements, whole in zip(
                found, views.pictures(), measure_cells(views), views.whole, strict=True
            )
            if whole
        )
        shown = replace(reading, white_cells=cells)
        differential = differential_of([shown])
        return replace(shown, probabilities=class_probabilities(differential, card.errors))

    return BundleReader(
        name=card.name,
        version=card.version,
        sha256=card.sha256,
        um_per_px=reader.um_per_px,
        read=reader.read,
        read_ablation=read_ablation,
        judge=reader.judge,
    )


def make_window_reader(
    classifier: Classifier, name: str, version: str, sha256: str
) -> BundleReader:
    """A reader of whole windows: the ablation shows it the window that the field as taken gave."""

    def read_ablation(
        field: Field, reading: FieldReading, rng: np.random.Generator
    ) -> FieldReading | None:
        if reading.probabilities is None:
            return None
        ready = prepare(field, classifier.um_per_px, classifier.window_px)
        if ready.window is None:
            return None
        masks = mask_cells(ready.picture, ready.white_cells, classifier.um_per_px)
        erased = cut_out_cells(ready.picture, masks, rng)
        return replace(reading, probabilities=classifier.probabilities(cut(erased, ready.window)))

    return BundleReader(
        name=name,
        version=version,
        sha256=sha256,
        um_per_px=classifier.um_per_px,
        read=lambda field: read_field(field, classifier),
        read_ablation=read_ablation,
        judge=lambda readings: pool(readings, classifier.thresholds),
    )
