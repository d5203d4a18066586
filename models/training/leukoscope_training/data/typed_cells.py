"""Reads lists of cells that experts have typed (cells.csv), and sorts their words into groups."""

from __future__ import annotations

import csv
import enum
import math
from dataclasses import dataclass
from pathlib import Path

from leukoscope.microscope.image_files import find_image_files
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
class CellBox:
    """The box that an expert drew around a cell.

    Attributes:
        x: Its middle, from the left.
        y: Its middle, from the top.
        width: Its width, >= 0.
        height: Its height, >= 0.
        in_pixels: Whether these are pixels of the file. If not, they are shares of its width and height.
    """

    x: float
    y: float
    width: float
    height: float
    in_pixels: bool


@dataclass(frozen=True)
class TypedCell:
    """A cell that an expert has typed.

    Attributes:
        path: Its picture.
        word: One of `WORDS`.
        patient: The patient or slide; "" where it is not known.
        box: Where it is in the picture. None for a picture of a single cell, which has it in the middle.
    """

    path: Path
    word: str
    patient: str = ""
    box: CellBox | None = None

    @property
    def expert_type(self) -> ExpertType:
        """What the word means."""
        return WORDS[self.word]


def read_typed_cells(listing: Path) -> list[TypedCell]:
    """Read a list of typed cells.

    Its columns are `image`; `cell_type` or `lymphocytosis`; where known `patient` or `slide`; and, for pictures of
    more than one cell, a box: `x0, y0, x1, y1` in pixels, or `cx, cy, w, h` as shares of the picture. The path of a
    picture starts in the folder of the list. A name alone is also looked for in the folders below.

    Raises:
        TrainingError: A column, value or picture is missing or not known. The message names file and line.
        OSError: The file can't be read.
    """
    cells = []
    pictures = _Pictures(listing.parent)
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
                    pictures.locate(row["image"], where),
                    _known_word(row[type_column], f"{where}, column {type_column}"),
                    row[group_column] if group_column else "",
                    _read_box(row, where),
                )
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


def _read_box(row: dict[str, str], where: str) -> CellBox | None:
    if all(name in row for name in PIXEL_EDGES):
        x0, y0, x1, y1 = (_read_number(row, name, where) for name in PIXEL_EDGES)
        box = CellBox((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, in_pixels=True)
    elif all(name in row for name in SHARES):
        x, y, width, height = (_read_number(row, name, where) for name in SHARES)
        box = CellBox(x, y, width, height, in_pixels=False)
    else:
        return None
    if box.width < 0 or box.height < 0:
        raise TrainingError(f"{where}: the box ends before it begins")
    return box


def _read_number(row: dict[str, str], column: str, where: str) -> float:
    try:
        number = float(row[column])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise TrainingError(f"{where}, column {column}: {row[column]!r} is no number")
    return number


class _Pictures:
    """Locates the pictures of a list."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._located: dict[str, Path] = {}
        self._below: dict[str, list[Path]] | None = None

    def locate(self, image: str, where: str) -> Path:
        """Return the path of a picture.

        Raises:
            TrainingError: There is no such picture, or there are several of that name.
        """
        if image not in self._located:
            self._located[image] = self._search(image, where)
        return self._located[image]

    def _search(self, image: str, where: str) -> Path:
        path = self._folder / image
        try:
            if image and path.is_file():
                return path
        except (OSError, ValueError):
            pass  # too long a name, or one with a null: no file has it
        if self._below is None:
            self._below = {}
            for found in find_image_files([self._folder])[0]:
                self._below.setdefault(found.name, []).append(found)
        named = self._below.get(image, [])
        if len(named) != 1:
            problem = "several pictures have this name" if named else "no such picture"
            raise TrainingError(f"{where}, column image: {problem}: {path}")
        return named[0]
