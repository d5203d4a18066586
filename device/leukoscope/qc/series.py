"""The control slides in their order: each judged by the reference of those before it.

The first `FOUNDING_SLIDES` make the reference. Each later slide is judged against it by the Westgard
rules. If nothing has drifted it joins the reference, until that has `FULL_SLIDES`. A drift ends when
`CLEARING_SLIDES` in a row break no rule that rejects, or when the control slides are restarted with a
new reference.
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
"""What the rules watch, and its name for people: size and stain of the nucleus, the ratio by which the reader
recognises a blast, and the share of cells it reads as one. Each further value would add its own false alarms."""

CLEARING_SLIDES = 2
"""Control slides in a row without a rejection that end a drift: one alone may be chance."""

VALID_S = 24 * 3600.0
"""A control holds for a day, as the controls of other analysers do."""


@dataclass(frozen=True)
class QcScope:
    """What a control slide holds for. If it changes, the slide no longer counts.

    model_sha256: of the model that read the cells. simulated: whether a simulator rendered them.
    """

    model_sha256: str
    simulated: bool


@dataclass(frozen=True)
class QcSlide:
    """One slide that was accepted as a control slide. slide: its number, 'S0042'; at: when it was read."""

    slide: str
    at: Moment
    made_for: QcScope
    measures: SlideMeasures


@dataclass(frozen=True)
class RuleViolation:
    """A rule that a slide breaks. name: of `CHARTED`."""

    name: str
    rule: WestgardRule

    def __str__(self) -> str:
        return f"{self.rule.value} {CHARTED[self.name]}"


@dataclass(frozen=True)
class QcPoint:
    """A control slide as it was judged.

    Attributes:
        slide: The slide.
        reference: By which it was judged; None while there was none.
        scores: (value - centre) / spread of each of `CHARTED`; empty without a reference.
        broken: The rules that it breaks, warnings too.
    """

    slide: QcSlide
    reference: QcReference | None
    scores: Mapping[str, float]
    broken: tuple[RuleViolation, ...]

    @property
    def rejected(self) -> tuple[RuleViolation, ...]:
        """The broken rules that show a drift."""
        return tuple(broken for broken in self.broken if broken.rule.rejects)


@dataclass(frozen=True)
class QcSeries:
    """All control slides since the last restart, oldest first, and the reference that they make."""

    points: tuple[QcPoint, ...] = ()
    reference: QcReference | None = None

    @property
    def rejecting(self) -> tuple[QcPoint, ...]:
        """Those of the newest slides that show a drift; empty if there is none."""
        return _rejecting(self.points)


@dataclass(frozen=True)
class QcStatus:
    """What the control slides say now. reference: kept if too old or drifted; text: the reason, one line."""

    state: QcState
    reference: QcReference | None
    text: str


def judge_series(slides: Iterable[QcSlide]) -> QcSeries:
    """Judge control slides of one `QcScope`, oldest first, each by those before it."""
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
    """Return what a slide measures of one of `CHARTED`."""
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
