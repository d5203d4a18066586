"""The rule that leads from a differential to a verdict.

A pattern is named if it is probable enough (pattern_posterior.py), and if enough cells say so
(confidence_sequence.py):

- NORMAL: probability 0.95 or more, the upper bound on the share of blasts is below the criterion of 20 %, and the
  control slides are valid. If only the control slides are missing, the verdict is "no leukaemia seen" on so many
  cells: in a laboratory that the reader has not seen, it may miss blasts.
- Acute leukaemia: the probability of the model's card or more, and the lower bound on the share of blasts is above
  10 %, half the criterion. That makes sure that there are blasts at all, and that two or three cells are not enough.
- CML and lymphocytosis: the probability of the model's card or more, on `MIN_CELLS` cells or more.

Without valid control slides a leukaemia needs `UNCONTROLLED_EXTRA` more probability.

For the bounds, 20 and 10 % become the shares that the reader sees on average where 20 and 10 % are true.

ALL or AML is named only if both were learned in two laboratories or more. CLL is never named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from leukoscope.reading.cell_evidence import CellEvidence
from leukoscope.reading.cell_types import BLASTS, CellType
from leukoscope.reading.confidence_sequence import is_above, is_below
from leukoscope.reading.differential import Baseline, Differential, differential_of
from leukoscope.reading.pattern_posterior import BLAST_CRITERION, Probabilities, probabilities_of
from leukoscope.reading.reader_errors import BASELINE_SPREAD, Rate, ReaderErrors
from leukoscope.reading.results import (
    LABELS,
    PATTERN_OF_LABEL,
    FieldReading,
    Pattern,
    QcState,
    Reason,
    Verdict,
)
from leukoscope.reading.stored_evidence import NOTHING_READ
from leukoscope.reading.thresholds import Thresholds

NORMAL_THRESHOLD = 0.95
"""Least probability of NORMAL. It is higher than for the other patterns, because after NORMAL nobody may look again."""

UNCONTROLLED_EXTRA = 0.10
"""How much more probable a leukaemia must be without valid control slides. On simulated slides of normal blood from
laboratories that differ, it lowers the share called acute from 3.2 to 1.5 % (docs/measurements/rule.md)."""

MIN_CELLS = 50
"""With fewer cells a verdict is provisional: with 50 cells, a share of 20 % has a standard error of 6 points."""

MAX_ARTEFACTS = 0.5
"""With a larger share of artefacts among the finds, more fields are needed."""


def judge(
    readings: Sequence[FieldReading],
    thresholds: Thresholds,
    errors: ReaderErrors,
    qc: QcState = QcState.UNCONTROLLED,
    baseline: Baseline | None = None,
    baseline_spread: float = BASELINE_SPREAD,
) -> Verdict:
    """Judge the fields of a slide whose cells were read one by one. Fields that a gate refused are left out.

    Args:
        readings: The readings of the fields.
        thresholds: Least probabilities of a pattern and of a class, with valid control slides. NORMAL has its own,
            `NORMAL_THRESHOLD`.
        errors: The errors of the reader.
        qc: State of the device according to its control slides.
        baseline: How this device reads normal blood (see differential.py). Its share of blasts is the rate of false
            blasts while the control slides are valid; otherwise that of the card is taken.
        baseline_spread: How far this slide's rate of false blasts is from the baseline's: a standard deviation.
    """
    read = [reading for reading in readings if reading.was_read]
    if not read:
        return replace(NOTHING_READ, qc=qc)
    false_blasts = errors.false_blast_rate
    if baseline is not None:
        if qc is QcState.VALID:
            false_blasts = Rate(baseline["blasts"], baseline_spread)
        # The rate corrects the share of blasts. If the differential were corrected too, true blasts would be lost.
        baseline = {**baseline, "blasts": 0.0}
    differential = differential_of(read, baseline)
    said = probabilities_of(differential, errors, false_blasts)
    pattern = max(Pattern, key=lambda name: said.patterns[name])
    extra = 0.0 if qc is QcState.VALID else UNCONTROLLED_EXTRA
    least = NORMAL_THRESHOLD if pattern is Pattern.NORMAL else thresholds.pattern + extra
    probable = said.patterns[pattern] >= least
    enough = _has_enough_cells(pattern, differential, errors, false_blasts.mean)
    vouched = pattern is not Pattern.NORMAL or qc is QcState.VALID
    named = probable and enough and vouched
    label = _label(pattern, said, thresholds, errors) if named else None
    reason = None
    if differential.cells < MIN_CELLS or (probable and not enough):
        reason = Reason.FEW_CELLS
    elif differential.count(CellType.ARTEFACT) > MAX_ARTEFACTS * sum(differential.counts):
        reason = Reason.ARTEFACTS
    elif not probable:
        reason = Reason.LOW_CONFIDENCE
    elif not vouched:
        reason = Reason.NOT_CONTROLLED
    elif pattern is Pattern.ACUTE and label is None:
        reason = Reason.CLASS_UNSURE
    return Verdict(
        label=label,
        pattern=pattern if named else None,
        confidence=max(said.classes),
        pattern_confidence=said.patterns[pattern],
        evidence=CellEvidence(said.classes, differential),
        white_cells=round(differential.cells),
        fields=len(read),
        reason=reason,
        qc=qc,
    )


def _has_enough_cells(
    pattern: Pattern, differential: Differential, errors: ReaderErrors, false_blasts: float
) -> bool:
    blasts, cells = differential.count(*BLASTS), differential.cells
    if pattern is Pattern.NORMAL:
        return is_below(errors.seen_share(BLAST_CRITERION, false_blasts), blasts, cells)
    if pattern is Pattern.ACUTE:
        return is_above(errors.seen_share(BLAST_CRITERION / 2, false_blasts), blasts, cells)
    return cells >= MIN_CELLS


def _label(
    pattern: Pattern, said: Probabilities, thresholds: Thresholds, errors: ReaderErrors
) -> str | None:
    """Return the class to name beside a pattern that is named, or None."""
    if pattern is Pattern.LYMPHOCYTOSIS:
        return None
    if pattern is Pattern.ACUTE and not errors.tells_apart("ALL", "AML"):
        return None
    best = max(range(len(LABELS)), key=lambda index: said.classes[index])
    sure = said.classes[best] >= thresholds.label and PATTERN_OF_LABEL[LABELS[best]] is pattern
    return LABELS[best] if sure else None
