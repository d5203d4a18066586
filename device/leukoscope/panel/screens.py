"""The screens of the panel, one frozen dataclass each. They hold the data; `screen_drawing` makes the pictures."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.errors import Fault
from leukoscope.reading.results import Gate, Verdict


@dataclass(frozen=True)
class StartingScreen:
    """The boot screen, with the notice.

    Attributes:
        version: Version of the software.
        step: What is being tested.
        done: Number of steps that are finished.
        total: Number of all steps.
    """

    version: str
    step: str
    done: int
    total: int


@dataclass(frozen=True)
class FocusScreen:
    """READY: the focus meter.

    Attributes:
        slide: Number of the slide, "S0042".
        sharpness: Length of the bar now, 0..1.
        peak: The best of the last seconds, 0..1 of the bar.
        problem: What is wrong, from the gate that fails now (see `Gate`); empty when none does.
        advice: What to do, from the same gate.
        fields: Fields of the slide so far.
        white_cells: White cells of the slide so far.
        warning: What is wrong with the device, at most 18 characters ("LOW VOLTAGE"), or empty.
        hint: Which way to turn the wheel, at most 14 characters ("sharper: go on"), or empty. If there is a
            problem, it is drawn in place of the advice.
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
    """A field is being captured. Nobody should move the slide."""

    slide: str


@dataclass(frozen=True)
class ReadingScreen:
    """The captured field is being read."""

    slide: str


@dataclass(frozen=True)
class ResultScreen:
    """A field was read.

    Attributes:
        slide: Number of the slide, "S0042".
        verdict: The verdict on the slide so far.
        field_headline: The verdict on this field alone, in one word.
        field_confidence: Its confidence, 0..1.
        sharpness: Sharpness of the live picture, 0..1 of the thin bar, for focusing the next field.
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
    """The slide is finished, with its final verdict."""

    slide: str
    verdict: Verdict


@dataclass(frozen=True)
class AsleepScreen:
    """A dark screen, because nobody has touched the button for some minutes."""


@dataclass(frozen=True)
class FaultScreen:
    """A fault stopped the device.

    Attributes:
        fault: Its number, name and advice.
        restarts: Whether the device starts again by itself. Otherwise a press tests it again.
    """

    fault: Fault
    restarts: bool


@dataclass(frozen=True)
class PowerOffScreen:
    """The device is being switched off.

    Attributes:
        step: What is being done.
    """

    step: str


@dataclass(frozen=True)
class UnplugScreen:
    """The last screen. It stays on the panel after the process has ended."""


@dataclass(frozen=True)
class NoticeScreen:
    """A message.

    Attributes:
        title: At most 15 characters.
        line1: At most 21 characters.
        line2: At most 21 characters.
    """

    title: str
    line1: str
    line2: str


@dataclass(frozen=True)
class CalibrationScreen:
    """A step of a calibration waits for a press.

    Attributes:
        number: Number of the step, from 1.
        total: Number of all steps.
        title: Name of the step, at most 14 characters.
        line1: What to do, at most 21 characters.
        line2: The rest of it, at most 21 characters.
        problem: What is wrong with the picture, at most 14 characters, or empty.
        sharpness: Length of the focus bar, 0..1; None if focus does not matter.
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
    """The button is held.

    Attributes:
        action: What happens if it is let go now, at most 14 characters ("FINISH SLIDE").
        progress: How near the next longer gesture is, 0..1; 1 when there is no longer one.
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
