"""Evaluates a bundle on labelled fields, as taken and with the white cells cut out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from leukoscope.reading.results import (
    LABELS,
    PATTERN_OF_LABEL,
    FieldReading,
    Pattern,
    Verdict,
)

from leukoscope_training.data.manifest import Sample
from leukoscope_training.evaluation.classification_measures import NORMAL, Measures, measure
from leukoscope_training.evaluation.intervals import Estimate, estimate_share, replace_nan
from leukoscope_training.evaluation.probabilities import (
    Reliability,
    calibration_error,
    estimate_auc,
    reliability,
)
from leukoscope_training.evaluation.verdict_correctness import (
    JUDGEMENTS,
    EvaluatedSlide,
    JudgedField,
)

Judge = Callable[[Sequence[FieldReading]], Verdict]

PATTERNS = tuple(pattern.value for pattern in Pattern)
PATTERN_OF = np.array([PATTERNS.index(PATTERN_OF_LABEL[label].value) for label in LABELS])
"""The place in `PATTERNS` of each of `LABELS`."""


@dataclass(frozen=True)
class FieldOutcome:
    """The readings of one picture.

    Attributes:
        sample: The picture.
        reading: Its reading as taken; None when the file can't be read.
        ablation: Its reading with the white cells cut out; None unless the field was read as taken.
        error: Why the file can't be read, or "".
    """

    sample: Sample
    reading: FieldReading | None
    ablation: FieldReading | None
    error: str = ""


@dataclass(frozen=True, eq=False)
class Scores:
    """The numbers of the fields that were read.

    Attributes:
        measures: Measures of the most probable class, whether or not it reached its threshold.
        patterns: Measures of the most probable pattern, likewise.
        area: Area under the ROC curve of leukaemia against normal, by 1 - p(normal).
        named: Share of fields whose class was named.
        right_when_named: Share of these whose class is right.
        pattern_named: Share of fields whose pattern was named.
        pattern_right_when_named: Share of these whose pattern is right.
        calibration_error: Expected calibration error of the most probable class.
        reliability: The bins of the calibration error.
        wrong: Fields with a wrong headline, the most confident first.
        slides: Each patient or slide with the verdict that the device would give.
    """

    measures: Measures
    patterns: Measures
    area: Estimate
    named: Estimate
    right_when_named: Estimate
    pattern_named: Estimate
    pattern_right_when_named: Estimate
    calibration_error: float
    reliability: Reliability
    wrong: tuple[JudgedField, ...]
    slides: tuple[EvaluatedSlide, ...]

    @property
    def fields(self) -> int:
        """Number of fields that were read."""
        return int(self.measures.confusion.sum())

    def slide_counts(self) -> dict[str, int]:
        """Count the slides with each of `JUDGEMENTS`."""
        counts = Counter(slide.judgement for slide in self.slides)
        return {name: counts[name] for name in JUDGEMENTS}

    def as_dict(self) -> dict[str, object]:
        """For JSON; null stands for NaN."""
        bins = {name: values.tolist() for name, values in vars(self.reliability).items()}
        plain = {
            "fields": self.fields,
            "measures": self.measures.as_dict(),
            "patterns": self.patterns.as_dict(),
            "area_leukaemia": asdict(self.area),
            "named": asdict(self.named),
            "right_when_named": asdict(self.right_when_named),
            "pattern_named": asdict(self.pattern_named),
            "pattern_right_when_named": asdict(self.pattern_right_when_named),
            "confidently_wrong": len(self.wrong),
            "calibration_error": self.calibration_error,
            "reliability": bins,
            "slides": self.slide_counts(),
        }
        return {key: replace_nan(value) for key, value in plain.items()}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All results of a bundle on a manifest.

    Attributes:
        listed: Fields by label.
        unreadable: Fields by label whose file could not be read.
        refused: By label, how many fields each gate refused.
        errors: The pictures that could not be read, with why.
        unlabelled: Pictures without a label, which are not counted.
        intact: The scores of the fields as taken.
        ablation: The scores with the white cells cut out.
        sources: By source, both scores.
    """

    listed: dict[str, int]
    unreadable: dict[str, int]
    refused: dict[str, dict[str, int]]
    errors: tuple[tuple[str, str], ...]
    unlabelled: int
    intact: Scores
    ablation: Scores
    sources: dict[str, tuple[Scores, Scores]]

    def as_dict(self) -> dict[str, object]:
        """For JSON; null stands for NaN."""
        return {
            "listed": self.listed,
            "unreadable": self.unreadable,
            "refused": self.refused,
            "errors": [{"image": image, "error": error} for image, error in self.errors],
            "unlabelled": self.unlabelled,
            "intact": self.intact.as_dict(),
            "ablation": self.ablation.as_dict(),
            "sources": {
                name: {"intact": intact.as_dict(), "ablation": ablation.as_dict()}
                for name, (intact, ablation) in self.sources.items()
            },
            "confidently_wrong": [judged.as_dict() for judged in self.intact.wrong],
            "slides": [slide.as_dict() for slide in self.intact.slides],
        }


def evaluate(outcomes: Iterable[FieldOutcome], judge: Judge) -> Evaluation:
    """Evaluate a bundle from its readings.

    Args:
        outcomes: The readings of each picture.
        judge: Gives the verdict over the fields of a slide, or over one field.
    """
    rows = list(outcomes)
    labelled = [row for row in rows if row.sample.label]
    readable = [row for row in labelled if row.reading is not None]
    refused: dict[str, Counter[str]] = {}
    for row in readable:
        gate = row.reading.failed_gate if row.reading is not None else None
        if gate is not None:
            refused.setdefault(row.sample.label, Counter())[gate.name.value] += 1
    by_source: dict[str, list[FieldOutcome]] = {}
    for row in readable:
        by_source.setdefault(row.sample.source, []).append(row)
    listed = Counter(row.sample.label for row in labelled)
    unreadable = Counter(row.sample.label for row in labelled if row.reading is None)
    return Evaluation(
        listed={label: listed[label] for label in LABELS},
        unreadable={label: unreadable[label] for label in LABELS},
        refused={label: dict(refused[label]) for label in LABELS if label in refused},
        errors=tuple((row.sample.image, row.error) for row in rows if row.error),
        unlabelled=len(rows) - len(labelled),
        intact=score([(row.sample, row.reading) for row in readable], judge),
        ablation=score([(row.sample, row.ablation) for row in readable], judge),
        sources={
            source: (
                score([(row.sample, row.reading) for row in own], judge),
                score([(row.sample, row.ablation) for row in own], judge),
            )
            for source, own in sorted(by_source.items())
        },
    )


def score(rows: Sequence[tuple[Sample, FieldReading | None]], judge: Judge) -> Scores:
    """Score the readings. Those without probabilities count only in the number of listed fields of their slide."""
    fields = [
        JudgedField(sample, reading.probabilities, judge([reading]))
        for sample, reading in rows
        if reading is not None and reading.probabilities is not None
    ]
    truth = np.array([LABELS.index(field.sample.label) for field in fields], np.int64)
    group = np.array([field.sample.group for field in fields], np.str_)
    rows_of = [field.probabilities for field in fields]
    probabilities = np.array(rows_of, np.float64).reshape(-1, len(LABELS))
    of_pattern = np.stack(
        [probabilities[:, place == PATTERN_OF].sum(1) for place in range(len(PATTERNS))], axis=1
    )
    verdicts = [field.verdict for field in fields]
    named = np.array([v.label is not None for v in verdicts], np.bool_)
    right = np.array([field.judgement == "right" for field in fields], np.bool_)
    pattern_named = np.array([v.pattern is not None for v in verdicts], np.bool_)
    pattern_right = np.array(
        [f.verdict.pattern is PATTERN_OF_LABEL[f.sample.label] for f in fields], np.bool_
    )
    ill = truth != LABELS.index(NORMAL)
    everything = np.ones(len(fields), np.bool_)
    wrong = [field for field in fields if field.judgement == "wrong"]
    return Scores(
        measures=measure(truth, probabilities.argmax(1), group),
        patterns=measure(PATTERN_OF[truth], of_pattern.argmax(1), group, classes=PATTERNS),
        area=estimate_auc(1 - probabilities[:, LABELS.index(NORMAL)], ill, group),
        named=estimate_share(named, everything, truth, group),
        right_when_named=estimate_share(right, named, truth, group),
        pattern_named=estimate_share(pattern_named, everything, truth, group),
        pattern_right_when_named=estimate_share(pattern_right, pattern_named, truth, group),
        calibration_error=calibration_error(probabilities, truth),
        reliability=reliability(probabilities, truth),
        wrong=tuple(sorted(wrong, key=lambda field: -field.verdict.headline_confidence)),
        slides=_judge_slides(rows, judge),
    )


def _judge_slides(
    rows: Sequence[tuple[Sample, FieldReading | None]], judge: Judge
) -> tuple[EvaluatedSlide, ...]:
    slides: dict[tuple[str, str, str], list[FieldReading | None]] = {}
    for sample, reading in rows:
        key = (sample.source, sample.label, sample.group)
        slides.setdefault(key, []).append(reading)
    return tuple(
        EvaluatedSlide(
            group=group,
            label=label,
            source=source,
            listed=len(readings),
            verdict=judge([reading for reading in readings if reading is not None]),
        )
        for (source, label, group), readings in sorted(slides.items())
    )
