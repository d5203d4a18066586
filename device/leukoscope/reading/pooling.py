"""The verdict on a slide whose fields were read whole: the mean of their class probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leukoscope.reading.field_evidence import FieldEvidence
from leukoscope.reading.results import (
    LABELS,
    PATTERN_OF_LABEL,
    FieldReading,
    Pattern,
    Reason,
    Verdict,
)
from leukoscope.reading.stored_evidence import NOTHING_READ
from leukoscope.reading.thresholds import Thresholds


def pool(readings: Sequence[FieldReading], thresholds: Thresholds) -> Verdict:
    """Judge the fields of one slide together. Fields that a gate refused are left out.

    The verdict's probabilities are the mean over the fields, its white cells the sum.
    """
    rows = [reading.probabilities for reading in readings if reading.probabilities is not None]
    if not rows:
        return NOTHING_READ
    mean = np.mean(rows, axis=0)
    by_pattern = {
        pattern: sum(
            float(p)
            for label, p in zip(LABELS, mean, strict=True)
            if PATTERN_OF_LABEL[label] is pattern
        )
        for pattern in Pattern
    }
    pattern = max(by_pattern, key=lambda name: by_pattern[name])
    label = LABELS[int(np.argmax(mean))]
    sure_of_label = float(mean.max()) >= thresholds.label
    sure_of_pattern = by_pattern[pattern] >= thresholds.pattern
    reason = None
    if not sure_of_label:
        acute = sure_of_pattern and pattern is Pattern.ACUTE
        reason = Reason.CLASS_UNSURE if acute else Reason.LOW_CONFIDENCE
    return Verdict(
        label=label if sure_of_label else None,
        pattern=pattern if sure_of_pattern else None,
        confidence=float(mean.max()),
        pattern_confidence=by_pattern[pattern],
        evidence=FieldEvidence(tuple(float(p) for p in mean)),
        white_cells=sum(len(reading.white_cells) for reading in readings if reading.was_read),
        fields=len(rows),
        reason=reason,
    )
