"""The screens of the panel, one frozen dataclass each. They hold data; `drawing` makes the pictures."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.errors import Fault
from leukoscope.reading.results import Gate, Verdict


@dataclass(frozen=True)
class StartingScreen:
    """The boot screen, with the notice. step: what is being tested, after `done` of `total` steps."""

    version: str
    step: str
    done: int
    total: int


@dataclass(frozen=True)
class FocusScreen:
    """READY: the focus meter.

    Attributes:
        slide: Its number, "S0042".
        sharpness, peak: Now, and the best of the last seconds, both 0..1 of the bar.
        problem, advice: Of the gate that fails now (as in `Gate`); both empty when none does.
        fields, white_cells: What the slide has so far.
        warning: What is wrong with the device, at most 18 characters ("LOW VOLTAGE"), or empty.
        hint: Which way to turn the wheel, at most 14 characters ("sharper: go on"), or empty. With a problem
            it is drawn in place of the advice.
    """

    slide: str
    sharpness: float
    peak: float
    problem: str
    advice: str
    fields: int
    white_cells: int
    warning: str
    hint: str = ""


@dataclass(frozen=True)
class CapturingScreen:
    """A field is being captured: nobody should move the slide."""

    slide: str


@dataclass(frozen=True)
class ReadingScreen:
    """The captured field is being read."""

    slide: str


@dataclass(frozen=True)
class ResultScreen:
    """A field was read.

    Attributes:
        slide: Its number, "S0042".
        verdict: Of the slide so far.
        field_headline, field_confidence: Of this field alone.
        sharpness: Of the live picture, 0..1 of the thin bar, to focus the next field with.
        moved: Whether the stage moved while the field was captured.
    """

    slide: str
    verdict: Verdict
    field_headline: str
    field_confidence: float
    sharpness: float
    moved: bool


@dataclass(frozen=True)
class RefusalScreen:
    """The captured field failed a gate and was not read."""

    slide: str
    gate: Gate


@dataclass(frozen=True)
class SlideDoneScreen:
    """The slide is finished: its final verdict."""

    slide: str
    verdict: Verdict


@dataclass(frozen=True)
class AsleepScreen:
    """Dark: nobody has touched the button for some minutes."""


@dataclass(frozen=True)
class FaultScreen:
    """A fault stopped the instrument: its number, name and advice.

    restarts: the device starts again by itself; otherwise a press tests again.
    """

    fault: Fault
    restarts: bool


@dataclass(frozen=True)
class PowerOffScreen:
    """The device is being switched off. step: what is being done."""

    step: str


@dataclass(frozen=True)
class UnplugScreen:
    """The last screen; it stays on the panel after the process has ended."""


@dataclass(frozen=True)
class NoticeScreen:
    """A message. title: at most 15 characters; line1, line2: at most 21 each."""

    title: str
    line1: str
    line2: str


@dataclass(frozen=True)
class CalibrationScreen:
    """A step of a calibration waits for a press.

    Attributes:
        number, total: Which step of how many.
        title: At most 14 characters.
        line1, line2: What to do, at most 21 characters each.
        problem: What is wrong with the picture, at most 14 characters, or empty.
        sharpness: 0..1 of the focus bar; None where focus does not matter.
    """

    number: int
    total: int
    title: str
    line1: str
    line2: str
    problem: str
    sharpness: float | None


@dataclass(frozen=True)
class HoldHint:
    """The button is held. action: what letting go now does, at most 14 characters ("FINISH SLIDE").

    progress: 0..1 of the way to what a longer hold does; 1 when there is nothing further.
    """

    action: str
    progress: float


Screen = (
    StartingScreen
    | FocusScreen
    | CapturingScreen
    | ReadingScreen
    | ResultScreen
    | RefusalScreen
    | SlideDoneScreen
    | AsleepScreen
    | FaultScreen
    | PowerOffScreen
    | UnplugScreen
    | NoticeScreen
    | CalibrationScreen
    | HoldHint
)
