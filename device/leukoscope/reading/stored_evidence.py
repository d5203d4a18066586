"""Restores the evidence of a stored verdict: that of a reader of cells, or that of a reader of whole fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leukoscope.reading.cell_evidence import CellEvidence
from leukoscope.reading.cell_types import ADDED_LATER, CELL_TYPES
from leukoscope.reading.differential import Differential
from leukoscope.reading.field_evidence import FieldEvidence
from leukoscope.reading.results import Evidence, Reason, Verdict

NOTHING_READ = Verdict(
    label=None,
    pattern=None,
    confidence=0.0,
    pattern_confidence=0.0,
    evidence=FieldEvidence(()),
    white_cells=0,
    fields=0,
    reason=Reason.NO_FIELD,
)
"""The verdict on a slide before any field was read. It is the same, and is stored the same, for every reader."""


def evidence_from_json(value: Mapping[str, Any], probabilities: tuple[float, ...]) -> Evidence:
    """Restore the evidence that `Evidence.to_json` wrote.

    A record from before the reader of cells existed has no key "differential".

    Args:
        value: A verdict's JSON object.
        probabilities: The class probabilities from that object.

    Raises:
        KeyError: A type is missing from the differential.
        TypeError: The differential is not an object of numbers.
        ValueError: A count is not a number.
    """
    counts = value.get("differential")
    if counts is None:
        return FieldEvidence(probabilities)
    known = _ABSENT_IN_OLD | counts
    differential = Differential(tuple(float(known[cell_type.value]) for cell_type in CELL_TYPES))
    return CellEvidence(probabilities, differential)


_ABSENT_IN_OLD = {cell_type.value: 0.0 for cell_type in ADDED_LATER}
