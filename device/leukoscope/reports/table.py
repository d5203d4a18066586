"""Tables for a terminal. All commands print their tables with this module."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

_GAP = "  "


def text_table(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """Return one line per row, with aligned columns. A column that is empty in every row is left out.

    A control character in a cell is printed as its escape, so that a line break in a file name does not
    break the table.

    Args:
        rows: The rows of cells. Every row has the same number of cells.
        right: Indices of the columns to align at the right, because they hold numbers.
    """
    shown = [[_on_one_line(cell) for cell in row] for row in rows]
    widths = [max(map(display_width, column)) for column in zip(*shown, strict=True)]
    return [
        _GAP.join(
            _padded(cell, width, at_right=column in right)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            if width
        ).rstrip()
        for row in shown
    ]


def table_row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return one line of a table that is printed row by row, each row as soon as it is known.

    Args:
        cells: The cells of the row.
        widths: Width of each cell in columns of the terminal. The last cell may be wider.
    """
    padded = (_padded(_on_one_line(cell), width) for cell, width in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip()


def beside(left: Sequence[str], right: Sequence[str], gap: int) -> list[str]:
    """Return two blocks of lines side by side, with `gap` columns between them."""
    width = max(map(display_width, left), default=0)
    height = max(len(left), len(right))
    return [
        (_padded(a, width + gap) + b).rstrip()
        for a, b in zip(
            [*left, *[""] * (height - len(left))],
            [*right, *[""] * (height - len(right))],
            strict=True,
        )
    ]


def display_width(text: str) -> int:
    """Return how many columns of a terminal `text` takes. Wide characters, such as Chinese ones, take two."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def _padded(cell: str, width: int, *, at_right: bool = False) -> str:
    space = " " * (width - display_width(cell))
    return space + cell if at_right else cell + space


def _on_one_line(cell: str) -> str:
    if cell.isprintable():
        return cell
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cell
    )
