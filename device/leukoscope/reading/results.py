"""What reading gives back: gates, white cells, the reading of a field, the verdict of a slide."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from leukoscope.reading.cell_types import CELL_TYPES, NOT_COUNTED, CellType

CELLS_FOR_DIFFERENTIAL = 100
"""White cells of a manual differential (CLSI H20-A2, Reference Leukocyte Differential Count)."""


class GateName(enum.Enum):
    """The checks a field must pass before a model may read it, in the order they are made."""

    LIGHT = "light"
    EXPOSURE = "exposure"
    CLIPPING = "clipping"
    FOCUS = "focus"
    WHITE_CELLS = "white_cells"
    ARTEFACTS = "artefacts"


@dataclass(frozen=True)
class Gate:
    """One check of one field.

    value: what was measured, in `unit`; low, high: its limits (None: no limit).
    problem: what is wrong, at most 18 characters ("TOO DARK"); advice: what to do, at most
    21 characters ("check the LED"); both empty when the gate passed.
    """

    name: GateName
    value: float
    unit: str
    low: float | None
    high: float | None
    problem: str = ""
    advice: str = ""

    @property
    def passed(self) -> bool:
        """True when the field may go on to the next gate."""
        return not self.problem


@dataclass(frozen=True)
class Measurements:
    """What can be measured of a white cell without any network; see measurements.py for how.

    nuclear_area, cell_area: µm². nc_ratio: nuclear over cell area, 0..1. lobes: parts of the nucleus,
    1 or more. roundness: 4 pi area / perimeter², 1 for a disc. nuclear_density: optical density of the
    nucleus over that of the field's red cells. texture: spread of density inside the nucleus over its
    mean. granularity: the same of the cytoplasm. basophilia: how much bluer than the field's red cells
    the cytoplasm is, difference of shares of density, about -0.3 to 0.3.
    """

    nuclear_area: float
    cell_area: float
    nc_ratio: float
    lobes: float
    roundness: float
    nuclear_density: float
    texture: float
    granularity: float
    basophilia: float


@dataclass(frozen=True)
class WhiteCell:
    """A white cell of a field: its box in the field's pixels (x1, y1 exclusive), its nucleus in µm².

    measurements and types are what a cell reader adds. types has one probability per `CellType`, sum 1; it
    is empty for a cell that the picture's edge cuts, and where cells are not read one by one.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    nucleus_um2: float
    measurements: Measurements | None = None
    types: tuple[float, ...] = ()

    @property
    def cell_type(self) -> CellType | None:
        """The most probable type; None when the cell was not read."""
        if not self.types:
            return None
        return CELL_TYPES[max(range(len(self.types)), key=self.types.__getitem__)]

    @property
    def at_edge(self) -> bool:
        """Whether the picture's edge cuts the cell, so that it was measured but has no type."""
        return self.measurements is not None and not self.types

    @property
    def counted(self) -> bool:
        """Whether it counts as a white cell: not a smudge cell or an artefact, and not cut by the edge."""
        return not self.at_edge and self.cell_type not in NOT_COUNTED


@dataclass(frozen=True)
class Window:
    """The square of a field that the model saw, in the field's pixels (x1, y1 exclusive)."""

    x0: int
    y0: int
    x1: int
    y1: int


class Pattern(enum.Enum):
    """What kind of disease a verdict points to."""

    NORMAL = "none"
    ACUTE = "acute"
    CML = "CML"
    CLL = "CLL"


PATTERN_OF_LABEL = {
    "normal": Pattern.NORMAL,
    "ALL": Pattern.ACUTE,
    "AML": Pattern.ACUTE,
    "CML": Pattern.CML,
    "CLL": Pattern.CLL,
}
"""The pattern that each of the five classes belongs to."""

LABELS = tuple(PATTERN_OF_LABEL)
"""The five classes in the order of the paper: normal 0, ALL 1, AML 2, CML 3, CLL 4."""


class Reason(enum.Enum):
    """Why a verdict is inconclusive; the value is what a person reads (at most 22 characters)."""

    NO_FIELD = "no field could be read"
    FEW_CELLS = "under 50 cells"
    ARTEFACTS = "many artefacts"
    LOW_CONFIDENCE = "confidence too low"
    CLASS_UNSURE = "acute: ALL or AML?"


class QcState(enum.Enum):
    """What the control slides say of the device on the day of a verdict."""

    VALID = "controlled"
    UNCONTROLLED = "uncontrolled"
    DRIFTED = "control drifted"

    @property
    def code(self) -> str:
        """As JSON has it: "valid", "none" or "drifted"."""
        return "none" if self is QcState.UNCONTROLLED else self.name.lower()


@dataclass(frozen=True)
class DifferentialRow:
    """One type of a differential. count: of finds; share: of the counted cells, None if not counted."""

    cell_type: CellType
    count: float
    share: float | None

    @property
    def share_text(self) -> str:
        """The share as whole percent, '-' for a type that is not counted."""
        return "-" if self.share is None else f"{round(100 * self.share)} %"


@dataclass(frozen=True)
class PanelLines:
    """A verdict as the panel shows it, from top to bottom.

    headline: the large word. confidence: in large digits at the left of the lines, or empty. line1, line2,
    last: the text at the left and the text at the right of a line. last is None where the screen has a
    line of its own, such as what the button does.
    """

    headline: str
    confidence: str
    line1: tuple[str, str]
    line2: tuple[str, str]
    last: tuple[str, str] | None


@dataclass(frozen=True)
class Evidence(ABC):
    """What a verdict stands on, and the words, lines and JSON keys that follow from it.

    Each kind of reader gives evidence of its own; nobody else has to know which kind it is.

    probabilities: one per label of `LABELS`, sum 1, or empty when no field was read.
    """

    probabilities: tuple[float, ...]

    @property
    def rows(self) -> tuple[DifferentialRow, ...]:
        """The table of cell types; empty when the cells were not read one by one."""
        return ()

    @property
    def counted(self) -> float:
        """White cells that `rows` are shares of; 0 without rows."""
        return 0.0

    @abstractmethod
    def finding(self, verdict: Verdict) -> str:
        """What was seen, at most 22 characters: '61 % blasts of 112'; empty when no cell was read."""

    @abstractmethod
    def seen(self, verdict: Verdict) -> str:
        """What was seen, for a table's cell of 22 characters: '61 % blasts of 112', '3 white cells'."""

    @abstractmethod
    def headline(self, verdict: Verdict) -> str:
        """The verdict in a few words, over a report: 'ACUTE 0.96', 'ALL'."""

    @abstractmethod
    def summary(self, verdict: Verdict) -> str:
        """The line below the headline: the reason when inconclusive, and what the verdict stands on."""

    @abstractmethod
    def outcome(self, verdict: Verdict) -> str:
        """The verdict in one line: 'ACUTE 0.96 - ALL 0.91', 'ALL 0.91'."""

    @abstractmethod
    def panel_lines(self, verdict: Verdict, *, goes_on: bool) -> PanelLines:
        """The verdict on the panel. goes_on: the slide is open, so more fields can be added."""

    @abstractmethod
    def to_json(self, verdict: Verdict) -> dict[str, Any]:
        """The keys "finding" and "differential" of a verdict's JSON object."""


@dataclass(frozen=True)
class Verdict:
    """What the device says of a slide (or of one field of it).

    label: one of `LABELS`, or None when the class is inconclusive.
    pattern: None when even the pattern is inconclusive. A verdict can name a pattern and no class.
    confidence, pattern_confidence: calibrated probability 0..1 of the most probable class and
    pattern, whether or not it reached its threshold.
    evidence, white_cells, fields: what the verdict stands on.
    reason: why the class is inconclusive, else None.
    qc: what the control slides said; None when they say nothing of this kind of reader.
    """

    label: str | None
    pattern: Pattern | None
    confidence: float
    pattern_confidence: float
    evidence: Evidence
    white_cells: int
    fields: int
    reason: Reason | None
    qc: QcState | None = None

    @property
    def probabilities(self) -> tuple[float, ...]:
        """One per label of `LABELS`, sum 1, or empty when no field was read."""
        return self.evidence.probabilities

    @property
    def headline(self) -> str:
        """The verdict in one word, as the panel, tables and records show it."""
        if self.label is not None:
            return self.label
        if self.pattern is not None and self.pattern is not Pattern.NORMAL:
            return str(self.pattern.value)
        return "inconclusive"

    @property
    def headline_confidence(self) -> float:
        """The confidence of what the headline names: of the pattern when only that is known."""
        if self.label is None and self.pattern not in (None, Pattern.NORMAL):
            return self.pattern_confidence
        return self.confidence


@dataclass(frozen=True)
class FieldReading:
    """What reading one field gave.

    gates: those that were checked, up to and including the first that failed.
    white_cells: those found (empty when a gate before the search failed).
    window: the square that the model saw; None when a gate failed, and where each cell was read.
    probabilities: of this field alone, one per label of `LABELS`, sum 1; None when it was not read.
    """

    gates: tuple[Gate, ...]
    white_cells: tuple[WhiteCell, ...]
    window: Window | None
    probabilities: tuple[float, ...] | None

    @property
    def was_read(self) -> bool:
        """Whether it gives evidence: all gates passed and the model read the field."""
        return self.probabilities is not None

    @property
    def failed_gate(self) -> Gate | None:
        """The gate that refused the field, or None."""
        return next((gate for gate in self.gates if not gate.passed), None)
