"""One example of every screen, and of every case that a screen draws differently."""

from __future__ import annotations

import numpy as np

from device.calibrator import STEPS, Step
from device.errors import Fault
from device.panel.screens import (
    Asleep,
    Calibrating,
    Capturing,
    FaultScreen,
    Focus,
    HoldHint,
    Notice,
    PoweringOff,
    Reading,
    Refused,
    Result,
    SafeToUnplug,
    Screen,
    SlideDone,
    Starting,
)
from device.reading.gates import picture_gates, white_cell_gate
from device.reading.results import PATTERN_OF_LABEL, Gate, Pattern, Reason, Verdict


def conclusive(label: str, confidence: float, white_cells: int, fields: int) -> Verdict:
    """A verdict that names its class."""
    rest = (1 - confidence) / (len(PATTERN_OF_LABEL) - 1)
    return Verdict(
        label=label,
        pattern=PATTERN_OF_LABEL[label],
        confidence=confidence,
        pattern_confidence=confidence,
        probabilities=tuple(confidence if name == label else rest for name in PATTERN_OF_LABEL),
        white_cells=white_cells,
        fields=fields,
        reason=None,
    )


NO_FIELD = Verdict(None, None, 0.0, 0.0, (), 0, 0, Reason.NO_FIELD)
UNSURE = Verdict(None, None, 0.46, 0.48, (0.46, 0.1, 0.1, 0.16, 0.18), 9, 2, Reason.LOW_CONFIDENCE)
ACUTE = Verdict(
    None, Pattern.ACUTE, 0.55, 0.96, (0.02, 0.55, 0.41, 0.01, 0.01), 31, 4, Reason.CLASS_UNSURE
)


def failed_gate(level: int, off_level: float | None = None) -> Gate:
    """The gate that refuses an even picture of this level."""
    rgb = np.full((100, 100, 3), level, np.uint8)
    return next(gate for gate in picture_gates(rgb, 0.34, off_level) if not gate.passed)


EXAMPLES: dict[str, Screen] = {
    "starting": Starting("0.1.0", "camera", 1, 4),
    "focus": Focus("S0042", 0.71, 0.93, "", "", 0, 0, ""),
    "focus-second-field": Focus("S0042", 0.94, 0.94, "", "", 1, 4, ""),
    "focus-problem": Focus("S0042", 0.22, 0.93, "OUT OF FOCUS", "turn the focus wheel", 0, 0, ""),
    "focus-problem-hint": Focus(
        "S0042", 0.22, 0.22, "OUT OF FOCUS", "turn the focus wheel", 0, 0, "", "sharper: go on"
    ),
    "focus-go-on": Focus("S0042", 0.58, 0.58, "", "", 0, 0, "", "sharper: go on"),
    "focus-turn-back": Focus("S0042", 1.0, 1.0, "", "", 3, 17, "LOW VOLTAGE", "turn back"),
    "focus-warning": Focus("S0042", 0.86, 0.93, "", "", 3, 17, "LOW VOLTAGE"),
    "capturing": Capturing("S0042"),
    "reading": Reading("S0042"),
    "result-normal": Result("S0042", conclusive("normal", 0.97, 4, 1), "normal", 0.97, 0.62, False),
    "result-all": Result("S0043", conclusive("ALL", 0.94, 23, 3), "ALL", 0.91, 0.62, False),
    "result-aml": Result(
        "S0044", conclusive("AML", 0.88, 12, 2), "inconclusive", 0.61, 0.62, False
    ),
    "result-cml": Result("S0045", conclusive("CML", 0.99, 104, 11), "CML", 0.98, 0.62, False),
    "result-cll": Result("S0046", conclusive("CLL", 0.92, 57, 6), "CLL", 0.95, 0.62, False),
    "result-acute": Result("S0047", ACUTE, "AML", 0.82, 0.62, False),
    "result-inconclusive": Result("S0048", UNSURE, "inconclusive", 0.41, 0.62, False),
    "result-moved": Result("S0043", conclusive("ALL", 0.94, 23, 1), "ALL", 0.94, 0.62, True),
    "refused": Refused("S0042", failed_gate(level=20)),
    "refused-no-light": Refused("S0042", failed_gate(level=20, off_level=19.0)),
    "refused-nothing-seen": Refused("S0042", failed_gate(level=200)),
    "refused-no-cells": Refused("S0042", white_cell_gate(())),
    "slide-done": SlideDone("S0042", conclusive("normal", 0.98, 102, 12)),
    "slide-done-inconclusive": SlideDone("S0049", NO_FIELD),
    "asleep": Asleep(),
    **{
        f"fault-{fault.title.lower()}": FaultScreen(
            fault, restarts=fault in (Fault.BUTTON, Fault.INTERNAL)
        )
        for fault in Fault
    },
    "powering-off": PoweringOff("saving records"),
    "safe-to-unplug": SafeToUnplug(),
    "notice": Notice("NEW RECORDS", "The old were damaged,", "kept aside"),
    "notice-no-field": Notice("NO FIELD YET", "Press to capture one", ""),
    "focus-not-calibrated": Focus("S0042", 0.71, 0.93, "", "", 0, 0, "NOT CALIBRATED"),
    **{
        f"calibrating-{number}-{step.title.lower()}": Calibrating(
            number, 9, step.title, step.line1, step.line2, "", 0.6 if step is Step.SCALE else None
        )
        for number, step in enumerate(dict.fromkeys(STEPS), 1)
    },
    "calibrating-cells": Calibrating(
        4, 9, "GLASS", Step.GLASS.line1, Step.GLASS.line2, "CELLS SEEN", None
    ),
    "hold-finish": HoldHint("FINISH SLIDE", 0.4),
    "hold-power-off": HoldHint("POWER OFF", 1.0),
}
