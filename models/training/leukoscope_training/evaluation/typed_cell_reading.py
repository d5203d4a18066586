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

from leukoscope_training.evaluation.typed_cells import Place, TypedCell

DEFAULT_UM_PER_PX = 0.14
"""Scale of most public pictures of single cells."""

REACH_UM = 5.0
"""Largest distance from where a cell is to the middle of its find: half the diameter of a nucleus."""

SMALL_UM = 60.0
"""A picture with a smaller side gets a background of one level. In a whole field the shading changes little over this
distance. In a picture of one cell, a bent surface would follow the cell."""


@dataclass(frozen=True)
class ReadCell:
    """A typed cell and what the device found there.

    Attributes:
        typed: The cell.
        find: The white cell found there, with its types. None if there is none, or the picture's edge cuts it.
    """

    typed: TypedCell
    find: WhiteCell | None


@dataclass(frozen=True)
class PictureOutcome:
    """The cells of one picture.

    Attributes:
        image: The picture.
        cells: Its cells; empty when the file can't be read.
        warnings: What to print about it.
        error: Why the file can't be read, or "".
    """

    image: str
    cells: tuple[ReadCell, ...]
    warnings: tuple[str, ...] = ()
    error: str = ""


def read_pictures(
    folder: Path,
    cells: Sequence[TypedCell],
    um_per_px: float | None,
    open_reader: Callable[[], CellReader],
    workers: int,
) -> Iterator[PictureOutcome]:
    """Read each picture once, in the order in which the list first names them.

    Args:
        folder: Where the pictures' paths start.
        cells: The typed cells.
        um_per_px: Scale of all pictures. None takes the scale that each file states, else `DEFAULT_UM_PER_PX`.
        open_reader: Opens a reader; called once by each thread.
        workers: The number of threads, at least 1.
    """
    of_picture: dict[str, list[TypedCell]] = defaultdict(list)
    for cell in cells:
        of_picture[cell.image].append(cell)
    mine = threading.local()

    def read(image: str) -> PictureOutcome:
        if not hasattr(mine, "reader"):
            mine.reader = open_reader()
        return _read_picture(folder, image, of_picture[image], um_per_px, mine.reader)

    with ThreadPoolExecutor(workers, thread_name_prefix="reader") as pool:
        yield from pool.map(read, of_picture)


def _read_picture(
    folder: Path,
    image: str,
    cells: Sequence[TypedCell],
    um_per_px: float | None,
    reader: CellReader,
) -> PictureOutcome:
    scale, path = reader.model.um_per_px, folder / image
    try:
        field, warnings = open_field(path, um_per_px, DEFAULT_UM_PER_PX, scale)
        picture = flatten_ungated(field, scale)
        with Image.open(path) as file:
            size_px = file.size
    except (FieldError, OSError) as error:
        return PictureOutcome(image, (), error=str(error))
    finds = reader.read_cells(picture)
    places = (_locate(cell.place, size_px, picture) for cell in cells)
    read = (
        ReadCell(cell, find_at(finds, x, y, REACH_UM / scale))
        for cell, (x, y) in zip(cells, places, strict=True)
    )
    return PictureOutcome(image, tuple(read), tuple(warnings))


def flatten_ungated(field: Field, um_per_px: float) -> Rgb:
    """Scale and flatten a picture as the device does with an uncalibrated field, without asking the gates.

    Raises:
        FieldError: The picture is empty or too large at this scale.
    """
    picture = resample(field, um_per_px)
    small = min(picture.shape[:2]) * um_per_px < SMALL_UM
    return flatten(picture, estimate_background(picture, um_per_px, 0 if small else DEGREE))


def find_at(finds: Sequence[WhiteCell], x: float, y: float, reach: float) -> WhiteCell | None:
    """Return the find whose middle is nearest to a place, if it is within `reach` and has types. All in pixels."""

    def distance(find: WhiteCell) -> float:
        return math.hypot((find.x0 + find.x1) / 2 - x, (find.y0 + find.y1) / 2 - y)

    nearest = min(finds, key=distance, default=None)
    if nearest is None or distance(nearest) > reach or not nearest.types:
        return None
    return nearest


def _locate(place: Place, size_px: tuple[int, int], picture: Rgb) -> tuple[float, float]:
    """Return a place of the file in the picture's own pixels.

    Args:
        place: The place.
        size_px: Width and height of the file.
        picture: The file's picture at another scale.
    """
    width, height = size_px if place.in_pixels else (1, 1)
    return place.x / width * picture.shape[1], place.y / height * picture.shape[0]
