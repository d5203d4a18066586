"""Writes a control slide as TOML text, which people can read, and reads it back."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime

import tomli_w

from leukoscope.notice import NOTICE
from leukoscope.qc.errors import QcError
from leukoscope.qc.series import QcScope, QcSlide
from leukoscope.qc.slide_measures import GROUPS, MEASUREMENTS, MIN_CELLS, SlideMeasures
from leukoscope.records.slide_number import SLIDE_NAME
from leukoscope.settings.toml_table import TomlTable
from leukoscope.system.clock import Moment

FORMAT = 1
"""Format of the file. A file of another format is refused."""

MAX_CELLS = 1_000_000


def damaged(message: str) -> QcError:
    """Return the error of a file that can't be used."""
    return QcError(f"{message}: remove it, then keep the slide again", "CONTROL", "damaged")


def to_toml(slide: QcSlide) -> str:
    """Return the text of a control slide's file."""
    at, made_for, measures = slide.at, slide.made_for, slide.measures
    document = {
        "format": FORMAT,
        "slide": slide.slide,
        "made": at.wall_time,
        "clock_synced": at.clock_synced,
        "boot_id": at.boot_id,
        "monotonic_s": at.monotonic_s,
        "model_sha256": made_for.model_sha256,
        "simulated": made_for.simulated,
        "cells": measures.cells,
        "medians": {name: measures.medians[name] for name in MEASUREMENTS},
        "shares": {name: measures.shares[name] for name in GROUPS},
    }
    return f"# Leukoscope control slide {slide.slide}. {NOTICE}\n{tomli_w.dumps(document)}"


def parse_qc_slide(text: str, where: str) -> QcSlide:
    """Return the control slide that a file's text describes.

    Args:
        text: The text of the file.
        where: Names the file in errors.

    Raises:
        QcError: Something is missing or wrong. The message names it.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tomllib raises other errors than its own too
        raise damaged(f"{where}: not valid TOML: {error}") from error
    table = TomlTable(document, where, damaged)
    table.whole("format", FORMAT, FORMAT)
    slide, made = table.text("slide"), table.text("made")
    if not SLIDE_NAME.fullmatch(slide):
        raise damaged(f"{where}: slide must be a number such as 'S0042'")
    if not _is_moment(made):
        raise damaged(f"{where}: made must be a moment such as '2026-05-09T07:35:25.123Z'")
    medians, shares = table.table("medians"), table.table("shares")
    return QcSlide(
        slide=slide,
        at=Moment(
            boot_id=table.text("boot_id"),
            monotonic_s=table.number("monotonic_s", 0.0, 1e12),
            wall_time=made,
            clock_synced=table.flag("clock_synced"),
        ),
        made_for=QcScope(table.text("model_sha256"), table.flag("simulated")),
        measures=SlideMeasures(
            cells=table.whole("cells", MIN_CELLS, MAX_CELLS),
            medians=_numbers(medians, MEASUREMENTS, 1e6),
            shares=_numbers(shares, GROUPS, 1.0, low=0.0),
        ),
    )


def _numbers(
    table: TomlTable, names: tuple[str, ...] | Mapping[str, object], high: float, low: float = -1e6
) -> dict[str, float]:
    return {name: table.number(name, low, high) for name in names}


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
