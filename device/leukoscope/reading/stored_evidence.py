"""Evidence of either kind: read back from a verdict's JSON object, and of a slide before any field was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leukoscope.reading.cell_evidence import CellEvidence
from leukoscope.reading.cell_types import CELL_TYPES
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
"""The verdict on a slide before any field was read. It is stored alike for every reader."""


def evidence_from_json(value: Mapping[str, Any], probabilities: tuple[float, ...]) -> Evidence:
    """Undo `Evidence.to_json`. A record from before cells were read has no differential.

    Args:
        value: A verdict's JSON object.
        probabilities: Of the classes, as that object holds them.

    Raises:
        KeyError: A type is missing from the differential.
        TypeError, ValueError: It is no differential.
    """
    counts = value.get("differential")
    if counts is None:
        return FieldEvidence(probabilities)
    differential = Differential(tuple(float(counts[cell_type.value]) for cell_type in CELL_TYPES))
    return CellEvidence(probabilities, differential)
