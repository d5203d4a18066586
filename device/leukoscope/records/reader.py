"""Reads records, also while the daemon writes them."""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from PIL import Image

from leukoscope.errors import StoreError, UnknownSlideError
from leukoscope.records.database import open_for_reading, translate_errors
from leukoscope.records.record import FieldRecord, SlideRecord, SlideReport
from leukoscope.records.rows import field_from_row, slide_from_row
from leukoscope.records.schema import COUNT_PICTURES, SELECT_FIELDS, SELECT_SLIDES
from leukoscope.records.slide_number import format_slide_number

DATABASE_NAME = "records.sqlite"

_Record = TypeVar("_Record")


class RecordReader:
    """The records in a folder, for reading only. It is safe to use while a daemon writes them.

    >>> with RecordReader(Path("/var/lib/leukoscope")) as records:
    ...     for slide in records.slides():
    ...         print(slide.name, slide.verdict.headline)
    """

    def __init__(self, root: Path) -> None:
        """Open the records in `root`. A folder without records reads as empty.

        Raises:
            StoreError: They can't be read.
        """
        self._root = root
        self._path = root / DATABASE_NAME
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        return open_for_reading(self._path)

    def close(self) -> None:
        """Close the records. Nothing can be read afterwards."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def slides(self) -> list[SlideRecord]:
        """Return all slides, oldest first.

        Raises:
            StoreError: A record can't be read.
        """
        return list(self._records(slide_from_row, SELECT_SLIDES, None))

    def slide(self, number: int) -> SlideReport:
        """Return a slide with its fields.

        Raises:
            UnknownSlideError: There is no such slide.
            StoreError: A record can't be read.
        """
        found = list(self._records(slide_from_row, SELECT_SLIDES, number))
        if not found:
            raise UnknownSlideError(
                f"there is no slide {format_slide_number(number)}: leukoscope slides lists them"
            )
        return SlideReport(found[0], tuple(self._records(field_from_row, SELECT_FIELDS, number)))

    def pictures_kept(self) -> int:
        """Return how many fields still have their picture.

        Raises:
            StoreError: The records can't be read.
        """
        with translate_errors(self._path):
            return int(self._connection.execute(COUNT_PICTURES).fetchone()[0])

    def load_picture(self, field: FieldRecord) -> Image.Image:
        """Return the picture of a field, RGB, after checking its SHA-256.

        Raises:
            StoreError: It was removed, is missing, or was changed. The message says which.
        """
        return Image.open(io.BytesIO(self.picture_file(field)), formats=["PNG"]).convert("RGB")

    def picture_file(self, field: FieldRecord) -> bytes:
        """Return the bytes of a field's PNG file, after checking its SHA-256.

        Raises:
            StoreError: As for `load_picture`.
        """
        if field.picture_removed:
            raise StoreError(f"{field.picture}: picture removed to make room")
        path = self._root / field.picture
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise StoreError(f"{field.picture}: picture missing") from error
        except OSError as error:
            raise StoreError(f"{field.picture}: can't read it: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != field.picture_sha256:
            raise StoreError(
                f"{field.picture}: not the picture that was recorded (SHA-256 differs)"
            )
        return data

    def _records(
        self, convert: Callable[[sqlite3.Row], _Record], query: str, slide: int | None
    ) -> Iterator[_Record]:
        with translate_errors(self._path):
            for row in self._connection.execute(query, (slide,)):
                try:
                    yield convert(row)
                except (AttributeError, KeyError, TypeError, ValueError) as error:
                    number = row[0] if slide is None else slide
                    raise StoreError(
                        f"{self._path}: a record of slide {number} can't be read ({error}): "
                        "export the other slides, and restore this one from a copy"
                    ) from error
