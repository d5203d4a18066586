"""The results of reading: gates, white cells, the reading of a field, the verdict on a slide."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from leukoscope.reading.cell_types import CELL_TYPES, NOT_COUNTED, CellType

CELLS_FOR_DIFFERENTIAL = 100
"""White cells of a manual differential (CLSI H20-A2, Reference Leukocyte Differential Count)."""


class GateName(enum.Enum):
    """The checks that a field must pass before a model reads it, in their order."""

    LIGHT = "light"
    EXPOSURE = "exposure"
    CLIPPING = "clipping"
    FOCUS = "focus"
    SCALE = "scale"
    RED_CELLS = "red_cells"
    WHITE_CELLS = "white_cells"
    ARTEFACTS = "artefacts"


@dataclass(frozen=True)
class Gate:
    """One check of one field.

    Attributes:
        name: Which check.
        value: The measured value, in `unit`.
        unit: Unit of `value`, `low` and `high`.
        low, high: Least and largest value that passes; None: no limit.
        problem: What is wrong, at most 18 characters ("TOO DARK"); empty when the gate passed.
        advice: What to do, at most 21 characters ("check the LED"); empty when the gate passed.
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
        """Whether the field passed this check."""
        return not self.problem


@dataclass(frozen=True)
class Measurements:
    """The measurements of a white cell that need no network (made in measurements.py).

    Attributes:
        nuclear_area: Area of the nucleus, µm².
        cell_area: Area of the cell, µm².
        nc_ratio: Nuclear area over cell area, 0..1.
        lobes: Parts of the nucleus, 1 or more.
        roundness: 4 pi area / perimeter² of the nucleus, 1 for a disc.
        nuclear_density: Optical density of the nucleus over that of the field's red cells.
        texture: Spread (standard deviation) of the density inside the nucleus over its mean.
        granularity: The same for the cytoplasm, without its slow changes.
        basophilia: How much bluer the cytoplasm is than the field's red cells: a difference of shares of
            density, about -0.3 to 0.3.
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
    """A white cell of a field, in a box in the field's pixels (x1, y1 exclusive).

    Attributes:
        nucleus_um2: Area of its nucleus, µm².
        measurements: From a reader of cells; None when cells are not read one by one.
        types: One probability per `CellType`, sum 1. Empty for a cell that the picture's edge cuts, and when
            cells are not read one by one.
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
        """Whether it counts as a white cell: not cut by the edge, and neither a smudge cell nor an artefact."""
        return not self.at_edge and self.cell_type not in NOT_COUNTED


@dataclass(frozen=True)
class Window:
    """The square of a field that a reader of whole fields gives its model, in the field's pixels (ends exclusive)."""

    x0: int
    y0: int
    x1: int
    y1: int


class Pattern(enum.Enum):
    """The kind of disease that a verdict points to."""

    NORMAL = "none"
    ACUTE = "acute"
    CML = "CML"
    LYMPHOCYTOSIS = "lymphocytosis"


PATTERN_OF_LABEL = {
    "normal": Pattern.NORMAL,
    "ALL": Pattern.ACUTE,
    "AML": Pattern.ACUTE,
    "CML": Pattern.CML,
    "CLL": Pattern.LYMPHOCYTOSIS,
}
"""The pattern that each of the five classes belongs to."""

LABELS = tuple(PATTERN_OF_LABEL)
"""The five classes in the order of Alkareem & Al-Dergazly 2024: normal 0, ALL 1, AML 2, CML 3, CLL 4."""


class Reason(enum.Enum):
    """Why a verdict is inconclusive or provisional. A person reads the value, which has at most 22 characters."""

    NO_FIELD = "no field could be read"
    FEW_CELLS = "too few cells"
    ARTEFACTS = "many artefacts"
    LOW_CONFIDENCE = "confidence too low"
    CLASS_UNSURE = "acute: ALL or AML?"
    NOT_CONTROLLED = "no valid control slide"


class QcState(enum.Enum):
    """The state of the device on the day of a verdict, according to its control slides."""

    VALID = "controlled"
    UNCONTROLLED = "uncontrolled"
    DRIFTED = "control drifted"

    @property
    def code(self) -> str:
        """The state in JSON: "valid", "none" or "drifted"."""
        return "none" if self is QcState.UNCONTROLLED else self.name.lower()


@dataclass(frozen=True)
class DifferentialRow:
    """One type of a differential.

    Attributes:
        cell_type: The type.
        count: Number of finds of this type.
        share: Share of the counted cells, 0..1; None for a type that is not counted.
    """

    cell_type: CellType
    count: float
    share: float | None

    @property
    def share_text(self) -> str:
        """The share in whole percent, '-' for a type that is not counted."""
        return "-" if self.share is None else f"{round(100 * self.share)} %"


@dataclass(frozen=True)
class PanelLines:
    """A verdict as the panel shows it, from top to bottom.

    Each line is two texts, one at its left end and one at its right end.

    Attributes:
        headline: The large word.
        confidence: Large digits at the left of the lines, or empty.
        line1: The first line.
        line2: The second line.
        last: The last line. None leaves it to the screen, for example to say what the button does.
    """

    headline: str
    confidence: str
    line1: tuple[str, str]
    line2: tuple[str, str]
    last: tuple[str, str] | None


@dataclass(frozen=True)
class Evidence(ABC):
    """What a verdict is based on, and the words, lines and JSON keys that depend on it.

    Each kind of reader has its own kind of evidence. Code outside reading/ does not need to know which kind it is.

    Attributes:
        probabilities: One per label of `LABELS`, sum 1; empty when no field was read.
    """

    probabilities: tuple[float, ...]

    def rows(self) -> tuple[DifferentialRow, ...]:
        """Return the table of cell types; empty when the cells were not read one by one."""
        return ()

    @property
    def counted(self) -> float:
        """Number of white cells that the shares in `rows` refer to; 0 without rows."""
        return 0.0

    @abstractmethod
    def finding(self, verdict: Verdict) -> str:
        """Return what was seen of the cells: '61 % blasts of 112'; empty when no cell was read."""

    @abstractmethod
    def seen(self, verdict: Verdict) -> str:
        """Return what was seen, in 22 characters of a table: '61 % blasts of 112', '3 white cells'."""

    @abstractmethod
    def headline(self, verdict: Verdict) -> str:
        """Return the verdict in a few words, for the top of a report: 'ACUTE 0.96', 'ALL'."""

    @abstractmethod
    def summary(self, verdict: Verdict) -> str:
        """Return the line below the headline: the reason if inconclusive, and what the verdict is based on."""

    @abstractmethod
    def outcome(self, verdict: Verdict) -> str:
        """Return the verdict in one line: 'ACUTE 0.96 - ALL 0.91', 'ALL 0.91'."""

    @abstractmethod
    def panel_lines(self, verdict: Verdict, *, goes_on: bool) -> PanelLines:
        """Return the verdict's lines on the panel.

        Args:
            verdict: The verdict that has this evidence.
            goes_on: Whether the slide is still open, so that more fields can be added.
        """

    @abstractmethod
    def to_json(self, verdict: Verdict) -> dict[str, Any]:
        """Return the keys "finding" and "differential" of a verdict's JSON object."""


@dataclass(frozen=True)
class Verdict:
    """The verdict on a slide, or on one field of it.

    Attributes:
        label: One of `LABELS`; None when the class is inconclusive.
        pattern: None when even the pattern is inconclusive. A verdict can name a pattern and no class.
        confidence: Probability 0..1 of the most probable class, whether or not it reached its threshold.
        pattern_confidence: The same for the most probable pattern.
        evidence: What the verdict is based on.
        white_cells: Number of white cells that were counted.
        fields: Number of fields that were read.
        reason: Why the class is inconclusive or provisional, else None.
        qc: State of the control slides; None for a kind of reader that they do not check.
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
        """One per label of `LABELS`, sum 1; empty when no field was read."""
        return self.evidence.probabilities

    @property
    def headline(self) -> str:
        """The verdict in a word or a few: the class, else the pattern, else 'no leukaemia seen' or 'inconclusive'."""
        if self.label is not None:
            return self.label
        if self.pattern is not None and self.pattern is not Pattern.NORMAL:
            return str(self.pattern.value)
        return "no leukaemia seen" if self.no_leukaemia_seen else "inconclusive"

    @property
    def no_leukaemia_seen(self) -> bool:
        """Whether only valid control slides are missing for the verdict "normal"."""
        return self.reason is Reason.NOT_CONTROLLED

    @property
    def headline_confidence(self) -> float:
        """The confidence of the headline: that of the pattern when only the pattern is known."""
        if self.label is None and self.pattern not in (None, Pattern.NORMAL):
            return self.pattern_confidence
        return self.confidence


@dataclass(frozen=True)
class FieldReading:
    """The result of reading one field.

    Attributes:
        gates: Those that were checked, up to and including the first that failed.
        white_cells: Those found; empty when a gate before the search failed.
        window: The square that the model read; None when a gate failed, and when each cell was read.
        probabilities: For this field alone, one per label of `LABELS`, sum 1; None when it was not read.
    """

    gates: tuple[Gate, ...]
    white_cells: tuple[WhiteCell, ...]
    window: Window | None
    probabilities: tuple[float, ...] | None

    @property
    def was_read(self) -> bool:
        """Whether all gates passed and the model read the field, so that it counts as evidence."""
        return self.probabilities is not None

    @property
    def failed_gate(self) -> Gate | None:
        """The gate that refused the field, or None."""
        return next((gate for gate in self.gates if not gate.passed), None)
