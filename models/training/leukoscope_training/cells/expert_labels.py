"""Reads the experts' labels of the three sets: boxes of cells, and counts of each patient's cells."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from leukoscope.reading.cell_types import CELL_TYPES, CellType

from leukoscope_training.shared.errors import TrainingError

UNTYPED = "white_blood_cell"
"""A box of bccd: a white cell of some type."""

NOT_WHITE = frozenset({"red_blood_cell", "platelet"})

TYPE_OF_COLUMN = {
    "abnormal_promyelocyte": CellType.PROMYELOCYTE,
    "atypical_lymphocyte": CellType.ATYPICAL_LYMPHOCYTE,
    "basophil": CellType.BASOPHIL,
    "eosinophil": CellType.EOSINOPHIL,
    "lymphoblast": CellType.LYMPHOBLAST,
    "lymphocyte": CellType.LYMPHOCYTE,
    "metamyelocyte": CellType.MYELOCYTE,
    "monoblast": CellType.MYELOBLAST,
    "monocyte": CellType.MONOCYTE,
    "myeloblast": CellType.MYELOBLAST,
    "myelocyte": CellType.MYELOCYTE,
    "neutrophil": CellType.NEUTROPHIL,
}
"""Columns of lld-40x's patients.csv."""


@dataclass(frozen=True)
class Box:
    """A white cell's box in µm, and its type: a value of `CellType`, or `UNTYPED`."""

    cell_type: str
    x0: float
    y0: float
    x1: float
    y1: float

    def holds(self, x_um: float, y_um: float) -> bool:
        """Return whether a place is inside."""
        return self.x0 <= x_um < self.x1 and self.y0 <= y_um < self.y1


def read_boxes(listing: Path, um_per_px: float) -> dict[str, list[Box]]:
    """Read the white cells' boxes of a cells.csv, by the picture's path.

    Raises:
        TrainingError: The file is not valid.
    """
    boxes: dict[str, list[Box]] = defaultdict(list)
    known = {UNTYPED, *(cell_type.value for cell_type in CELL_TYPES)}
    for line, row in _rows(listing, ("image", "cell_type", "x0", "y0", "x1", "y1")):
        name = row["cell_type"]
        if name in NOT_WHITE:
            continue
        if name not in known:
            raise TrainingError(f"{listing}, line {line}, column cell_type: {name!r} is not known")
        edges = (_number(row[edge], listing, line, edge) for edge in ("x0", "y0", "x1", "y1"))
        boxes[row["image"]].append(Box(name, *(um_per_px * edge for edge in edges)))
    return dict(boxes)


def read_counts(listing: Path) -> dict[str, npt.NDArray[np.float64]]:
    """Read how many cells of each type the experts boxed in each patient of a patients.csv: shape (12,) for each.

    Artefacts are left out, because they were not boxed as cells.

    Raises:
        TrainingError: The file is not valid.
    """
    counts = {}
    for line, row in _rows(listing, ("patient", *TYPE_OF_COLUMN)):
        count = np.zeros(len(CELL_TYPES))
        for column, cell_type in TYPE_OF_COLUMN.items():
            count[CELL_TYPES.index(cell_type)] += _number(row[column], listing, line, column)
        if not count.any():
            raise TrainingError(f"{listing}, line {line}: {row['patient']} has no cell")
        counts[row["patient"]] = count
    return counts


def _rows(listing: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    with listing.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = set(columns) - set(reader.fieldnames or ())
        if missing:
            raise TrainingError(f"{listing}, line 1: no column {', '.join(sorted(missing))}")
        for row in reader:
            if None in row.values():
                raise TrainingError(f"{listing}, line {reader.line_num}: too few values")
            yield reader.line_num, row


def _number(text: str, listing: Path, line: int, column: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise TrainingError(
            f"{listing}, line {line}, column {column}: {text!r} is no number"
        ) from error
