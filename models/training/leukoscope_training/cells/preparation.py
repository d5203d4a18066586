"""Finds the cells in fields with the device's own code: real cells, the simulator's cells, and artefacts in clutter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from leukoscope.field import Field
from leukoscope.imaging.morphology import count_pixels, dilate
from leukoscope.imaging.scaling import resample
from leukoscope.reading.cell_types import CellType
from leukoscope.reading.cell_view import FULL_DENSITY, CellViews, cell_views
from leukoscope.reading.gates import picture_gates
from leukoscope.reading.measurements import measure_cells
from leukoscope.reading.results import LABELS
from leukoscope.reading.white_cells import find_nuclei
from leukoscope.simulator import hematology, optics
from leukoscope.simulator.smear import SmearSlide, render_field
from PIL import Image

from leukoscope_training.cells.clutter import draw_clutter
from leukoscope_training.cells.dataset import CLUTTER, SIMULATED, Bytes, Cells, Floats, join
from leukoscope_training.cells.laboratories import LABORATORIES, NO_BOX, Laboratory
from leukoscope_training.data.typed_cells import CellBox, TypedCell, read_typed_cells
from leukoscope_training.evaluation.typed_cell_reading import REACH_UM, flatten_ungated
from leukoscope_training.shared.non_smear_drawing import draw_look, photograph

UM_PER_PX = 0.34
"""Scale at which the device finds cells and gives them to a network."""

CUT_PX = 3
"""How far beyond the cell the ablation's hole reaches."""

SEEDS = range(10000, 10040)
"""Seeds of the simulator's slides to train on. The seeds of the demonstration's slides are below 1000."""

FIELDS_PER_SLIDE = 4
SIMULATED_UM_PER_PX, SIMULATED_SHAPE = 0.2, (590, 788)
CLUTTER_SEEDS, CLUTTER_FIELDS = range(500_000, 500_600), 2
"""Number of slides of clutter, and of fields of each. The seeds of tests/measuring start at 100,000."""
MOST_FINDS = 12
"""Most cells of a field of clutter, so that crowded fields do not count more than the others."""
DEFOCUS_UM, EXPOSURES, SHADINGS = 0.6, (0.8, 1.05), (0.0, 0.35)
"""The simulated camera's standard deviation of the focus error, and its ranges of exposure and shading."""


@dataclass(frozen=True)
class Box:
    """A cell's box in µm, and the expert's word for it."""

    word: str
    x0: float
    y0: float
    x1: float
    y1: float

    def holds(self, x_um: float, y_um: float) -> bool:
        """Return whether a place is inside."""
        return self.x0 <= x_um < self.x1 and self.y0 <= y_um < self.y1


@dataclass(frozen=True)
class TrainingSlide:
    """The values that all cells of one picture have in common; see `Cells`."""

    source: str
    group: str
    path: str


@dataclass(frozen=True)
class RealTask:
    """A picture to read, with the cells that the experts typed in it."""

    laboratory: Laboratory
    cells: tuple[TypedCell, ...]


@dataclass(frozen=True)
class RenderedTask:
    """A field to render: a slide's diagnosis and seed, and the field's number on it."""

    diagnosis: str
    seed: int
    number: int


@dataclass(frozen=True)
class ClutterTask:
    """A field of clutter to draw: a slide's seed, and the field's number on it."""

    seed: int
    number: int


Task: TypeAlias = RealTask | RenderedTask | ClutterTask


def prepare(data: Path, workers: int) -> Cells:
    """Find the cells of the laboratories below `data`, of the simulator, and of clutter.

    Raises:
        TrainingError: A set's `cells.csv` is not valid.
        OSError: A file can't be read.
    """
    tasks: list[Task] = [*list_real_pictures(data), *_list_rendered_fields()]
    tasks += [
        ClutterTask(seed, number) for seed in CLUTTER_SEEDS for number in range(CLUTTER_FIELDS)
    ]
    with ProcessPoolExecutor(workers) as pool:
        found = pool.map(find_cells_of_task, tasks, chunksize=8)
        return join([cells for cells in found if len(cells)])


def list_real_pictures(data: Path) -> list[RealTask]:
    """List the pictures of all laboratories.

    Raises:
        TrainingError: A set's `cells.csv` is not valid.
        OSError: It can't be read.
    """
    tasks = []
    for laboratory in LABORATORIES:
        of_picture: dict[Path, list[TypedCell]] = defaultdict(list)
        for cell in read_typed_cells(data / laboratory.folder / "cells.csv"):
            of_picture[cell.path].append(cell)
        tasks += [RealTask(laboratory, tuple(cells)) for cells in of_picture.values()]
    return tasks


def _list_rendered_fields() -> Iterable[RenderedTask]:
    return (
        RenderedTask(label, seed, number)
        for seed in SEEDS
        for label in LABELS
        for number in range(FIELDS_PER_SLIDE)
    )


def find_cells_of_task(task: Task) -> Cells:
    """Find the cells of one field.

    Raises:
        OSError: Its file can't be read.
    """
    if isinstance(task, ClutterTask):
        return _find_in_clutter(task)
    if isinstance(task, RenderedTask):
        return _find_rendered(task)
    return _find_in_picture(task)


def _find_in_picture(task: RealTask) -> Cells:
    """Return the finds that a word teaches. In a picture of one cell this is the find in the middle."""
    laboratory, first = task.laboratory, task.cells[0]
    with Image.open(first.path) as image:
        rgb = np.asarray(image.convert("RGB"))
    height, width = rgb.shape[:2]
    boxes = [
        _place(cell.box, width, height, laboratory.um_per_px, cell.word) for cell in task.cells
    ]
    group = f"{laboratory.folder}/{first.patient}"
    slide = TrainingSlide(laboratory.folder, group, str(first.path))
    found = find_cells(Field(rgb, laboratory.um_per_px), slide, boxes)
    if laboratory.all_boxed:
        found = replace(found, word=np.where(found.word == "", NO_BOX, found.word))
    return found.take(found.word != "")


def _place(box: CellBox | None, width: int, height: int, um_per_px: float, word: str) -> Box:
    """Return a cell's box in µm. A cell without a box is in the middle of its picture."""
    if box is None:
        x, y = width * um_per_px / 2, height * um_per_px / 2
        return Box(word, x - REACH_UM, y - REACH_UM, x + REACH_UM, y + REACH_UM)
    across, down = (1, 1) if box.in_pixels else (width, height)
    x, y = box.x * across * um_per_px, box.y * down * um_per_px
    right, low = box.width * across * um_per_px / 2, box.height * down * um_per_px / 2
    return Box(word, x - right, y - low, x + right, y + low)


def _find_rendered(task: RenderedTask) -> Cells:
    rng = np.random.default_rng([task.seed, task.number, LABELS.index(task.diagnosis)])
    um = SIMULATED_UM_PER_PX
    smear = render_field(
        SmearSlide(hematology.Diagnosis(task.diagnosis), task.seed),
        task.number,
        um_per_px=um,
        shape=SIMULATED_SHAPE,
    )
    light = optics.defocus(smear.transmittance, abs(rng.normal(0, DEFOCUS_UM)), um)
    rgb = optics.expose(
        light,
        led_level=1.0,
        exposure=rng.uniform(*EXPOSURES),
        shading=rng.uniform(*SHADINGS),
        rng=rng,
    )
    boxes = []
    for cell in smear.white_cells:
        x, y, radius = cell.x_px * um, cell.y_px * um, cell.diameter_um / 2
        name = _type_of(cell.cell_type).value
        boxes.append(Box(name, x - radius, y - radius, x + radius, y + radius))
    group = f"{SIMULATED}/{task.diagnosis}/{task.seed}"
    slide = TrainingSlide(SIMULATED, group, f"{group}/{task.number}")
    found = find_cells(Field(rgb, um, simulated=True), slide, boxes)
    artefact = CellType.ARTEFACT.value
    return replace(found, word=np.where(found.word == "", artefact, found.word))


def _find_in_clutter(task: ClutterTask) -> Cells:
    """Return the whole finds of a field that passes the gates. All are artefacts."""
    group = f"{CLUTTER}/{task.seed}"
    slide = TrainingSlide(CLUTTER, group, f"{group}/{task.number}")
    found = find_cells(photograph(draw_clutter, draw_look(task.seed), task.number), slide, ())
    passed = np.flatnonzero(found.gates & found.whole)
    kept = found.take(passed[:: max(1, -(-len(passed) // MOST_FINDS))])
    return replace(kept, word=np.full(len(kept), CellType.ARTEFACT.value))


def _type_of(cell_type: hematology.RenderedCellType) -> CellType:
    """Return the type of a rendered cell. A metamyelocyte counts as a myelocyte."""
    if cell_type is hematology.RenderedCellType.METAMYELOCYTE:
        return CellType.MYELOCYTE
    return CellType(cell_type.value)


def find_cells(field: Field, slide: TrainingSlide, boxes: Sequence[Box]) -> Cells:
    """Find the cells of a field as the device does. A cell gets the last box that contains its middle."""
    passed = all(gate.passed for gate in picture_gates(resample(field, UM_PER_PX), UM_PER_PX, None))
    picture = flatten_ungated(field, UM_PER_PX)
    nuclei = find_nuclei(picture, UM_PER_PX)
    views = cell_views(picture, nuclei, UM_PER_PX)
    names = []
    for x0, y0, x1, y1 in nuclei.boxes:
        x_um, y_um = (x0 + x1) / 2 * UM_PER_PX, (y0 + y1) / 2 * UM_PER_PX
        held = [box.word for box in boxes if box.holds(x_um, y_um)]
        names.append(held[-1] if held else "")
    count = len(nuclei.boxes)
    same = {name: np.full(count, value) for name, value in vars(slide).items()}
    return Cells(
        picture=views.pictures(),
        surroundings=show_surroundings(views),
        measurements=np.array([astuple(cell) for cell in measure_cells(views)], np.float32).reshape(
            count, 9
        ),
        colour=_measure_colour(views),
        whole=views.whole,
        gates=np.full(count, passed),
        word=np.array(names, np.str_),
        **same,
    )


def show_surroundings(views: CellViews) -> Bytes:
    """Return the surroundings of each cell, shape (cells, 64, 64, 3), with a hole in place of the cell."""
    shown = views.dense * ~dilate(views.cell, CUT_PX)[..., None]
    levels: Bytes = np.clip(shown * (255 / FULL_DENSITY) + 0.5, 0, 255).astype(np.uint8)
    return levels


def _measure_colour(views: CellViews) -> Floats:
    """Return the mean density of each cell in R, G, B, 0..1, in the network's input; shape (cells, 3)."""
    shown = np.clip(views.dense / FULL_DENSITY, 0, 1)
    sums = (shown * views.cell[..., None]).sum(axis=(1, 2), dtype=np.float64)
    means: Floats = (sums / np.maximum(count_pixels(views.cell), 1)[:, None]).astype(np.float32)
    return means
