"""One example of every screen, and of every case that a screen draws differently."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from leukoscope.calibration.steps import STEPS, Step
from leukoscope.errors import Fault
from leukoscope.panel.screens import (
    AsleepScreen,
    CalibrationScreen,
    CapturingScreen,
    FaultScreen,
    FocusScreen,
    HoldHint,
    NoticeScreen,
    PowerOffScreen,
    ReadingScreen,
    RefusalScreen,
    ResultScreen,
    Screen,
    SlideDoneScreen,
    StartingScreen,
    UnplugScreen,
)
from leukoscope.reading.cell_evidence import CellEvidence
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.differential import Differential
from leukoscope.reading.field_evidence import FieldEvidence
from leukoscope.reading.gates import picture_gates, white_cell_gate
from leukoscope.reading.results import (
    PATTERN_OF_LABEL,
    Gate,
    Pattern,
    QcState,
    Reason,
    Verdict,
)
from leukoscope.reading.stored_evidence import NOTHING_READ


def conclusive(label: str, confidence: float, white_cells: int, fields: int) -> Verdict:
    """A verdict on whole fields that names its class."""
    rest = (1 - confidence) / (len(PATTERN_OF_LABEL) - 1)
    return Verdict(
        label=label,
        pattern=PATTERN_OF_LABEL[label],
        confidence=confidence,
        pattern_confidence=confidence,
        evidence=FieldEvidence(
            tuple(confidence if name == label else rest for name in PATTERN_OF_LABEL)
        ),
        white_cells=white_cells,
        fields=fields,
        reason=None,
    )


def on_cells(
    label: str | None,
    pattern: Pattern | None,
    confidences: tuple[float, float],
    counts: dict[CellType, float],
    *,
    reason: Reason | None = None,
    qc: QcState = QcState.VALID,
) -> Verdict:
    """A verdict on cells. confidences: of the class and of the pattern."""
    differential = Differential(tuple(counts.get(cell_type, 0.0) for cell_type in CELL_TYPES))
    rest = (1 - confidences[0]) / (len(PATTERN_OF_LABEL) - 1)
    return Verdict(
        label=label,
        pattern=pattern,
        confidence=confidences[0],
        pattern_confidence=confidences[1],
        evidence=CellEvidence(
            tuple(confidences[0] if name == label else rest for name in PATTERN_OF_LABEL),
            differential,
        ),
        white_cells=round(sum(differential.counts)),
        fields=5,
        reason=reason,
        qc=qc,
    )


BLASTS = {CellType.MYELOBLAST: 68.0, CellType.NEUTROPHIL: 44.0, CellType.ARTEFACT: 3.0}
ORDINARY = {CellType.NEUTROPHIL: 65.0, CellType.LYMPHOCYTE: 38.0, CellType.LYMPHOBLAST: 1.2}
CELLS_AML = on_cells("AML", Pattern.ACUTE, (0.71, 0.96), BLASTS)
CELLS_ACUTE = on_cells(None, Pattern.ACUTE, (0.5, 0.96), BLASTS, reason=Reason.CLASS_UNSURE)
CELLS_CML = on_cells(
    "CML", Pattern.CML, (0.93, 0.93), {CellType.MYELOCYTE: 98.0, CellType.MONOCYTE: 8}
)
CELLS_LYMPHOCYTOSIS = on_cells(
    None, Pattern.LYMPHOCYTOSIS, (0.8, 0.999), {CellType.LYMPHOCYTE: 103.0, CellType.MONOCYTE: 9}
)
CELLS_NORMAL = on_cells("normal", Pattern.NORMAL, (0.97, 0.97), ORDINARY)
CELLS_FEW = on_cells(
    None,
    None,
    (0.6, 0.7),
    {CellType.MYELOBLAST: 14.0, CellType.LYMPHOCYTE: 9.0},
    reason=Reason.FEW_CELLS,
)
CELLS_ARTEFACTS = on_cells(
    None,
    None,
    (0.6, 0.7),
    {CellType.NEUTROPHIL: 55.0, CellType.ARTEFACT: 61.0},
    reason=Reason.ARTEFACTS,
)
CELLS_NOT_CONTROLLED = on_cells(
    None, None, (0.97, 0.97), ORDINARY, reason=Reason.NOT_CONTROLLED, qc=QcState.UNCONTROLLED
)
CELLS_UNSURE = on_cells(None, None, (0.46, 0.48), ORDINARY, reason=Reason.LOW_CONFIDENCE)
ON_CELLS = (
    *(CELLS_AML, CELLS_ACUTE, CELLS_CML, CELLS_LYMPHOCYTOSIS, CELLS_NORMAL),
    *(CELLS_FEW, CELLS_ARTEFACTS, CELLS_UNSURE, CELLS_NOT_CONTROLLED),
)
UNSURE = Verdict(
    None,
    None,
    0.46,
    0.48,
    FieldEvidence((0.46, 0.1, 0.1, 0.16, 0.18)),
    9,
    2,
    Reason.LOW_CONFIDENCE,
)
ACUTE = Verdict(
    None,
    Pattern.ACUTE,
    0.55,
    0.96,
    FieldEvidence((0.02, 0.55, 0.41, 0.01, 0.01)),
    31,
    4,
    Reason.CLASS_UNSURE,
)


def failed_gate(level: int, off_level: float | None = None) -> Gate:
    """The gate that refuses an even picture of this level."""
    rgb = np.full((100, 100, 3), level, np.uint8)
    return next(gate for gate in picture_gates(rgb, 0.34, off_level) if not gate.passed)


EXAMPLES: dict[str, Screen] = {
    "starting": StartingScreen("0.1.0", "camera", 1, 4),
    "focus": FocusScreen("S0042", 0.71, 0.93, "", "", 0, 0, ""),
    "focus-second-field": FocusScreen("S0042", 0.94, 0.94, "", "", 1, 4, ""),
    "focus-problem": FocusScreen(
        "S0042", 0.22, 0.93, "OUT OF FOCUS", "turn the focus wheel", 0, 0, ""
    ),
    "focus-problem-hint": FocusScreen(
        "S0042", 0.22, 0.22, "OUT OF FOCUS", "turn the focus wheel", 0, 0, "", "sharper: go on"
    ),
    "focus-go-on": FocusScreen("S0042", 0.58, 0.58, "", "", 0, 0, "", "sharper: go on"),
    "focus-turn-back": FocusScreen("S0042", 1.0, 1.0, "", "", 3, 17, "LOW VOLTAGE", "turn back"),
    "focus-warning": FocusScreen("S0042", 0.86, 0.93, "", "", 3, 17, "LOW VOLTAGE"),
    "capturing": CapturingScreen("S0042"),
    "reading": ReadingScreen("S0042"),
    "result-normal": ResultScreen(
        "S0042", conclusive("normal", 0.97, 4, 1), "normal", 0.97, 0.62, False
    ),
    "result-all": ResultScreen("S0043", conclusive("ALL", 0.94, 23, 3), "ALL", 0.91, 0.62, False),
    "result-aml": ResultScreen(
        "S0044", conclusive("AML", 0.88, 12, 2), "inconclusive", 0.61, 0.62, False
    ),
    "result-cml": ResultScreen("S0045", conclusive("CML", 0.99, 104, 11), "CML", 0.98, 0.62, False),
    "result-cll": ResultScreen("S0046", conclusive("CLL", 0.92, 57, 6), "CLL", 0.95, 0.62, False),
    "result-acute": ResultScreen("S0047", ACUTE, "AML", 0.82, 0.62, False),
    "result-inconclusive": ResultScreen("S0048", UNSURE, "inconclusive", 0.41, 0.62, False),
    "result-moved": ResultScreen("S0043", conclusive("ALL", 0.94, 23, 1), "ALL", 0.94, 0.62, True),
    "result-cells-aml": ResultScreen("S0042", CELLS_AML, "AML", 0.71, 0.62, False),
    "result-cells-acute": ResultScreen("S0042", CELLS_ACUTE, "acute", 0.9, 0.62, True),
    "result-cells-cml": ResultScreen("S0042", CELLS_CML, "CML", 0.9, 0.62, False),
    "result-cells-lymphocytosis": ResultScreen(
        "S0042", CELLS_LYMPHOCYTOSIS, "lymphocytosis", 0.9, 0.62, False
    ),
    "result-cells-normal": ResultScreen("S0042", CELLS_NORMAL, "normal", 0.9, 0.62, False),
    "result-cells-few": ResultScreen("S0042", CELLS_FEW, "inconclusive", 0.6, 0.62, False),
    "result-cells-artefacts": ResultScreen(
        "S0042", CELLS_ARTEFACTS, "inconclusive", 0.6, 0.62, False
    ),
    "result-not-controlled": ResultScreen(
        "S0042", CELLS_NOT_CONTROLLED, "no leukaemia seen", 0.9, 0.62, False
    ),
    "result-uncontrolled": ResultScreen(
        "S0042", replace(CELLS_ACUTE, qc=QcState.UNCONTROLLED), "acute", 0.9, 0.62, False
    ),
    "result-drifted": ResultScreen(
        "S0042", replace(CELLS_AML, qc=QcState.DRIFTED), "AML", 0.71, 0.62, False
    ),
    "refused": RefusalScreen("S0042", failed_gate(level=20)),
    "refused-no-light": RefusalScreen("S0042", failed_gate(level=20, off_level=19.0)),
    "refused-nothing-seen": RefusalScreen("S0042", failed_gate(level=200)),
    "refused-no-cells": RefusalScreen("S0042", white_cell_gate(())),
    "slide-done": SlideDoneScreen("S0042", conclusive("normal", 0.98, 102, 12)),
    "slide-done-inconclusive": SlideDoneScreen("S0049", NOTHING_READ),
    "slide-done-cells-aml": SlideDoneScreen("S0042", CELLS_AML),
    "slide-done-not-controlled": SlideDoneScreen("S0042", CELLS_NOT_CONTROLLED),
    "slide-done-cells-normal": SlideDoneScreen("S0042", CELLS_NORMAL),
    "slide-done-uncontrolled": SlideDoneScreen(
        "S0042", replace(CELLS_NORMAL, qc=QcState.UNCONTROLLED)
    ),
    "slide-done-drifted": SlideDoneScreen("S0042", replace(CELLS_CML, qc=QcState.DRIFTED)),
    "slide-done-cells-unsure": SlideDoneScreen("S0042", CELLS_UNSURE),
    "slide-done-cells-few": SlideDoneScreen("S0042", CELLS_FEW),
    "asleep": AsleepScreen(),
    **{
        f"fault-{fault.title.lower()}": FaultScreen(
            fault, restarts=fault in (Fault.BUTTON, Fault.INTERNAL)
        )
        for fault in Fault
    },
    "powering-off": PowerOffScreen("saving records"),
    "safe-to-unplug": UnplugScreen(),
    "notice": NoticeScreen("NEW RECORDS", "The old were damaged,", "kept aside"),
    "notice-no-field": NoticeScreen("NO FIELD YET", "Press to capture one", ""),
    "control-kept": NoticeScreen("CONTROL KEPT", "S0042: 2 of 3 slides", "press: next slide"),
    "control-refused": NoticeScreen("CONTROL REFUSED", "34 of 50 cells:", "read it again, longer"),
    "control-drifted": NoticeScreen("DRIFTED", "1-3s nuclear density", "clean, restain, retry"),
    "focus-uncontrolled": FocusScreen("S0042", 0.71, 0.93, "", "", 0, 0, "UNCONTROLLED"),
    "focus-not-calibrated": FocusScreen("S0042", 0.71, 0.93, "", "", 0, 0, "NOT CALIBRATED"),
    **{
        f"calibrating-{number}-{step.title.lower()}": CalibrationScreen(
            number, 9, step.title, step.line1, step.line2, "", 0.6 if step is Step.SCALE else None
        )
        for number, step in enumerate(dict.fromkeys(STEPS), 1)
    },
    "calibrating-cells": CalibrationScreen(
        4, 9, "GLASS", Step.GLASS.line1, Step.GLASS.line2, "CELLS SEEN", None
    ),
    "hold-finish": HoldHint("FINISH SLIDE", 0.4),
    "hold-control": HoldHint("KEEP CONTROL", 0.4),
    "hold-power-off": HoldHint("POWER OFF", 1.0),
}
