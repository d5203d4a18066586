"""Writes the picture of a slide as files: one, or several pages if the slide has many fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from leukoscope.records.png import PAGE, encode_png
from leukoscope.records.record import SlideRecord, SlideReport
from leukoscope.reports.slide_picture import LoadPicture, Page, draw_page, pages_of

MADE_BY = "leukoscope show"
"""The keyword Software in each PNG. Together with the slide in its Title it shows which files may be removed later."""


def picture_files(report: SlideReport, path: Path) -> list[tuple[Path, Page]]:
    """Return the file of each page: S0042.png for a single page, otherwise S0042-1.png, S0042-2.png and so on."""
    pages = pages_of(report)
    if len(pages) == 1:
        return [(path, pages[0])]
    digits = len(str(len(pages)))
    return [(path.with_stem(f"{path.stem}-{page.number:0{digits}}"), page) for page in pages]


def write_pictures(
    report: SlideReport, files: list[tuple[Path, Page]], load: LoadPicture, workers: int
) -> Iterator[Path]:
    """Write each page.

    Args:
        report: The slide and its fields.
        files: From `picture_files`.
        load: Returns a field's picture.
        workers: Number of pages drawn at the same time, >= 1.

    Yields:
        The path of each page, in order.

    Raises:
        OSError: A file can't be written.
        ValueError: The suffix is of no picture format.
    """

    def write(file: tuple[Path, Page]) -> Path:
        path, page = file
        picture = draw_page(report, page, len(files), load)
        if path.suffix.lower() != ".png":
            picture.save(path)
            return path
        title = f"{_title(report.slide)}{page.number} of {len(files)}"
        texts = {"Software": MADE_BY, "Title": title}
        path.write_bytes(encode_png(picture, texts, compression=PAGE))
        return path

    with ThreadPoolExecutor(workers, thread_name_prefix="page") as pool:
        yield from pool.map(write, files)


def earlier_pictures(slide: SlideRecord, path: Path, written: list[Path]) -> list[Path]:
    """Return the pictures of `slide` that an earlier call wrote for the same `path`, except for those in `written`.

    They are from when the slide had another number of pages. Beside the new pages they would mislead.
    """
    name = re.compile(rf"{re.escape(path.stem)}(-\d+)?{re.escape(path.suffix)}")
    return sorted(
        found
        for found in path.parent.iterdir()
        if name.fullmatch(found.name) and found not in written and _made_of(slide, found)
    )


def _made_of(slide: SlideRecord, path: Path) -> bool:
    """Return whether `leukoscope show` wrote this file of this slide. No other file is removed."""
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            title = str(picture.info.get("Title", ""))
            return picture.info.get("Software") == MADE_BY and title.startswith(_title(slide))
    except (OSError, ValueError, Image.DecompressionBombError):  # a folder, or no undamaged PNG
        return False


def _title(slide: SlideRecord) -> str:
    """Return how the Title of a slide's pictures begins."""
    return f"{slide.name}, page "
