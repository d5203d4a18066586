"""The series of control slides: each slide is judged by the reference that earlier slides make.

The first `FOUNDING_SLIDES` make the reference. The Westgard rules compare each later slide with it. If nothing has
drifted, the slide joins the reference, until that has `FULL_SLIDES`. A drift ends when `CLEARING_SLIDES` slides in a
row break no rule that rejects, or when the control slides are restarted with a new reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from leukoscope.qc.reference import FOUNDING_SLIDES, FULL_SLIDES, QcReference, make_reference
from leukoscope.qc.slide_measures import SlideMeasures
from leukoscope.qc.westgard import LOOK_BACK, WestgardRule, broken_rules
from leukoscope.reading.results import QcState
from leukoscope.system.clock import Moment, age_s

CHARTED: Mapping[str, str] = {
    "nuclear_area": "nuclear area",
    "nuclear_density": "nuclear density",
    "nc_ratio": "N:C ratio",
    "blasts": "blasts",
}
"""The values that the rules watch, and their names for people: size and stain of the nucleus, the ratio by which the
reader recognises a blast, and the share of blasts. Each further value would add its own false alarms."""

CLEARING_SLIDES = 2
"""A drift ends after so many control slides in a row without a rejection. One alone may be chance."""

VALID_S = 24 * 3600.0
"""A control slide is valid for a day, as on other analysers."""


@dataclass(frozen=True)
class QcScope:
    """What a control slide is valid for. If it changes, the slide no longer counts.

    Attributes:
        model_sha256: SHA-256 of the model that read the cells.
        simulated: Whether a simulator rendered the cells.
    """

    model_sha256: str
    simulated: bool


@dataclass(frozen=True)
class QcSlide:
    """One slide that was accepted as a control slide.

    Attributes:
        slide: Its number, 'S0042'.
        at: When it was read.
        made_for: What it is valid for.
        measures: What it measures.
    """

    slide: str
    at: Moment
    made_for: QcScope
    measures: SlideMeasures


@dataclass(frozen=True)
class RuleViolation:
    """A rule that a slide breaks.

    Attributes:
        name: The value that breaks it, one of `CHARTED`.
        rule: The rule.
    """

    name: str
    rule: WestgardRule

    def __str__(self) -> str:
        return f"{self.rule.value} {CHARTED[self.name]}"


@dataclass(frozen=True)
class QcPoint:
    """A control slide and how it was judged.

    Attributes:
        slide: The slide.
        reference: The reference that it was judged by; None if there was none yet.
        scores: (value - centre) / spread of each of `CHARTED`; empty without a reference.
        broken: The rules that it breaks, including the one that only warns.
    """

    slide: QcSlide
    reference: QcReference | None
    scores: Mapping[str, float]
    broken: tuple[RuleViolation, ...]

    @property
    def rejected(self) -> tuple[RuleViolation, ...]:
        """The broken rules that reject: they show a drift."""
        return tuple(broken for broken in self.broken if broken.rule.rejects)


@dataclass(frozen=True)
class QcSeries:
    """All control slides since the last restart, oldest first, and the reference that they make."""

    points: tuple[QcPoint, ...] = ()
    reference: QcReference | None = None

    @property
    def rejecting(self) -> tuple[QcPoint, ...]:
        """The slides among the newest `CLEARING_SLIDES` that show a drift; empty if there is none."""
        return _rejecting(self.points)


@dataclass(frozen=True)
class QcStatus:
    """The state of the control slides now.

    Attributes:
        state: Whether they are valid.
        reference: Their reference, also if they are too old or have drifted; None if there is none.
        text: The reason, one line.
    """

    state: QcState
    reference: QcReference | None
    text: str


def judge_series(slides: Iterable[QcSlide]) -> QcSeries:
    """Judge control slides of one `QcScope`, oldest first. Each is judged by those before it."""
    points: list[QcPoint] = []
    members: list[SlideMeasures] = []
    scores: dict[str, list[float]] = {name: [] for name in CHARTED}
    reference: QcReference | None = None
    for slide in slides:
        own = _scores(slide.measures, reference)
        broken: list[RuleViolation] = []
        for name, score in own.items():
            scores[name].append(score)
            broken += [
                RuleViolation(name, rule) for rule in broken_rules(scores[name][-LOOK_BACK:])
            ]
        points.append(QcPoint(slide, reference, own, tuple(broken)))
        if not _rejecting(points) and len(members) < FULL_SLIDES:
            members.append(slide.measures)
            reference = make_reference(members)
    return QcSeries(tuple(points), reference)


def _rejecting(points: Sequence[QcPoint]) -> tuple[QcPoint, ...]:
    return tuple(point for point in points[-CLEARING_SLIDES:] if point.rejected)


def _scores(measures: SlideMeasures, reference: QcReference | None) -> dict[str, float]:
    if reference is None:
        return {}
    return {name: reference.score(name, value(measures, name)) for name in CHARTED}


def value(measures: SlideMeasures, name: str) -> float:
    """Return a slide's value of one of `CHARTED`."""
    return measures.shares[name] if name in measures.shares else measures.medians[name]


def qc_status(series: QcSeries, now: Moment) -> QcStatus:
    """Return whether the control slides are valid now, and why."""
    have, reference = len(series.points), series.reference
    if reference is None:
        text = f"{have} of the {FOUNDING_SLIDES} control slides that a reference needs"
        return QcStatus(QcState.UNCONTROLLED, None, text)
    newest = series.points[-1]
    if series.rejecting:
        worst = series.rejecting[-1]
        text = f"{worst.slide.slide} breaks {', '.join(map(str, worst.rejected))}"
        return QcStatus(QcState.DRIFTED, reference, text)
    age = age_s(newest.slide.at, now)
    if age is None:
        text = "restarted without a set clock: read a control slide"
        return QcStatus(QcState.UNCONTROLLED, reference, text)
    if age > VALID_S:
        text = f"{newest.slide.slide} is {age / 3600:.0f} h old: read a control slide"
        return QcStatus(QcState.UNCONTROLLED, reference, text)
    text = f"{newest.slide.slide} is within its limits, for {(VALID_S - age) / 3600:.0f} h more"
    return QcStatus(QcState.VALID, reference, text)
