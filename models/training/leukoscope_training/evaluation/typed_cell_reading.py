"""Finds and reads typed cells in their pictures with the device's own code.

A picture of a single cell is no field, so the device's gates are not asked: it has hardly any glass, and some sets are
photographed with one channel at 255. What the gates refuse is measured on fields (`--manifest`).
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from leukoscope.errors import FieldError
from leukoscope.field import Field, Rgb
from leukoscope.imaging.background import DEGREE, estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.microscope.image_files import open_field
from leukoscope.reading.cell_reader import CellReader
from leukoscope.reading.results import WhiteCell
from PIL import Image

from leukoscope_training.data.typed_cells import CellBox, TypedCell

DEFAULT_UM_PER_PX = 0.14
"""Scale of most public pictures of single cells."""

REACH_UM = 5.0
"""A picture of a single cell has the middle of its find at most this far from its own, across and down: half the
diameter of a nucleus."""

SMALL_UM = 60.0
"""A picture with a smaller side gets a background of one level. In a whole field the shading changes little over this
distance. In a picture of one cell, a bent surface would follow the cell."""


@dataclass(frozen=True)
class ReadCell:
    """A typed cell and what the device found there.

    Attributes:
        typed: The cell.
        find: The white cell found there; None if there is none. It has no types if the picture's edge cuts it.
    """

    typed: TypedCell
    find: WhiteCell | None

    @property
    def was_read(self) -> bool:
        """Whether the cell was found, and was read because it is whole."""
        return self.find is not None and bool(self.find.types)


@dataclass(frozen=True)
class PictureOutcome:
    """The cells of one picture.

    Attributes:
        path: The picture.
        cells: Its cells; empty when the file can't be read.
        warnings: What to print about it.
        error: Why the file can't be read, or "".
    """

    path: Path
    cells: tuple[ReadCell, ...]
    warnings: tuple[str, ...] = ()
    error: str = ""


def read_pictures(
    cells: Sequence[TypedCell],
    um_per_px: float | None,
    open_reader: Callable[[], CellReader],
    workers: int,
) -> Iterator[PictureOutcome]:
    """Read each picture once, in the order in which the list first names them.

    Args:
        cells: The typed cells.
        um_per_px: Scale of all pictures. None takes the scale that each file states, else `DEFAULT_UM_PER_PX`.
        open_reader: Opens a reader; called once by each thread.
        workers: The number of threads, at least 1.
    """
    of_picture: dict[Path, list[TypedCell]] = defaultdict(list)
    for cell in cells:
        of_picture[cell.path].append(cell)
    mine = threading.local()

    def read(path: Path) -> PictureOutcome:
        if not hasattr(mine, "reader"):
            mine.reader = open_reader()
        return _read_picture(path, of_picture[path], um_per_px, mine.reader)

    with ThreadPoolExecutor(workers, thread_name_prefix="reader") as pool:
        yield from pool.map(read, of_picture)


def _read_picture(
    path: Path, cells: Sequence[TypedCell], um_per_px: float | None, reader: CellReader
) -> PictureOutcome:
    scale = reader.model.um_per_px
    try:
        field, warnings = open_field(path, um_per_px, DEFAULT_UM_PER_PX, scale)
        picture = flatten_ungated(field, scale)
        with Image.open(path) as file:
            width, height = file.size
    except (FieldError, OSError) as error:
        return PictureOutcome(path, (), error=str(error))
    finds = reader.read_cells(picture)
    down, across = picture.shape[:2]
    middle = CellBox(
        across / 2, down / 2, 2 * REACH_UM / scale, 2 * REACH_UM / scale, in_pixels=True
    )

    def place(box: CellBox | None) -> CellBox:
        if box is None:
            return middle
        x, y = (across / width, down / height) if box.in_pixels else (across, down)
        return CellBox(box.x * x, box.y * y, box.width * x, box.height * y, in_pixels=True)

    read = tuple(ReadCell(cell, find_in(finds, place(cell.box))) for cell in cells)
    return PictureOutcome(path, read, tuple(warnings))


def flatten_ungated(field: Field, um_per_px: float) -> Rgb:
    """Scale and flatten a picture as the device does with an uncalibrated field, without asking the gates.

    Raises:
        FieldError: The picture is empty or too large at this scale.
    """
    picture = resample(field, um_per_px)
    small = min(picture.shape[:2]) * um_per_px < SMALL_UM
    return flatten(picture, estimate_background(picture, um_per_px, 0 if small else DEGREE))


def find_in(finds: Sequence[WhiteCell], box: CellBox) -> WhiteCell | None:
    """Return the find whose middle is nearest to that of a box, among those with their middle in it. All in pixels."""
    inside = []
    for find in finds:
        x, y = (find.x0 + find.x1) / 2 - box.x, (find.y0 + find.y1) / 2 - box.y
        if abs(x) <= box.width / 2 and abs(y) <= box.height / 2:
            inside.append((math.hypot(x, y), find))
    return min(inside, key=lambda pair: pair[0])[1] if inside else None
