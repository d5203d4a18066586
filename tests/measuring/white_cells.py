"""Recall and precision of finding white cells, against the boxes of experts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from leukoscope.imaging.background import DEGREE, estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.reading.results import WhiteCell
from leukoscope.reading.white_cells import find_white_cells

from tests.measuring.real import MODEL_UM_PER_PX, Box, find_scale, open_file, read_expert_boxes
from tests.measuring.tables import bootstrap_interval, markdown_table

CHOSEN_ON_EVERY = {"bccd": 8, "chula-pi": 3}
"""The finder's weights and limits were chosen on every 8th and every 3rd image, in the order of cells.csv."""

DEGREES = {"one level for the field": 0, "shading taken out": DEGREE}


@dataclass(frozen=True)
class FinderResult:
    """One image: the number of boxes, of boxes hit, of cells found, and of these in a box. group: image or slide."""

    group: str
    chosen_on: bool
    boxes: int
    hit: int
    found: int
    right: int


def match(cells: Sequence[WhiteCell], boxes: Sequence[Box]) -> tuple[int, int]:
    """Count the boxes with the centre of a found cell in them, and the found cells with their centre in a box."""
    inside = [
        [
            x0 <= (cell.x0 + cell.x1) / 2 < x1 and y0 <= (cell.y0 + cell.y1) / 2 < y1
            for x0, y0, x1, y1 in boxes
        ]
        for cell in cells
    ]
    return sum(map(any, zip(*inside, strict=True))), sum(map(any, inside))


def _find(task: tuple[Path, float, str, bool, list[Box]]) -> list[FinderResult]:
    """Find the cells of one image with each of `DEGREES`."""
    path, scale, group, chosen_on, boxes = task
    factor = scale / MODEL_UM_PER_PX
    picture = resample(open_file(path, scale), MODEL_UM_PER_PX)
    scaled = [(x0 * factor, y0 * factor, x1 * factor, y1 * factor) for x0, y0, x1, y1 in boxes]
    found = []
    for degree in DEGREES.values():
        background = estimate_background(picture, MODEL_UM_PER_PX, degree)
        cells = find_white_cells(flatten(picture, background), MODEL_UM_PER_PX)
        hit, right = match(cells, scaled)
        found.append(FinderResult(group, chosen_on, len(boxes), hit, len(cells), right))
    return found


def tabulate_white_cells(data: Path, workers: ProcessPoolExecutor) -> str:
    """Recall and precision of finding white cells, against the boxes of experts."""
    rows = []
    for name in ("bccd", "chula-pi"):
        tasks = [
            (data / name / image, find_scale(name), group, i % CHOSEN_ON_EVERY[name] == 0, boxes)
            for i, (image, (group, boxes)) in enumerate(read_expert_boxes(data / name).items())
        ]
        measured = list(workers.map(_find, tasks, chunksize=16))
        for part, chosen in (("chosen on", True), ("**not chosen on**", False)):
            for i, flattening in enumerate(DEGREES):
                found = [one[i] for one in measured if one[i].chosen_on is chosen]
                groups = [f.group for f in found]
                rows.append(
                    (
                        name,
                        part,
                        flattening,
                        len(found),
                        f"{len(set(groups))} {'slides' if name == 'chula-pi' else 'images'}",
                        _format_share(np.array([(f.hit, f.boxes) for f in found]), groups),
                        _format_share(np.array([(f.right, f.found) for f in found]), groups),
                    )
                )
    head = ("set", "images", "light", "number", "bootstrapped over", "recall", "precision")
    return markdown_table(head, rows)


def _format_share(counts: npt.NDArray[np.int_], groups: Sequence[str]) -> str:
    top, bottom = counts.sum(axis=0)
    low, high = bootstrap_interval(counts, groups)
    return f"{top / bottom:.3f} ({top}/{bottom}; {low:.3f} to {high:.3f})"
