"""Draws the picture of a slide: its verdict, and each field with the evidence for the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image, ImageDraw

from leukoscope.errors import StoreError
from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.reading.results import LABELS, Evidence, Gate
from leukoscope.reading.wording import (
    decimal,
    headline_text,
    outcome_text,
    qc_mark,
    summary_text,
)
from leukoscope.records.record import FieldRecord, SlideReport
from leukoscope.reports.cell_boxes import draw_cells, draw_label
from leukoscope.reports.picture_text import text_width, write, write_right
from leukoscope.reports.scale_bar import draw_scale_bar
from leukoscope.reports.slide_text import fields_text, gate_text
from leukoscope.system.clock import time_text

LoadPicture: TypeAlias = Callable[[FieldRecord], Image.Image]
"""Returns a field's picture, or raises a StoreError that says why there is none."""

_PAPER, _CARD, _RULE = "#f4f3f0", "#ffffff", "#d9d7d1"
_INK, _FAINT = "#1d1f24", "#6d6f76"
_GOOD, _BAD = "#2e7d4f", "#b3261e"
_BAR, _BAR_MOST, _BAR_BED = "#a9b4d0", "#3b4f9c", "#eceae5"
_WINDOW = "#00c8ff"

_MARGIN, _GAP, _PAD = 32, 24, 16
_CARD_WIDTH, _ONLY_CARD_WIDTH = 640, 1080
_LINE = 24  # height of a line of gates or bars
_HEADER = 232
_DIFFERENTIAL = 156  # added to the header's height if there is a differential
_NEXT_HEADER = 208  # height of the header after the first page, without bars and differential
_FOOTER = 56
_COLUMNS_UP_TO = ((1, 1), (4, 2))  # (up to so many fields, columns)
_MOST_COLUMNS = 3
_MOST_HEIGHT = 2000  # of a page, so that it can be seen as a whole


@dataclass(frozen=True)
class Page:
    """A page of a slide's picture: its number, counted from 1, and the fields on it."""

    number: int
    fields: tuple[FieldRecord, ...]


def pages_of(report: SlideReport) -> list[Page]:
    """Lay a slide's fields out on pages. A page has room for six fields of the usual shape."""
    columns = _columns(report)
    pages: list[Page] = []
    begun, space = 0, _MOST_HEIGHT - _header_height(report, 1) - _FOOTER
    for start in range(0, len(report.fields), columns):
        height = _line_height(report, report.fields[start : start + columns])
        if height > space and start > begun:
            pages.append(Page(len(pages) + 1, report.fields[begun:start]))
            begun = start
            space = _MOST_HEIGHT - _header_height(report, len(pages) + 1) - _FOOTER
        space -= height
    return [*pages, Page(len(pages) + 1, report.fields[begun:])]


def draw_page(report: SlideReport, page: Page, pages: int, load: LoadPicture) -> Image.Image:
    """Draw a page: a header with the verdict, then a card for each of its fields.

    Only the first page has the differential. A card shows the field's picture with a scale bar, boxes around the white
    cells, the types of those that were read, and a dashed outline around the window that the model saw, if there is
    one. Below are the gates with their limits, and the probabilities as bars.

    Args:
        report: The slide and its fields.
        page: The page to draw.
        pages: Number of pages.
        load: Returns a field's picture. If it raises a StoreError, the card shows the message in its place.

    Returns:
        The page, RGB.
    """
    columns, card_width = _columns(report), _card_width(report)
    lines = [page.fields[start : start + columns] for start in range(0, len(page.fields), columns)]
    header = _header_height(report, page.number)
    width = 2 * _MARGIN + columns * card_width + (columns - 1) * _GAP
    height = header + sum(_line_height(report, line) for line in lines) + _FOOTER
    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    _draw_header(draw, report, width, page.number, pages)
    y = header
    for line in lines:
        line_height = _line_height(report, line)
        for column, field in enumerate(line):
            x = _MARGIN + column * (card_width + _GAP)
            _draw_card(sheet, (x, y), (card_width, line_height - _GAP), field, load)
        y += line_height
    _draw_footer(draw, report, (width, y + 8))
    return sheet


def _columns(report: SlideReport) -> int:
    """Return how many cards are side by side. It is the same on all pages of a slide."""
    count = len(report.fields)
    return next((columns for most, columns in _COLUMNS_UP_TO if count <= most), _MOST_COLUMNS)


def _card_width(report: SlideReport) -> int:
    return _ONLY_CARD_WIDTH if _columns(report) == 1 else _CARD_WIDTH


def _line_height(report: SlideReport, fields: Sequence[FieldRecord]) -> int:
    """Return the height of a line of cards, with the space below it."""
    return max(_card_height(field, _card_width(report)) for field in fields) + _GAP


def _header_height(report: SlideReport, page: int) -> int:
    if page > 1:
        return _NEXT_HEADER
    return _HEADER + (_DIFFERENTIAL if report.slide.verdict.evidence.rows() else 0)


def _draw_header(
    draw: ImageDraw.ImageDraw, report: SlideReport, width: int, page: int, pages: int
) -> None:
    slide, verdict = report.slide, report.slide.verdict
    x, y = _MARGIN, _MARGIN
    write(draw, (x, y), slide.name, 26, _FAINT)
    after = x + 104
    for tag in filter(None, [SIMULATED if slide.simulated else "", qc_mark(verdict.qc)]):
        after = _draw_tag(draw, (after, y + 2), tag) + 12
    write(draw, (x, y + 36), headline_text(verdict), 60, _INK)
    write(draw, (x, y + 112), summary_text(verdict), 20, _INK)
    ended = "not finished" if slide.ended_by is None else f"ended by {slide.ended_by.value}"
    begun = time_text(slide.begun, slide.clock_synced)
    line = f"fields: {fields_text(slide)}, begun {begun} UTC, {ended}"
    if pages > 1:
        line += f", page {page} of {pages}"
    write(draw, (x, y + 142), line, 18, _FAINT)
    if page > 1:
        return
    right = (width - _MARGIN - 520, y + 24)
    if verdict.evidence.rows():
        _draw_bars(draw, (x, y + 184), 520, verdict.probabilities)
        _draw_differential(draw, (right[0], y), 520, verdict.evidence)
    elif verdict.probabilities:
        _draw_bars(draw, right, 520, verdict.probabilities)


def _draw_differential(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], width: int, evidence: Evidence
) -> None:
    """Draw the table of a differential: letters, name, count, share and bar of each type."""
    x, y = at
    count, left, right = x + 270, x + 290, x + width - 60
    for i, row in enumerate(evidence.rows()):
        top = y + i * _LINE
        draw_label(draw, (x, top + 2), row.cell_type)
        write(draw, (x + 40, top), row.cell_type.value, 16, _INK)
        write_right(draw, (count, top), f"{row.count:.1f}", 16, _INK)
        write_right(draw, (x + width, top), row.share_text, 16, _INK)
        if row.share is not None:
            draw.rectangle((left, top + 3, right, top + 15), fill=_BAR_BED)
            if row.share > 0:
                edge = left + row.share * (right - left)
                draw.rectangle((left, top + 3, edge, top + 15), fill=_BAR)
    top = y + len(evidence.rows()) * _LINE + 2
    draw.line((x, top, x + width, top), fill=_RULE)
    write(draw, (x + 40, top + 4), "white cells", 16, _INK)
    write_right(draw, (count, top + 4), f"{evidence.counted:.1f}", 16, _INK)


def _draw_footer(draw: ImageDraw.ImageDraw, report: SlideReport, at: tuple[int, int]) -> None:
    """Write the notice, and at the right the model and software that read the slide, or all of them."""
    right, y = at
    write(draw, (_MARGIN, y), NOTICE, 18, _INK)
    made_by = [field.provenance for field in report.fields]
    models = sorted({f"{p.model_name} {p.model_version}" for p in made_by})
    software = sorted({p.software_version for p in made_by})
    text = f"{', '.join(models)}, Leukoscope {', '.join(software)}"
    write_right(draw, (right - _MARGIN, y), text, 16, _FAINT)


def _draw_card(
    sheet: Image.Image,
    at: tuple[int, int],
    size: tuple[int, int],
    field: FieldRecord,
    load: LoadPicture,
) -> None:
    draw = ImageDraw.Draw(sheet)
    (x, y), (width, height) = at, size
    draw.rounded_rectangle((x, y, x + width, y + height), 8, fill=_CARD, outline=_RULE)
    refused_by = field.reading.failed_gate
    if refused_by is not None:
        outcome, colour = f"refused: {refused_by.problem}", _BAD
    elif field.verdict is not None:
        outcome, colour = outcome_text(field.verdict), _INK
    else:
        outcome, colour = "no verdict", _FAINT
    write(draw, (x + _PAD, y + 12), f"Field {field.number}", 20, _FAINT)
    write(draw, (x + _PAD + 92, y + 12), outcome, 20, colour)
    if field.provenance.simulated:
        _draw_tag(draw, (x + width - _PAD - 108, y + 10), SIMULATED)
    y += 48
    image_height = _image_height(field, width)
    try:
        sheet.paste(_annotated(field, load(field), width), (x, y))
    except StoreError as error:
        draw.rectangle((x, y, x + width, y + image_height), fill=_BAR_BED)
        write(draw, (x + _PAD, y + image_height // 2 - 10), str(error), 16, _BAD)
    y += image_height + _PAD
    for i, gate in enumerate(field.reading.gates):
        _draw_gate(draw, (x + _PAD, y + i * _LINE), gate)
    if field.reading.probabilities is not None:
        _draw_bars(draw, (x + 376, y), width - 376 - _PAD, field.reading.probabilities)


def _annotated(field: FieldRecord, picture: Image.Image, width: int) -> Image.Image:
    """Return the picture, `width` pixels wide, with window, cells and scale bar drawn on it."""
    image = picture.resize((width, _image_height(field, width)), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(image)
    scale = image.width / field.width_px
    window = field.reading.window
    if window is not None:
        box = tuple(scale * edge for edge in (window.x0, window.y0, window.x1, window.y1))
        _draw_dashed_box(draw, box)
    draw_cells(image, field.reading.white_cells, scale)
    draw_scale_bar(image, field.um_per_px / scale)
    return image


def _draw_dashed_box(draw: ImageDraw.ImageDraw, box: Sequence[float]) -> None:
    """Draw the model's window, dashed so that it is not taken for a cell."""
    x0, y0, x1, y1 = box
    dash, step = 12, 20
    for start in range(round(x0), round(x1), step):
        end = min(start + dash, x1)
        draw.line((start, y0 + 1, end, y0 + 1), fill=_WINDOW, width=3)
        draw.line((start, y1 - 2, end, y1 - 2), fill=_WINDOW, width=3)
    for start in range(round(y0), round(y1), step):
        end = min(start + dash, y1)
        draw.line((x0 + 1, start, x0 + 1, end), fill=_WINDOW, width=3)
        draw.line((x1 - 2, start, x1 - 2, end), fill=_WINDOW, width=3)


def _draw_gate(draw: ImageDraw.ImageDraw, at: tuple[int, int], gate: Gate) -> None:
    x, y = at
    colour = _GOOD if gate.passed else _BAD
    name, value, limits = gate_text(gate)
    draw.ellipse((x, y + 4, x + 10, y + 14), fill=colour)
    write(draw, (x + 20, y), name, 16, _INK if gate.passed else _BAD)
    write(draw, (x + 120, y), value, 16, _INK if gate.passed else _BAD)
    write(draw, (x + 222, y), limits, 16, _FAINT)


def _draw_bars(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], width: int, probabilities: Sequence[float]
) -> None:
    """Draw a bar for each class. The longest is darker."""
    x, y = at
    left, right = x + 66, x + width - 60
    for i, (label, p) in enumerate(zip(LABELS, probabilities, strict=True)):
        top = y + i * _LINE
        write(draw, (x, top), label, 16, _INK)
        draw.rectangle((left, top + 3, right, top + 15), fill=_BAR_BED)
        if p > 0:
            colour = _BAR_MOST if p == max(probabilities) else _BAR
            draw.rectangle((left, top + 3, left + p * (right - left), top + 15), fill=colour)
        write_right(draw, (x + width, top), decimal(p), 16, _INK)


def _draw_tag(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str) -> int:
    """Write `text` on red. Return the first free column after it."""
    x, y = at
    right = x + 18 + round(text_width(text, 16))
    draw.rounded_rectangle((x, y, right, y + 24), 4, fill=_BAD)
    write(draw, (x + 9, y + 3), text, 16, "#ffffff")
    return right


def _card_height(field: FieldRecord, width: int) -> int:
    bars = 0 if field.reading.probabilities is None else len(LABELS)
    lines = max(len(field.reading.gates), bars)
    return 48 + _image_height(field, width) + _PAD + _LINE * lines + _PAD


def _image_height(field: FieldRecord, width: int) -> int:
    """Return the height in pixels of a field drawn `width` pixels wide."""
    return max(1, round(width * field.height_px / field.width_px))
