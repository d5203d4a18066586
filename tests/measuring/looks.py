"""Compares real and rendered cells: overlaps of red cells, colours of neutrophils, shapes of monocytes."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from leukoscope.field import Field, Rgb
from leukoscope.reading.cell_view import cell_views
from leukoscope.reading.flat_picture import flat_picture
from leukoscope.reading.measurements import measure_cells
from leukoscope.reading.white_cells import find_nuclei
from leukoscope.simulator import red_cells
from leukoscope.simulator.hematology import Diagnosis, RenderedCellType
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.red_cells import RedCells
from leukoscope.simulator.smear import SmearField, SmearSlide, render_field
from PIL import Image

from tests.measuring.pictures import CAPTURED_UM_PER_PX, decode_levels
from tests.measuring.real import MODEL_UM_PER_PX, Box, find_scale, open_file
from tests.measuring.tables import markdown_table

OVERLAP_SEEDS, OVERLAP_FIELDS = range(1, 13), 3
SEEDS = range(1, 25)
FIELDS = {Diagnosis.NORMAL: 5, Diagnosis.CML: 2}
"""Fields of each slide whose white cells are measured."""

APART = (0.5, 0.8)
"""Limits of the distance of a pair's centres over the sum of its radii."""
GLASS_PERCENTILE = 97.0
LEAST_DENSITY = 0.03
"""Least mean green density of both mirrored places. With less, a place is not red cell."""
CLEAR = 1.1
"""A place is measured where no other cell is within this many of its radii."""
LEAST_CYTOPLASM_PX = 20


@dataclass(frozen=True)
class CellLook:
    """One white cell. kind: its set; nucleus, cytoplasm: mean density in R, G, B (NaN where there is little)."""

    kind: str
    cell_type: str
    nucleus: npt.NDArray[np.float32]
    cytoplasm: npt.NDArray[np.float32]
    nuclear_area: float
    cell_area: float
    roundness: float


def tabulate_overlaps(data: Path) -> str:
    """Tabulate the density where two red cells overlap, over the mean of the two places mirrored at their centres."""
    real = [
        ratio for case in _list_real_discs(data / "bccd") for ratio in find_overlap_ratios(*case)
    ]
    rendered = [ratio for case in _render_discs() for ratio in find_overlap_ratios(*case)]
    return markdown_table(
        ("fields", "pairs", "light", "lower quartile", "median", "upper quartile"),
        (
            (kind, len(ratios), light, *(f"{x:.2f}" for x in np.percentile(one, (25, 50, 75))))
            for kind, ratios in (("bccd", real), ("rendered", rendered))
            for light, one in zip(("green", "blue"), np.transpose(ratios), strict=True)
        ),
    )


def find_overlap_ratios(
    rgb: Rgb, discs: npt.NDArray[np.float64], others: npt.NDArray[np.float64]
) -> Iterator[tuple[float, float]]:
    """Find the ratio in green and in blue of each pair that can be measured.

    discs: red cells, shape (cells, 3): x, y, radius in pixels; others: the same of what else may cover a place.
    """
    light = decode_levels(rgb)
    glass = np.percentile(light.reshape(-1, 3), GLASS_PERCENTILE, axis=0)
    dense = -np.log10(np.maximum(light, 1e-4) / glass)
    everything = np.concatenate([discs, others])
    for i, (xi, yi, ri) in enumerate(discs):
        for j, (xj, yj, rj) in enumerate(discs[:i]):
            apart = np.hypot(xi - xj, yi - yj)
            if not APART[0] <= apart / (ri + rj) <= APART[1]:
                continue
            along = np.array([xj - xi, yj - yi]) / apart
            middle = (apart - rj + ri) / 2  # of the overlap, from the first centre
            reach = round(max(1.5, 0.4 * (ri + rj - apart) / 2))
            here = np.array([xi, yi])
            places = (
                (here + middle * along, (i, j)),
                (here - middle * along, (i,)),
                (here + (2 * apart - middle) * along, (j,)),
            )
            if any(_cover(place, everything, own) for place, own in places):
                continue
            found = [_measure_density(dense, place, reach) for place, _ in places]
            if any(one is None for one in found):
                continue
            overlap, first, second = np.array(found)
            mean = (first + second) / 2
            # Both must be red cell. A place that is much paler is beside its cell.
            unlike = min(first[1], second[1]) < 0.5 * max(first[1], second[1])
            if not unlike and mean[1] >= LEAST_DENSITY:
                yield overlap[1] / mean[1], overlap[2] / mean[2]


def _cover(
    place: npt.NDArray[np.float64], everything: npt.NDArray[np.float64], own: tuple[int, ...]
) -> bool:
    x, y, radius = np.delete(everything, own, axis=0).T
    return bool((np.hypot(place[0] - x, place[1] - y) < CLEAR * radius).any())


def _measure_density(
    dense: npt.NDArray[np.float64], place: npt.NDArray[np.float64], reach: int
) -> npt.NDArray[np.float64] | None:
    """Measure the median density around a place; None at the picture's edge."""
    x, y = (round(float(axis)) for axis in place)
    height, width = dense.shape[:2]
    if min(x, y) < reach or x + reach >= width or y + reach >= height:
        return None
    around = dense[y - reach : y + reach + 1, x - reach : x + reach + 1]
    return np.asarray(np.median(around.reshape(-1, 3), axis=0))


def _list_real_discs(
    folder: Path,
) -> Iterator[tuple[Rgb, npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    for path, boxes in _read_boxes(folder).items():
        discs: dict[bool, list[tuple[float, float, float]]] = {True: [], False: []}
        for cell_type, (x0, y0, x1, y1) in boxes:
            disc = ((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0 + y1 - y0) / 4)
            discs[cell_type == "red_blood_cell"].append(disc)
        reds, others = (np.array(discs[red]).reshape(-1, 3) for red in (True, False))
        yield np.asarray(Image.open(path).convert("RGB")), reds, others


def _render_discs() -> Iterator[tuple[Rgb, npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    for seed in OVERLAP_SEEDS:
        for index in range(OVERLAP_FIELDS):
            field, cells = _add_red_cells(SmearSlide(Diagnosis.NORMAL, seed), index)
            um = field.um_per_px
            height, width = field.transmittance.shape[:2]
            discs = np.stack(
                [
                    cells.x_um / um + (width - 1) / 2,
                    cells.y_um / um + (height - 1) / 2,
                    cells.radius_um / um,
                ],
                axis=1,
            )
            beyond = 5.0 / um
            near = (discs[:, 0] > -beyond) & (discs[:, 0] < width + beyond)
            near &= (discs[:, 1] > -beyond) & (discs[:, 1] < height + beyond)
            whites = [(c.x_px, c.y_px, c.diameter_um / um / 2) for c in field.white_cells]
            yield _expose(field.transmittance, 0.0, 0), discs[near], np.reshape(whites, (-1, 3))


def _add_red_cells(slide: SmearSlide, index: int) -> tuple[SmearField, RedCells]:
    """Render a field and return its red cells too, which are recorded while they are placed."""
    laid: list[RedCells] = []
    lay = red_cells.lay

    def kept(*given: Any) -> RedCells:
        laid.append(lay(*given))
        return laid[-1]

    with patch.object(red_cells, "lay", kept):
        field = render_field(slide, index)
    return field, laid[-1]


def tabulate_white_cells(data: Path, workers: ProcessPoolExecutor) -> tuple[str, str]:
    """Tabulate the medians, by set, of neutrophils' colours and of monocytes' size and roundness."""
    looks: list[CellLook] = []
    for name in ("lld-40x", "chula-pi"):
        for some in workers.map(partial(_list_real_looks, name), _read_boxes(data / name).items()):
            looks += some
    slides = [(diagnosis, seed) for seed in SEEDS for diagnosis in FIELDS]
    for some in workers.map(_render_looks, slides):
        looks += some
    kinds = list(dict.fromkeys(look.kind for look in looks))
    neutrophils, monocytes = (
        [(kind, [x for x in looks if (x.kind, x.cell_type) == (kind, name)]) for kind in kinds]
        for name in (RenderedCellType.NEUTROPHIL.value, RenderedCellType.MONOCYTE.value)
    )
    return (
        markdown_table(
            (
                "cells",
                "number",
                "nucleus: red",
                "blue",
                "cytoplasm: red",
                "blue",
                "cytoplasm over nucleus",
            ),
            ((kind, len(some), *_format_colours(some)) for kind, some in neutrophils if some),
        ),
        markdown_table(
            (
                "cells",
                "number",
                "area, µm²: lower quartile",
                "median",
                "upper quartile",
                "nucleus, µm²",
                "roundness of the nucleus",
            ),
            ((kind, len(some), *_format_shape(some)) for kind, some in monocytes if some),
        ),
    )


def _format_colours(looks: list[CellLook]) -> tuple[str, ...]:
    nuclei = np.array([look.nucleus for look in looks])
    cytoplasm = np.array([look.cytoplasm for look in looks])
    shown = [parts[:, channel] / parts[:, 1] for parts in (nuclei, cytoplasm) for channel in (0, 2)]
    shown.append(cytoplasm.sum(axis=1) / nuclei.sum(axis=1))
    return tuple(f"{np.nanmedian(one):.2f}" for one in shown)


def _format_shape(looks: list[CellLook]) -> tuple[str, ...]:
    quartiles = np.percentile([look.cell_area for look in looks], (25, 50, 75))
    nucleus = np.median([look.nuclear_area for look in looks])
    roundness = np.median([look.roundness for look in looks])
    return (*(f"{x:.0f}" for x in quartiles), f"{nucleus:.0f}", f"{roundness:.2f}")


def _list_real_looks(name: str, image: tuple[Path, list[tuple[str, Box]]]) -> list[CellLook]:
    path, boxes = image
    return list(_find_looks(name, open_file(path, find_scale(name)), boxes))


def _render_looks(slide: tuple[Diagnosis, int]) -> list[CellLook]:
    looks: list[CellLook] = []
    for index in range(FIELDS[slide[0]]):
        field = render_field(SmearSlide(*slide), index)
        boxes = []
        for cell in field.white_cells:
            half = cell.diameter_um / field.um_per_px / 2
            x, y = cell.x_px, cell.y_px
            boxes.append((cell.cell_type.value, (x - half, y - half, x + half, y + half)))
        rgb = _expose(field.transmittance, 0.15, index)
        looks += _find_looks("rendered", Field(rgb, field.um_per_px), boxes)
    return looks


def _find_looks(kind: str, field: Field, boxes: Iterable[tuple[str, Box]]) -> Iterator[CellLook]:
    """Yield the device's measurements of the cells that are each in exactly one expert's box."""
    flat = flat_picture(field, MODEL_UM_PER_PX)
    if not flat.passed:
        return
    nuclei = find_nuclei(flat.picture, MODEL_UM_PER_PX)
    if not nuclei.areas_um2:
        return
    views = cell_views(flat.picture, nuclei, MODEL_UM_PER_PX)
    scale = MODEL_UM_PER_PX / field.um_per_px
    for k, (place, of_cell) in enumerate(zip(nuclei.boxes, measure_cells(views), strict=True)):
        x, y = (place[0] + place[2]) / 2 * scale, (place[1] + place[3]) / 2 * scale
        around = [name for name, (x0, y0, x1, y1) in boxes if x0 <= x < x1 and y0 <= y < y1]
        if not views.whole[k] or len(around) != 1:
            continue
        nucleus, cytoplasm = views.nucleus[k], views.cell[k] & ~views.nucleus[k]
        enough = cytoplasm.sum() > LEAST_CYTOPLASM_PX
        yield CellLook(
            kind,
            around[0],
            views.dense[k][nucleus].mean(axis=0),
            views.dense[k][cytoplasm].mean(axis=0) if enough else np.full(3, np.nan, np.float32),
            of_cell.nuclear_area,
            of_cell.cell_area,
            of_cell.roundness,
        )


def _expose(transmittance: npt.NDArray[np.float32], shading: float, seed: int) -> Rgb:
    light = defocus(transmittance, 0.0, CAPTURED_UM_PER_PX)
    rng = np.random.default_rng(seed)
    return expose(light, led_level=1.0, exposure=1.0, shading=shading, rng=rng)


def _read_boxes(folder: Path) -> dict[Path, list[tuple[str, Box]]]:
    """Read the boxes of cells.csv with their types, in pixels, by image."""
    files = {path.name: path for path in folder.rglob("*.jpg")}
    found: dict[Path, list[tuple[str, Box]]] = defaultdict(list)
    with (folder / "cells.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            path = files[Path(row["image"]).name]
            if "cx" in row:  # shares of the picture's width and height
                with Image.open(path) as picture:
                    size = np.array(picture.size)
                middle, half = (
                    np.array([float(row[key]) for key in keys]) * size
                    for keys in (("cx", "cy"), ("w", "h"))
                )
                box = (*(middle - half / 2).tolist(), *(middle + half / 2).tolist())
            else:
                box = tuple(float(row[key]) for key in ("x0", "y0", "x1", "y1"))
            found[path].append((row["cell_type"], box))
    return found
