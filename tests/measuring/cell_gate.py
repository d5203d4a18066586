"""Measures the white-cell gate on fields with white cells and on fields without.

Fields without are: glass without blood, the part of a field beside its white cells, and fields whose white cells are
cut out and filled with their surroundings.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from leukoscope.field import Field, Rgb
from leukoscope.imaging.background import estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.reading import white_cells
from leukoscope.reading.white_cells import find_white_cells
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field
from leukoscope_training.shared.ablation import cut_out_cells, mask_cells

from tests.measuring.limits import tabulate_limits
from tests.measuring.pictures import CAPTURED_UM_PER_PX
from tests.measuring.real import (
    MODEL_UM_PER_PX,
    Box,
    RealField,
    list_sets,
    open_file,
    read_expert_boxes,
)
from tests.measuring.tables import format_share, markdown_table

SEEDS = range(40300, 40310)
FIELDS_EACH = 3
FINDERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("as it is", {"MIN_STAIN": white_cells.MIN_STAIN}),
    *((f"stain at least {x:g}", {"MIN_STAIN": x}) for x in (0.06, 0.09, 0.105)),
    *((f"{x:g} times the median", {"ABOVE_MEDIAN": x}) for x in (1.5, 2.2, 2.6, 3.0)),
    *((f"nucleus at least {x:g} µm²", {"MIN_NUCLEUS_UM2": x}) for x in (12.0, 20.0, 25.0, 30.0)),
)
"""Changes of the finder's limits."""
INSIDE_UM = 2.0
"""A white cell whose middle is nearer to the edge is not counted, and neither is its field."""
RIM_UM, LEAST_SIDE_UM = 4.0, 25.0
"""Distance from the cells to the part beside them, and least width and height of that part."""


@dataclass(frozen=True)
class Case:
    """One field. kind: its source; holds: whether it has a white cell; found: number of cells by each of `FINDERS`."""

    kind: str
    group: str
    holds: bool
    found: tuple[int, ...]


def cut_beside(rgb: Rgb, boxes: Sequence[Box]) -> Rgb | None:
    """Cut out the largest part of a picture above, below, left or right of all boxes; None when that is small."""
    height, width = rgb.shape[:2]
    rim = RIM_UM / MODEL_UM_PER_PX
    x0, y0, x1, y1 = np.transpose(boxes)
    parts = (
        rgb[: max(0, int(y0.min() - rim))],
        rgb[min(height, int(y1.max() + rim)) :],
        rgb[:, : max(0, int(x0.min() - rim))],
        rgb[:, min(width, int(x1.max() + rim)) :],
    )
    largest = max(parts, key=lambda part: part.shape[0] * part.shape[1])
    return largest if min(largest.shape[:2]) * MODEL_UM_PER_PX >= LEAST_SIDE_UM else None


def _count_cells(picture: Rgb) -> tuple[int, ...]:
    counts = []
    for _, changed in FINDERS:
        with patch.multiple(white_cells, **changed):
            counts.append(len(find_white_cells(picture, MODEL_UM_PER_PX)))
    return tuple(counts)


def _flatten(rgb: Rgb) -> Rgb:
    return flatten(rgb, estimate_background(rgb, MODEL_UM_PER_PX))


def _make_cases(kind: str, group: str, field: Field, boxes: Sequence[Box]) -> list[Case]:
    """Make cases of a field with white cells: as it is, the part beside the cells, and with the cells cut out.

    boxes: in the field's pixels; empty when they are not known.
    """
    raw = resample(field, MODEL_UM_PER_PX)
    picture = _flatten(raw)
    cases = [Case(kind, group, True, _count_cells(picture))]
    if boxes:
        scaled = np.array(boxes) * field.um_per_px / MODEL_UM_PER_PX
        part = cut_beside(raw, scaled.tolist())
        if part is not None:
            cases.append(
                Case(f"{kind}, beside its cells", group, False, _count_cells(_flatten(part)))
            )
    if cells := find_white_cells(picture, MODEL_UM_PER_PX):
        masks = mask_cells(picture, cells, MODEL_UM_PER_PX)
        cut = cut_out_cells(picture, masks, np.random.default_rng(0))
        cases.append(Case(f"{kind}, cells cut out", group, False, _count_cells(cut)))
    return cases


def _render(task: tuple[Diagnosis, int]) -> list[Case]:
    diagnosis, seed = task
    cases = []
    for index in range(FIELDS_EACH):
        smear = render_field(SmearSlide(diagnosis, seed), index, um_per_px=CAPTURED_UM_PER_PX)
        height, width = smear.transmittance.shape[:2]
        edge = INSIDE_UM / CAPTURED_UM_PER_PX
        inside = [
            edge <= cell.x_px < width - edge and edge <= cell.y_px < height - edge
            for cell in smear.white_cells
        ]
        if smear.white_cells and not any(inside):
            continue
        rgb = expose(
            defocus(smear.transmittance, 0.0, CAPTURED_UM_PER_PX),
            led_level=1.0,
            exposure=1.0,
            shading=0.15,
            rng=np.random.default_rng(seed),
        )
        field = Field(rgb, CAPTURED_UM_PER_PX)
        if not inside:
            counts = _count_cells(_flatten(resample(field, MODEL_UM_PER_PX)))
            kind = "no blood" if diagnosis is Diagnosis.EMPTY else "no white cell laid"
            cases.append(Case(f"rendered, {kind}", str(seed), False, counts))
            continue
        radii = [cell.diameter_um / 2 / CAPTURED_UM_PER_PX for cell in smear.white_cells]
        boxes = [
            (cell.x_px - r, cell.y_px - r, cell.x_px + r, cell.y_px + r)
            for cell, r in zip(smear.white_cells, radii, strict=True)
        ]
        cases += _make_cases("rendered", str(seed), field, boxes)
    return cases


def _read(task: tuple[RealField, list[Box]]) -> list[Case]:
    field, boxes = task
    return _make_cases(field.kind, field.group, open_file(field.path, field.um_per_px), boxes)


def _list_real_tasks(data: Path) -> list[tuple[RealField, list[Box]]]:
    """List every field with an expert's box, and all of lld-40x, which all were published for their white cells."""
    boxed = {
        name: {
            Path(image).name: boxes for image, (_, boxes) in read_expert_boxes(data / name).items()
        }
        for name in ("chula-pi", "bccd")
    }
    tasks = [
        (field, boxed.get(field.kind, {}).get(field.path.name, []))
        for fields in list_sets(data).values()
        for field in fields
    ]
    return [(field, boxes) for field, boxes in tasks if boxes or field.kind == "lld-40x"]


def tabulate_cell_gate(data: Path, workers: ProcessPoolExecutor) -> tuple[str, str]:
    """Tabulate the fields that are wrongly refused or passed, by kind, and with other limits of the finder."""
    rendered = [(diagnosis, seed) for diagnosis in Diagnosis for seed in SEEDS]
    cases = [case for cases in workers.map(_render, rendered) for case in cases]
    cases += [c for cases in workers.map(_read, _list_real_tasks(data), chunksize=8) for c in cases]
    rows = []
    for kind in dict.fromkeys(case.kind for case in cases):
        of_kind = [case for case in cases if case.kind == kind]
        groups = [case.group for case in of_kind]
        wrong = format_share([bool(case.found[0]) is not case.holds for case in of_kind], groups)
        good = of_kind[0].holds
        rows.append((kind, len(set(groups)), wrong if good else "–", "–" if good else wrong))

    def nothing_found(finder: int, least: int, case: Case) -> bool:
        return case.found[finder] < least

    limits = [(name, partial(nothing_found, i, 1)) for i, (name, _) in enumerate(FINDERS)]
    limits.insert(1, ("as it is, 2 cells at least", partial(nothing_found, 0, 2)))
    return (
        markdown_table(("fields", "groups", "good refused", "bad passed"), rows),
        tabulate_limits("finder", limits, [(case.group, case.holds, case) for case in cases]),
    )
