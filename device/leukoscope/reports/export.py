"""Exports records as CSV or JSON. They are written slide by slide to a text stream.

JSON: one object, {"notice", "software_version", "slides": [...]}. Each slide has its "fields".

CSV: one table. Each field has a row of kind "field"; after the fields of a slide comes a row of kind "slide". Every row
has the notice. Columns that a kind does not have are empty. Each gate has three columns: its value, its unit, and
whether it passed. Of the white cells of a field the CSV has only the number; their boxes, types and measurements are in
the JSON. If cells were read, the last columns hold the finding, the state of the control slides, and the count of each
cell type.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import TextIO

from leukoscope import __version__
from leukoscope.notice import NOTICE
from leukoscope.reading.cell_types import CELL_TYPES
from leukoscope.reading.results import LABELS, GateName, Verdict
from leukoscope.records.codec import JsonObject, dump, reading_to_json, verdict_to_json
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import FieldRecord, SlideRecord, SlideReport
from leukoscope.records.slide_number import format_slide_number

_VERDICT_COLUMNS = (
    "headline",
    "label",
    "pattern",
    "confidence",
    "pattern_confidence",
    "white_cells",
    "fields",
    "reason",
    *(f"p_{label}" for label in LABELS),
)
_COUNT_COLUMNS = {t: f"n_{t.value.replace(' ', '_')}" for t in CELL_TYPES}
"""The column with the count of each cell type."""

_GATE_COLUMNS = tuple(
    f"gate_{gate.value}_{part}" for gate in GateName for part in ("value", "unit", "passed")
)
_PROVENANCE_COLUMNS = (
    "wall_time",
    "clock_synced",
    "boot_id",
    "monotonic_s",
    "software_version",
    "model_name",
    "model_version",
    "model_sha256",
    "calibration_sha256",
)
COLUMNS = (
    "kind",
    "slide",
    "field",
    "record",
    "simulated",
    *_VERDICT_COLUMNS,
    "ended_by",
    "refused_by",
    *_GATE_COLUMNS,
    "picture",
    "picture_sha256",
    "picture_removed",
    "width_px",
    "height_px",
    "um_per_px",
    "off_level",
    "camera_metadata",
    *_PROVENANCE_COLUMNS,
    "notice",
    "finding",
    "control",
    *_COUNT_COLUMNS.values(),
)
"""The header of the CSV. A field's row has the verdict of that field alone.

New columns come last, so that programs that count columns still find the others.
"""


def export_json(reader: RecordReader, stream: TextIO) -> None:
    """Write all records as one JSON object.

    Raises:
        StoreError: A record can't be read.
        OSError: The stream can't be written.
    """
    head = dump({"notice": NOTICE, "software_version": __version__})
    stream.write(head.removesuffix("}") + ', "slides": [')
    separator = "\n"
    for slide in reader.slides():
        stream.write(separator + dump(_report_to_json(reader.slide(slide.number))))
        separator = ",\n"
    stream.write("\n]}\n")


def export_csv(reader: RecordReader, stream: TextIO) -> None:
    """Write all records as one CSV table.

    Raises:
        StoreError: A record can't be read.
        OSError: The stream can't be written.
    """
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for slide in reader.slides():
        report = reader.slide(slide.number)
        for field in report.fields:
            writer.writerow(_plain(_field_row(field)))
        writer.writerow(_plain(_slide_row(report.slide)))


def _report_to_json(report: SlideReport) -> JsonObject:
    slide = report.slide
    return {
        "slide": slide.name,
        "simulated": slide.simulated,
        "begun": slide.begun,
        "clock_synced": slide.clock_synced,
        "ended_by": None if slide.ended_by is None else slide.ended_by.value,
        "verdict": verdict_to_json(slide.verdict),
        "notice": NOTICE,
        "fields": [_field_to_json(field) for field in report.fields],
    }


def _field_to_json(field: FieldRecord) -> JsonObject:
    return {
        "field": field.number,
        "record": field.record,
        "verdict": None if field.verdict is None else verdict_to_json(field.verdict),
        "slide_verdict": verdict_to_json(field.slide_verdict),
        **reading_to_json(field.reading),
        "picture": field.picture,
        "picture_sha256": field.picture_sha256,
        "picture_removed": field.picture_removed,
        "width_px": field.width_px,
        "height_px": field.height_px,
        "um_per_px": field.um_per_px,
        "off_level": field.off_level,
        "camera_metadata": field.metadata,
        **{name: getattr(field.provenance, name) for name in _PROVENANCE_COLUMNS},
        "simulated": field.provenance.simulated,
    }


def _field_row(field: FieldRecord) -> dict[str, object]:
    row: dict[str, object] = {
        "kind": "field",
        "slide": format_slide_number(field.slide),
        "field": field.number,
        "record": field.record,
        "simulated": field.provenance.simulated,
        "white_cells": len(field.reading.white_cells),
        "picture": field.picture,
        "picture_sha256": field.picture_sha256,
        "picture_removed": field.picture_removed,
        "width_px": field.width_px,
        "height_px": field.height_px,
        "um_per_px": field.um_per_px,
        "off_level": field.off_level,
        "camera_metadata": dump(field.metadata),
        "notice": NOTICE,
    }
    if field.verdict is not None:
        row |= _verdict_row(field.verdict)
    refused_by = field.reading.failed_gate
    if refused_by is not None:
        row["refused_by"] = refused_by.name.value
    for gate in field.reading.gates:
        name = f"gate_{gate.name.value}"
        row |= {
            f"{name}_value": gate.value,
            f"{name}_unit": gate.unit,
            f"{name}_passed": gate.passed,
        }
    row |= {name: getattr(field.provenance, name) for name in _PROVENANCE_COLUMNS}
    return row


def _slide_row(slide: SlideRecord) -> dict[str, object]:
    return {
        "kind": "slide",
        "slide": slide.name,
        "simulated": slide.simulated,
        **_verdict_row(slide.verdict),
        "ended_by": None if slide.ended_by is None else slide.ended_by.value,
        "wall_time": slide.begun,
        "clock_synced": slide.clock_synced,
        "notice": NOTICE,
    }


def _verdict_row(verdict: Verdict) -> dict[str, object]:
    value = verdict_to_json(verdict)
    row = {name: value[name] for name in (*_VERDICT_COLUMNS, "finding", "control") if name in value}
    row |= {_COUNT_COLUMNS[counted.cell_type]: counted.count for counted in verdict.evidence.rows()}
    return row | {f"p_{label}": p for label, p in value["probabilities"].items()}


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    """Return the row with its bools as 'true' and 'false', as in JSON."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in row.items()
    }
