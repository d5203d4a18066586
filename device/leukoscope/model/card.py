"""A bundle's card: what its model expects, what its numbers mean, and what it may be used for."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

from leukoscope.errors import BundleError
from leukoscope.reading.cell_types import CELL_TYPES
from leukoscope.reading.reader_errors import ReaderErrors
from leukoscope.reading.results import LABELS
from leukoscope.reading.thresholds import Thresholds
from leukoscope.settings.toml_table import TomlTable, shown

SCHEMA = 1
MAX_SIDE_PX = 1024
OUTPUT_KINDS = ("logits", "probabilities")
CHANNELS = {"fields": "RGB", "cells": "density"}
"""Kinds of bundle, and the input of each: a window of a field in R, G, B, or a cell's optical density in R, G, B."""

TYPES = tuple(cell_type.value for cell_type in CELL_TYPES)


@dataclass(frozen=True)
class Card:
    """A valid `card.toml`.

    Attributes:
        name: The model's name.
        version: Its version.
        kind: What the model reads: "fields" or "cells".
        file: Name of the model file in the bundle.
        sha256: SHA-256 of the model file, 64 lower-case hex digits.
        intended_use: What the model may be used for.
        side_px: Side of the square input, in pixels.
        um_per_px: Scale of the input, micrometres per pixel.
        scale: Input value = byte * scale + offset.
        offset: See `scale`.
        output_kind: "logits" or "probabilities". Both are scaled by `temperature`.
        temperature: Divides the logits, above 0 (see `tflite_model.softmax`).
        thresholds: Least probabilities for a verdict.
        errors: How wrong a model of cells is, and where it learned; None for a model of fields.
    """

    name: str
    version: str
    kind: str
    file: str
    sha256: str
    intended_use: str
    side_px: int
    um_per_px: float
    scale: float
    offset: float
    output_kind: str
    temperature: float
    thresholds: Thresholds
    errors: ReaderErrors | None


def parse_card(text: str, where: str) -> Card:
    """Read a card.

    Sections such as [training] and [measured] are for people and are not read here.

    Args:
        text: The card in TOML.
        where: Name of the card in error messages.

    Raises:
        BundleError: A key is missing or wrong. The message names the key.
    """
    try:
        document = tomllib.loads(text)
    # ValueError, not only TOMLDecodeError: int() raises it for a number of thousands of digits.
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{where}: not valid TOML: {error}") from error
    top = TomlTable(document, where, BundleError)
    if top.number("schema", 1, 1_000_000) != SCHEMA:
        raise BundleError(
            f"{where}: schema {document['schema']} is not {SCHEMA}: update the device"
        )
    if document.get("labels") != list(LABELS):
        raise BundleError(
            f"{where}: labels must be {list(LABELS)}, not {shown(document.get('labels'))}"
        )
    bundle_kind = top.text("kind") if "kind" in document else "fields"
    if bundle_kind not in CHANNELS:
        raise BundleError(
            f"{where}: kind must be one of {tuple(CHANNELS)}, not {shown(bundle_kind)}"
        )
    if bundle_kind == "cells" and document.get("types") != list(TYPES):
        raise BundleError(
            f"{where}: types must be {list(TYPES)}, not {shown(document.get('types'))}"
        )
    shape, output = top.table("input"), top.table("output")
    if shape.text("channels") != CHANNELS[bundle_kind]:
        raise BundleError(
            f"{where}: input.channels must be {CHANNELS[bundle_kind]!r}, "
            f"not {shown(shape.text('channels'))}"
        )
    side = shape.number("width_px", 8, MAX_SIDE_PX)
    if side != shape.number("height_px", 8, MAX_SIDE_PX) or side != int(side):
        raise BundleError(f"{where}: input.width_px and input.height_px must be equal integers")
    kind = output.text("kind")
    if kind not in OUTPUT_KINDS:
        raise BundleError(f"{where}: output.kind must be one of {OUTPUT_KINDS}, not {shown(kind)}")
    file, digest = top.text("file"), top.text("sha256")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", file):
        raise BundleError(
            f"{where}: file must be a plain file name in the bundle, not {shown(file)}"
        )
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise BundleError(f"{where}: sha256 must be 64 lower-case hex digits")
    return Card(
        name=top.text("name"),
        version=top.text("version"),
        kind=bundle_kind,
        file=file,
        sha256=digest,
        intended_use=top.text("intended_use"),
        side_px=int(side),
        um_per_px=shape.number("um_per_px", 0.01, 5.0),
        scale=shape.number("scale", 1e-6, 10.0),
        offset=shape.number("offset", -1000.0, 1000.0),
        output_kind=kind,
        temperature=output.number("temperature", 0.01, 100.0),
        thresholds=Thresholds(
            label=output.number("class_threshold", 0.0, 1.0),
            pattern=output.number("pattern_threshold", 0.0, 1.0),
        ),
        errors=_errors(top.table("reader"), where) if bundle_kind == "cells" else None,
    )


def _errors(table: TomlTable, where: str) -> ReaderErrors:
    laboratories = table.table("laboratories")
    errors = ReaderErrors(
        blast_sensitivity=table.number("blast_sensitivity", 0.0, 1.0),
        blast_sensitivity_spread=table.number("blast_sensitivity_spread", 0.0, 0.5),
        false_blasts=table.number("false_blasts", 0.0, 1.0),
        false_blasts_spread=table.number("false_blasts_spread", 0.0, 0.5),
        effective_cells=table.number("effective_cells", 1.0, 1e6),
        lymphoblast_share=table.number("lymphoblast_share", 0.0, 1.0),
        lymphoblast_spread=table.number("lymphoblast_spread", 0.0, 1.0),
        laboratories={label: laboratories.whole(label, 0, 1000) for label in LABELS},
    )
    if errors.blast_sensitivity <= errors.false_blasts:
        raise BundleError(f"{where}: reader.blast_sensitivity must be above reader.false_blasts")
    return errors
