"""Fields, readings and verdicts for the tests of records, plain and drawn by hypothesis."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from leukoscope.field import Field
from leukoscope.reading.cell_evidence import CellEvidence
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.differential import Differential
from leukoscope.reading.field_evidence import FieldEvidence
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
from leukoscope.reading.stored_evidence import NOTHING_READ
from leukoscope.records.provenance import Provenance
from leukoscope.records.record import FieldRecord
from leukoscope.records.store import RecordStore

PROBABILITIES = (0.03, 0.81, 0.10, 0.04, 0.02)
VERDICT = Verdict("ALL", Pattern.ACUTE, 0.81, 0.91, FieldEvidence(PROBABILITIES), 2, 1, None)
UNSURE = Verdict(
    None, Pattern.ACUTE, 0.55, 0.91, FieldEvidence(PROBABILITIES), 37, 5, Reason.CLASS_UNSURE
)
NOTHING = NOTHING_READ
PASSED = (
    Gate(GateName.LIGHT, 41.2, "", 8.0, None),
    Gate(GateName.EXPOSURE, 201.3, "", 120.0, 235.0),
    Gate(GateName.CLIPPING, 0.02, "%", None, 1.0),
    Gate(GateName.FOCUS, 1.31, "µm", 0.8, None),
    Gate(GateName.WHITE_CELLS, 2.0, "", 1.0, None),
)
BLURRED = Gate(GateName.FOCUS, 0.31, "µm", 0.8, None, "OUT OF FOCUS", "turn the fine knob")
READING = FieldReading(
    PASSED,
    (WhiteCell(10, 8, 22, 20, 60.5), WhiteCell(40, 30, 52, 42, 48.0)),
    Window(4, 0, 60, 48),
    PROBABILITIES,
)
MEASUREMENTS = Measurements(95.2, 131.7, 0.72, 1.0, 0.91, 2.3, 0.21, 0.09, 0.04)


def types(cell_type: CellType) -> tuple[float, ...]:
    """The types of a cell that is most likely this."""
    return tuple(0.78 if other is cell_type else 0.02 for other in CELL_TYPES)


def of_cells(**cells: float) -> CellEvidence:
    """Evidence of so many cells of each type: of_cells(myeloblast=60)."""
    counts = tuple(cells.get(t.value.replace(" ", "_"), 0.0) for t in CELL_TYPES)
    return CellEvidence((0.02, 0.25, 0.71, 0.01, 0.01), Differential(counts))


READ_CELLS = replace(
    READING,
    white_cells=(
        WhiteCell(10, 8, 22, 20, 60.5, MEASUREMENTS, types(CellType.MYELOBLAST)),
        WhiteCell(30, 2, 42, 14, 60.5, MEASUREMENTS, types(CellType.MYELOBLAST)),
        WhiteCell(40, 30, 52, 42, 48.0, MEASUREMENTS, types(CellType.ARTEFACT)),
    ),
    window=None,
)
AML = Verdict(
    label="AML",
    pattern=Pattern.ACUTE,
    confidence=0.71,
    pattern_confidence=0.962,
    evidence=of_cells(neutrophil=24, lymphocyte=12.5, myeloblast=58.5, promyelocyte=10, artefact=4),
    white_cells=109,
    fields=5,
    reason=None,
    qc=QcState.UNCONTROLLED,
)
REFUSED = FieldReading((*PASSED[:3], BLURRED), (), None, None)
PROVENANCE = Provenance(
    model_name="paper-cnn",
    model_version="1.0",
    model_sha256="ab" * 32,
    calibration_sha256="cd" * 32,
    software_version="0.1.0",
    boot_id="dfb4b228-1b09-4b0a-9eaa-bce824b1a903",
    monotonic_s=12.5,
    wall_time="2026-05-09T07:35:25.123Z",
    clock_synced=True,
    simulated=False,
)
SIMULATED = replace(PROVENANCE, simulated=True)


def field(width_px: int = 64, height_px: int = 48, *, simulated: bool = False) -> Field:
    """A field of noise, the same each time; it does not compress, so its PNG has a known size."""
    rgb = np.random.default_rng(7).integers(0, 256, (height_px, width_px, 3), dtype=np.uint8)
    metadata = {"ExposureTime": 1200, "ColourGains": [1.5, 2.0]}
    return Field(rgb, 0.155, metadata, 3.25, simulated)


def open_store(root: Path, *, min_free_bytes: int = 0) -> RecordStore:
    return RecordStore(root, min_free_bytes=min_free_bytes)


def add(store: RecordStore, slide: int, *, side_px: int = 64) -> FieldRecord:
    return store.add_field(slide, field(side_px, side_px), READING, VERDICT, VERDICT, PROVENANCE)


_shares = st.floats(0, 1)
_any_float = st.floats(allow_nan=False)
_boxes = st.tuples(*[st.integers(0, 5000)] * 4)
_texts = st.text(st.characters(codec="utf-8"), max_size=20)
_probabilities = st.tuples(*[_shares] * len(LABELS))
_types = st.tuples(*[_shares] * len(CELL_TYPES))
_counts = st.tuples(*[st.floats(0, 1e4)] * len(CELL_TYPES))

verdicts = st.builds(
    Verdict,
    label=st.none() | st.sampled_from(LABELS),
    pattern=st.none() | st.sampled_from(Pattern),
    confidence=_shares,
    pattern_confidence=_shares,
    evidence=st.builds(FieldEvidence, st.just(()) | _probabilities)
    | st.builds(CellEvidence, _probabilities, st.builds(Differential, _counts)),
    white_cells=st.integers(0, 10_000),
    fields=st.integers(0, 1000),
    reason=st.none() | st.sampled_from(Reason),
    qc=st.none() | st.sampled_from(QcState),
)
cells = st.builds(
    lambda box, *rest: WhiteCell(*box, *rest),
    _boxes,
    _any_float,
    st.none() | st.builds(Measurements, *[_any_float] * 9),
    st.just(()) | _types,
)
gates = st.builds(
    Gate,
    name=st.sampled_from(GateName),
    value=_any_float,
    unit=_texts,
    low=st.none() | _any_float,
    high=st.none() | _any_float,
    problem=_texts,
    advice=_texts,
)
readings = st.builds(
    FieldReading,
    gates=st.lists(gates, max_size=5).map(tuple),
    white_cells=st.lists(cells, max_size=5).map(tuple),
    window=st.none() | _boxes.map(lambda box: Window(*box)),
    probabilities=st.none() | _probabilities,
)
provenances = st.builds(
    Provenance,
    model_name=_texts,
    model_version=_texts,
    model_sha256=_texts,
    calibration_sha256=st.none() | _texts,
    software_version=_texts,
    boot_id=_texts,
    monotonic_s=st.floats(0, 1e9),
    wall_time=_texts,
    clock_synced=st.booleans(),
    simulated=st.booleans(),
)
metadata = st.dictionaries(
    _texts,
    st.none() | st.booleans() | st.integers() | _texts | st.lists(st.floats(0, 9)),
    max_size=4,
)


@st.composite
def fields(draw: st.DrawFn) -> Field:
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    rgb = np.frombuffer(
        draw(st.binary(min_size=height * width * 3, max_size=height * width * 3)), np.uint8
    )
    return Field(
        rgb.reshape(height, width, 3),
        draw(st.floats(1e-3, 1e3)),
        draw(metadata),
        draw(st.none() | st.floats(0, 255)),
        draw(st.booleans()),
    )
