"""Draws boxes around the white cells of a field on its picture, with the types of the cells that were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from PIL import Image, ImageDraw

from leukoscope.reading.cell_types import ABBREVIATIONS, BLASTS, CellType
from leukoscope.reading.results import WhiteCell
from leukoscope.reports.picture_text import write

_Box: TypeAlias = tuple[float, float, float, float]

UNREAD = "#ffd400"
_BLAST, _GRANULOCYTE, _LYMPHOCYTE, _OTHER = "#ff4d42", "#ffd400", "#4fd96b", "#ffffff"

COLOURS = {
    **dict.fromkeys(ABBREVIATIONS, _OTHER),
    **dict.fromkeys(BLASTS, _BLAST),
    CellType.NEUTROPHIL: _GRANULOCYTE,
    CellType.EOSINOPHIL: _GRANULOCYTE,
    CellType.BASOPHIL: _GRANULOCYTE,
    CellType.MYELOCYTE: _GRANULOCYTE,
    CellType.LYMPHOCYTE: _LYMPHOCYTE,
    CellType.ATYPICAL_LYMPHOCYTE: _LYMPHOCYTE,
}
"""Colour of a type's box and label. Each group of types has one colour; the label names the type."""

_LABEL_PX, _LABEL_WIDTH, _LABEL_HEIGHT = 12, 32, 15
_FAINT = (60, 60, 60, 110)  # R, G, B, opacity


def draw_cells(image: Image.Image, cells: Sequence[WhiteCell], scale: float) -> None:
    """Draw a box around each cell on `image`.

    A cell that was read gets the colour and the letters of its type. An artefact is drawn faint.

    Args:
        image: The field's picture. It is changed.
        cells: The cells, in pixels of the field.
        scale: Pixels of `image` per pixel of the field.
    """
    boxes = [((scale * c.x0, scale * c.y0, scale * c.x1, scale * c.y1), c.cell_type) for c in cells]
    draw = ImageDraw.Draw(image)
    for box, cell_type in boxes:
        if cell_type is CellType.ARTEFACT:
            _draw_artefact(image, box)
        else:
            outer = (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)
            draw.rectangle(outer, outline="#000000", width=4)
            colour = UNREAD if cell_type is None else COLOURS[cell_type]
            draw.rectangle(box, outline=colour, width=2)
    # Labels come after all boxes, so that no box crosses a label.
    for box, cell_type in boxes:
        if cell_type not in (None, CellType.ARTEFACT):
            draw_label(draw, _label_at(image, box), cell_type)


def draw_label(draw: ImageDraw.ImageDraw, at: tuple[int, int], cell_type: CellType) -> None:
    """Write a type's letters on its colour, with the upper left corner at `at`."""
    x, y = at
    box = (x, y, x + _LABEL_WIDTH, y + _LABEL_HEIGHT)
    draw.rectangle(box, fill=COLOURS[cell_type], outline="#000000")
    write(draw, (x + 3, y + 1), ABBREVIATIONS[cell_type], _LABEL_PX, "#000000")


def _draw_artefact(image: Image.Image, box: _Box) -> None:
    draw = ImageDraw.Draw(image, "RGBA")
    draw.rectangle(box, outline=_FAINT, width=1)
    write(draw, _label_at(image, box), ABBREVIATIONS[CellType.ARTEFACT], _LABEL_PX, _FAINT)


def _label_at(image: Image.Image, box: _Box) -> tuple[int, int]:
    """Return where a label goes: above its box, but within the picture."""
    x = min(round(box[0]) - 1, image.width - 1 - _LABEL_WIDTH)
    return max(x, 0), max(round(box[1]) - 1 - _LABEL_HEIGHT, 0)
