"""Compares the scale from red cells with the nominal one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from leukoscope.errors import CalibrationError
from leukoscope.field import Rgb
from leukoscope.reading.red_cells import DIAMETER_UM, median_red_cell_px

from tests.measuring.calibration_fields import (
    LIVE_SHAPE,
    LIVE_UM_PER_PX,
    SHAPE,
    UM_PER_PX,
    list_slides,
    photograph,
    render_light,
)
from tests.measuring.calibration_tables import (
    choose_some,
    format_spread,
    group_by_kind,
)
from tests.measuring.real import RealField, open_file
from tests.measuring.tables import markdown_table

GUESSES = {"right": 1.0, "× 2": 2.0, "/ 2": 0.5}
BCCD_RUN = 8
"""Number of files of bccd that are pooled, because their slides are not known."""


@dataclass(frozen=True)
class PooledFields:
    """Fields of one patient or slide. um_per_px: nominal scale of their files."""

    um_per_px: float
    pictures: tuple[Rgb, ...]


def make_scale_row(name: str, groups: Sequence[PooledFields], guess: str) -> tuple[object, ...]:
    """Make a row of the scales from red cells over the nominal ones; guess: one of `GUESSES`."""
    ratios, counts = [], []
    for group in groups:
        try:
            cells = median_red_cell_px(group.pictures, group.um_per_px * GUESSES[guess])
        except CalibrationError:
            continue
        ratios.append(DIAMETER_UM / cells.diameter_px / group.um_per_px)
        counts.append(cells.count)
    size = f"{len(groups)} × {len(groups[0].pictures)}"
    return (
        name,
        size,
        guess,
        len(groups) - len(ratios),
        format_spread(counts, 0),
        format_spread(ratios),
    )


def render_groups(um_per_px: float, shape: tuple[int, int], number: int) -> list[PooledFields]:
    """Render one field of each slide, for this number of slides of each class."""
    slides = list_slides(number)
    return [
        PooledFields(
            um_per_px, (photograph(render_light(slide, um_per_px=um_per_px, shape=shape), seed),)
        )
        for seed, slide in slides
    ]


def list_real_groups(data: Path, number: int) -> Iterator[tuple[str, list[PooledFields]]]:
    """List this number of patients or slides of each set, with the fields that are pooled: 4, or 8 for bccd."""
    for kind, fields in group_by_kind(data).items():
        pooled = BCCD_RUN if kind == "bccd" else 4
        groups: dict[str, list[RealField]] = {}
        for place, field in enumerate(fields):
            key = str(place // BCCD_RUN) if kind == "bccd" else field.group
            groups.setdefault(key, []).append(field)
        full = [members for members in groups.values() if len(members) >= pooled]
        chosen = [
            full[n] for n in np.linspace(0, len(full) - 1, min(number, len(full))).astype(int)
        ]
        yield (
            f"{kind}, nominal {fields[0].um_per_px:g} µm/px",
            [
                PooledFields(
                    fields[0].um_per_px,
                    tuple(open_file(f.path, f.um_per_px).rgb for f in choose_some(members, pooled)),
                )
                for members in chosen
            ],
        )


def tabulate_scales(data: Path, number: int = 10) -> str:
    """Tabulate the scale from red cells over the nominal one; number: groups of each set."""
    rows = []
    for um, shape in ((UM_PER_PX, SHAPE), (LIVE_UM_PER_PX, LIVE_SHAPE)):
        groups = render_groups(um, shape, max(1, number // 5))
        rows += [make_scale_row(f"rendered, {um:g} µm/px", groups, guess) for guess in GUESSES]
    for name, groups in list_real_groups(data, number):
        rows.append(
            make_scale_row(
                name, [replace(group, pictures=group.pictures[:1]) for group in groups], "right"
            )
        )
        rows += [
            make_scale_row(name, groups[:: 1 if guess == "right" else 2], guess)
            for guess in GUESSES
        ]
    head = (
        "fields",
        "groups × fields",
        "settings",
        "too few cells",
        "cells a group",
        "estimate / nominal",
    )
    return markdown_table(head, rows)
