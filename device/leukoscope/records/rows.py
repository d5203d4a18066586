"""Converts records to rows of the database, and back."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from leukoscope.notice import NOTICE
from leukoscope.records.codec import (
    dump,
    load_object,
    reading_from_json,
    reading_to_json,
    verdict_from_json,
    verdict_to_json,
)
from leukoscope.records.provenance import Provenance
from leukoscope.records.record import EndedBy, FieldRecord, SlideRecord


def field_to_row(field: FieldRecord) -> dict[str, object]:
    """Return a value for each of `schema.FIELD_COLUMNS`."""
    made_by = field.provenance
    return {
        "slide": field.slide,
        "number": field.number,
        "picture": field.picture,
        "picture_sha256": field.picture_sha256,
        "picture_removed": int(field.picture_removed),
        "width_px": field.width_px,
        "height_px": field.height_px,
        "um_per_px": float(field.um_per_px),
        "off_level": None if field.off_level is None else float(field.off_level),
        "metadata": dump(field.metadata),
        "reading": dump(reading_to_json(field.reading)),
        "verdict": None if field.verdict is None else dump(verdict_to_json(field.verdict)),
        "slide_verdict": dump(verdict_to_json(field.slide_verdict)),
        "model_name": made_by.model_name,
        "model_version": made_by.model_version,
        "model_sha256": made_by.model_sha256,
        "calibration_sha256": made_by.calibration_sha256,
        "software_version": made_by.software_version,
        "boot_id": made_by.boot_id,
        "monotonic_s": float(made_by.monotonic_s),
        "wall_time": made_by.wall_time,
        "clock_synced": int(made_by.clock_synced),
        "simulated": int(made_by.simulated),
        "notice": NOTICE,
    }


def field_from_row(row: sqlite3.Row) -> FieldRecord:
    """Return the record of a field from its row.

    Raises:
        KeyError, TypeError, ValueError: The row is damaged.
    """
    return FieldRecord(
        record=row["record"],
        slide=row["slide"],
        number=row["number"],
        picture=row["picture"],
        picture_sha256=row["picture_sha256"],
        picture_removed=bool(row["picture_removed"]),
        width_px=row["width_px"],
        height_px=row["height_px"],
        um_per_px=row["um_per_px"],
        off_level=row["off_level"],
        metadata=load_object(row["metadata"]),
        reading=reading_from_json(load_object(row["reading"])),
        verdict=None if row["verdict"] is None else verdict_from_json(load_object(row["verdict"])),
        slide_verdict=verdict_from_json(load_object(row["slide_verdict"])),
        provenance=Provenance(
            model_name=row["model_name"],
            model_version=row["model_version"],
            model_sha256=row["model_sha256"],
            calibration_sha256=row["calibration_sha256"],
            software_version=row["software_version"],
            boot_id=row["boot_id"],
            monotonic_s=row["monotonic_s"],
            wall_time=row["wall_time"],
            clock_synced=bool(row["clock_synced"]),
            simulated=bool(row["simulated"]),
        ),
    )


def slide_from_row(row: sqlite3.Row) -> SlideRecord:
    """Return the record of a slide from its row.

    Raises:
        KeyError, TypeError, ValueError: The row is damaged.
    """
    return SlideRecord(
        number=row["number"],
        verdict=verdict_from_json(load_object(row["verdict"])),
        ended_by=None if row["ended_by"] is None else EndedBy(row["ended_by"]),
        begun=row["begun"],
        clock_synced=bool(row["clock_synced"]),
        fields_kept=row["fields_kept"],
        fields_refused=row["fields_refused"],
        simulated=bool(row["simulated"]),
    )


def as_stored(field: FieldRecord) -> FieldRecord:
    """Return the record as it will be read back: with its metadata in the types of JSON."""
    return replace(field, metadata=load_object(dump(field.metadata)))
