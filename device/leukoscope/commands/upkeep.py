"""`leukoscope upkeep`: are the records still what was recorded? An SD card loses bits without saying so."""

from __future__ import annotations

from collections.abc import Iterator

from leukoscope.errors import StoreError
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import FieldRecord


def check_records(records: RecordReader) -> Iterator[str]:
    """What is wrong with the records, a line each: what can't be read, pictures that are gone or changed.

    Opening `records` has checked the database as such. It is safe beside a daemon that writes.
    """
    for slide in records.slides():
        try:
            fields = records.slide(slide.number).fields
        except StoreError as error:
            yield str(error)
            continue
        for field in fields:
            if field.picture_removed:  # by the device itself, to make room
                continue
            try:
                records.picture_file(field)
            except StoreError as error:
                if not _removed_since(records, field):
                    yield f"{slide.name} field {field.number}: {error}"


def _removed_since(records: RecordReader, field: FieldRecord) -> bool:
    """Whether the daemon has made room by this picture in the meantime."""
    return records.slide(field.slide).fields[field.number - 1].picture_removed
