"""Converts readings and verdicts to the JSON of the database and the exports, and back.

A number that JSON does not have is written as text: "nan", "inf", "-inf". The names of cell types and measurements are
keys. A key that an older version did not write is read as absent: such a cell has no types, such a verdict no
differential.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from leukoscope.reading.cell_types import ADDED_LATER, CELL_TYPES
from leukoscope.reading.results import (
    LABELS,
    FieldReading,
    Gate,
    GateName,
    Measurements,
    Pattern,
    QcState,
    Reason,
    Verdict,
    WhiteCell,
    Window,
)
from leukoscope.reading.stored_evidence import evidence_from_json

JsonObject: TypeAlias = dict[str, Any]

_EARLIER_REASONS = {
    "under 50 cells": Reason.FEW_CELLS,
    "under 50 cells: go on": Reason.FEW_CELLS,
    "many artefacts: go on": Reason.ARTEFACTS,
}
"""Reasons as older versions wrote them."""

_EARLIER_PATTERNS = {"CLL": Pattern.LYMPHOCYTOSIS}
"""Patterns as versions before 0.4.0 wrote them."""

_TYPE_NAMES = tuple(cell_type.value for cell_type in CELL_TYPES)
_ABSENT_IN_OLD = {cell_type.value: 0.0 for cell_type in ADDED_LATER}
_MEASUREMENT_NAMES = tuple(field.name for field in dataclasses.fields(Measurements))


def dump(value: object) -> str:
    """Return `value` as one line of ASCII JSON. A value of a type that JSON does not have is written as its str()."""
    return json.dumps(_finite(value), allow_nan=False, default=str, separators=(",", ":"))


def load_object(text: str) -> JsonObject:
    """Return the JSON object in `text`.

    Raises:
        ValueError: The text is no JSON object.
    """
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def verdict_to_json(verdict: Verdict) -> JsonObject:
    """Return a verdict as a JSON object.

    It also has the headline and the finding, which other programs can show as they are.
    """
    return {
        "headline": verdict.headline,
        "label": verdict.label,
        "pattern": None if verdict.pattern is None else verdict.pattern.value,
        "confidence": _number(verdict.confidence),
        "pattern_confidence": _number(verdict.pattern_confidence),
        "probabilities": _labelled(verdict.probabilities),
        "white_cells": int(verdict.white_cells),
        "fields": int(verdict.fields),
        "reason": None if verdict.reason is None else verdict.reason.value,
        **verdict.evidence.to_json(verdict),
        "control": None if verdict.qc is None else verdict.qc.value,
    }


def verdict_from_json(value: JsonObject) -> Verdict:
    """Return the verdict in a JSON object of `verdict_to_json`.

    Raises:
        KeyError, TypeError, ValueError: The object is not such a verdict.
    """
    pattern, reason = value["pattern"], value["reason"]
    control = value.get("control")
    return Verdict(
        label=value["label"],
        pattern=None if pattern is None else _EARLIER_PATTERNS.get(pattern) or Pattern(pattern),
        confidence=float(value["confidence"]),
        pattern_confidence=float(value["pattern_confidence"]),
        evidence=evidence_from_json(value, _unlabelled(value["probabilities"]) or ()),
        white_cells=int(value["white_cells"]),
        fields=int(value["fields"]),
        reason=None if reason is None else _EARLIER_REASONS.get(reason) or Reason(reason),
        qc=None if control is None else QcState(control),
    )


def reading_to_json(reading: FieldReading) -> JsonObject:
    """Return the reading of a field as a JSON object."""
    window = reading.window
    return {
        "gates": [gate_to_json(gate) for gate in reading.gates],
        "white_cells": [_cell_to_json(cell) for cell in reading.white_cells],
        "window": None if window is None else _box_to_json(window),
        "probabilities": _labelled(reading.probabilities),
    }


def reading_from_json(value: JsonObject) -> FieldReading:
    """Return the reading in a JSON object of `reading_to_json`.

    Raises:
        KeyError, TypeError, ValueError: The object is not such a reading.
    """
    window = value["window"]
    return FieldReading(
        gates=tuple(_gate_from_json(gate) for gate in value["gates"]),
        white_cells=tuple(_cell_from_json(cell) for cell in value["white_cells"]),
        window=None if window is None else Window(*_box_from_json(window)),
        probabilities=_unlabelled(value["probabilities"]),
    )


def _cell_to_json(cell: WhiteCell) -> JsonObject:
    """Return a cell as a JSON object. Types and measurements are left out if the cell was not read."""
    value = {**_box_to_json(cell), "nucleus_um2": _number(cell.nucleus_um2)}
    if cell.cell_type is not None:
        value |= {"type": cell.cell_type.value, "types": _by_name(_TYPE_NAMES, cell.types)}
    if cell.measurements is not None:
        values = dataclasses.astuple(cell.measurements)
        value["measurements"] = _by_name(_MEASUREMENT_NAMES, values)
    return value


def _cell_from_json(value: JsonObject) -> WhiteCell:
    measurements = value.get("measurements")
    return WhiteCell(
        *_box_from_json(value),
        nucleus_um2=float(value["nucleus_um2"]),
        measurements=None
        if measurements is None
        else Measurements(*_in_order(_MEASUREMENT_NAMES, measurements)),
        types=_in_order(_TYPE_NAMES, _ABSENT_IN_OLD | value["types"]) if "types" in value else (),
    )


def gate_to_json(gate: Gate) -> JsonObject:
    """Return one gate as a JSON object, with its problem and advice."""
    return {
        "name": gate.name.value,
        "passed": gate.passed,
        "value": _number(gate.value),
        "unit": gate.unit,
        "low": None if gate.low is None else _number(gate.low),
        "high": None if gate.high is None else _number(gate.high),
        "problem": gate.problem,
        "advice": gate.advice,
    }


def _gate_from_json(value: JsonObject) -> Gate:
    low, high = value["low"], value["high"]
    return Gate(
        name=GateName(value["name"]),
        value=float(value["value"]),
        unit=value["unit"],
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        problem=value["problem"],
        advice=value["advice"],
    )


def _box_to_json(box: WhiteCell | Window) -> JsonObject:
    return {"x0": int(box.x0), "y0": int(box.y0), "x1": int(box.x1), "y1": int(box.y1)}


def _box_from_json(value: JsonObject) -> tuple[int, int, int, int]:
    return int(value["x0"]), int(value["y0"]), int(value["x1"]), int(value["y1"])


def _labelled(probabilities: tuple[float, ...] | None) -> JsonObject | None:
    """Return the probabilities by label; {} if there are none, None for None."""
    if probabilities is None:
        return None
    return _by_name(LABELS, probabilities) if probabilities else {}


def _unlabelled(value: JsonObject | None) -> tuple[float, ...] | None:
    if value is None:
        return None
    return _in_order(LABELS, value) if value else ()


def _by_name(names: Sequence[str], values: Sequence[float]) -> JsonObject:
    return {name: _number(value) for name, value in zip(names, values, strict=True)}


def _in_order(names: Sequence[str], value: JsonObject) -> tuple[float, ...]:
    return tuple(float(value[name]) for name in names)


def _number(value: float) -> float | str:
    """Return a Python float (not NumPy's), or text if JSON has no such number."""
    plain = float(value)
    return plain if math.isfinite(plain) else str(plain)


def _finite(value: object) -> object:
    """Return `value` with all keys as text, and with numbers that JSON does not have as text."""
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
