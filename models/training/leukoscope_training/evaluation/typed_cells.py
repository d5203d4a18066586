"""Reads lists of cells that experts have typed (cells.csv), and sorts their words into groups."""

from __future__ import annotations

import csv
import enum
import math
from dataclasses import dataclass
from pathlib import Path

from leukoscope.reading.cell_types import CellType

from leukoscope_training.shared.errors import TrainingError


class Group(enum.Enum):
    """What a typed cell counts as when a reader is measured."""

    BLAST = "blasts"
    LYMPHOCYTE = "lymphocytes"
    MATURE = "other mature cells"
    OTHER = "not compared"


@dataclass(frozen=True)
class ExpertType:
    """What an expert's word for a cell means.

    Attributes:
        group: What the cell counts as.
        normal: The cell's type in the differential of normal blood. None for a cell that normal blood lacks.
        must_be_found: Whether the device has to find it: all white cells, but not platelets, red cells and dirt.
    """

    group: Group
    normal: CellType | None = None
    must_be_found: bool = True


_BLAST, _OTHER = ExpertType(Group.BLAST), ExpertType(Group.OTHER)
_NO_WHITE_CELL = ExpertType(Group.OTHER, must_be_found=False)
_NEUTROPHIL = ExpertType(Group.MATURE, CellType.NEUTROPHIL)
_EOSINOPHIL = ExpertType(Group.MATURE, CellType.EOSINOPHIL)
_BASOPHIL = ExpertType(Group.MATURE, CellType.BASOPHIL)
_MONOCYTE = ExpertType(Group.MATURE, CellType.MONOCYTE)
_LYMPHOCYTE = ExpertType(Group.LYMPHOCYTE, CellType.LYMPHOCYTE)
_ABNORMAL_LYMPHOCYTE = ExpertType(Group.LYMPHOCYTE)

WORDS = {
    "abnormal promyelocyte": _BLAST,
    "atypical lymphocyte": _ABNORMAL_LYMPHOCYTE,
    "band neutrophils": _NEUTROPHIL,
    "basophil": _BASOPHIL,
    "blast": _BLAST,
    "blast, no lineage spec": _BLAST,
    "eosinophil": _EOSINOPHIL,
    "eosinophils": _EOSINOPHIL,
    "erythroblast": _OTHER,
    "giant thrombocyte": _NO_WHITE_CELL,
    "immature granulocyte": _OTHER,
    "lymphoblast": _BLAST,
    "lymphocyte": _LYMPHOCYTE,
    "lymphocyte, variant": _ABNORMAL_LYMPHOCYTE,
    "metamyelocyte": _OTHER,
    "monoblast": _BLAST,
    "monocyte": _MONOCYTE,
    "myeloblast": _BLAST,
    "myelocyte": _OTHER,
    "neutrophil": _NEUTROPHIL,
    "none": _NO_WHITE_CELL,
    "plasma cells": _OTHER,
    "platelet": _NO_WHITE_CELL,
    "prolymphocyte": _ABNORMAL_LYMPHOCYTE,
    "promonocyte": _BLAST,
    "promyelocyte": _BLAST,
    "reactive": _ABNORMAL_LYMPHOCYTE,
    "red blood cell": _NO_WHITE_CELL,
    "segmented neutrophils": _NEUTROPHIL,
    "smudge cells": _OTHER,
    "thrombocyte aggregation": _NO_WHITE_CELL,
    "tumoral": _ABNORMAL_LYMPHOCYTE,
    "white blood cell": _OTHER,
}
"""The words of the public sets. Blasts include their equivalents: promonocytes, and promyelocytes as in `BLASTS`."""

TYPE_COLUMNS = ("cell_type", "lymphocytosis")
GROUP_COLUMNS = ("patient", "slide")
PIXEL_EDGES, SHARES = ("x0", "y0", "x1", "y1"), ("cx", "cy", "w", "h")


@dataclass(frozen=True)
class Place:
    """The middle of a cell in its picture, from the left and the top.

    Attributes:
        x: In pixels of the file, or as a share of its width.
        y: In pixels of the file, or as a share of its height.
        in_pixels: Whether they are pixels.
    """

    x: float
    y: float
    in_pixels: bool


MIDDLE = Place(0.5, 0.5, in_pixels=False)
"""Where the cell is in a picture of a single cell."""


@dataclass(frozen=True)
class TypedCell:
    """A cell that an expert has typed.

    Attributes:
        image: Its picture, relative to the folder of the list.
        word: One of `WORDS`.
        patient: The patient or slide; "" where it is not known.
        place: Where it is in the picture.
    """

    image: str
    word: str
    patient: str = ""
    place: Place = MIDDLE

    @property
    def expert_type(self) -> ExpertType:
        """What the word means."""
        return WORDS[self.word]


def read_typed_cells(listing: Path) -> list[TypedCell]:
    """Read a list of typed cells.

    Its columns are `image`; `cell_type` or `lymphocytosis`; where known `patient` or `slide`; and, for pictures of
    more than one cell, a box: `x0, y0, x1, y1` in pixels, or `cx, cy, w, h` as shares of the picture.

    Raises:
        TrainingError: A column, value or picture is missing or not known. The message names file and line.
        OSError: The file can't be read.
    """
    cells = []
    present: set[str] = set()
    try:
        with listing.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            columns = list(rows.fieldnames or ())
            type_column = _choose_column(listing, columns)
            group_column = next((name for name in GROUP_COLUMNS if name in columns), None)
            for row in rows:
                where = f"{listing}, line {rows.line_num}"
                if None in row or None in row.values():
                    raise TrainingError(f"{where}: not {len(columns)} values, as in the first line")
                cell = TypedCell(
                    row["image"],
                    _known_word(row[type_column], f"{where}, column {type_column}"),
                    row[group_column] if group_column else "",
                    _read_place(row, where),
                )
                _check_picture(listing.parent, cell.image, present, where)
                cells.append(cell)
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{listing}: not a CSV file in UTF-8 ({error})") from error
    if not cells:
        raise TrainingError(f"{listing}: no cell is listed")
    return cells


def _choose_column(listing: Path, columns: list[str]) -> str:
    if "image" not in columns:
        raise TrainingError(f"{listing}, line 1: no column image")
    for name in TYPE_COLUMNS:
        if name in columns:
            return name
    raise TrainingError(f"{listing}, line 1: no column {' or '.join(TYPE_COLUMNS)}")


def _known_word(text: str, where: str) -> str:
    word = " ".join(text.lower().replace("_", " ").split())
    if word not in WORDS:
        raise TrainingError(
            f"{where}: {text!r} is not a known cell type: use one of {'; '.join(WORDS)}"
        )
    return word


def _read_place(row: dict[str, str], where: str) -> Place:
    if all(name in row for name in PIXEL_EDGES):
        x0, y0, x1, y1 = (_read_number(row, name, where) for name in PIXEL_EDGES)
        return Place((x0 + x1) / 2, (y0 + y1) / 2, in_pixels=True)
    if all(name in row for name in SHARES):
        x, y = (_read_number(row, name, where) for name in SHARES[:2])
        return Place(x, y, in_pixels=False)
    return MIDDLE


def _read_number(row: dict[str, str], column: str, where: str) -> float:
    try:
        number = float(row[column])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise TrainingError(f"{where}, column {column}: {row[column]!r} is no number")
    return number


def _check_picture(folder: Path, image: str, present: set[str], where: str) -> None:
    """Check that the picture is there. `present` holds those that were already looked for."""
    if image in present:
        return
    try:
        is_file = bool(image) and (folder / image).is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        raise TrainingError(f"{where}, column image: no such picture: {folder / image}")
    present.add(image)
