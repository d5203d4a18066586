"""Judges whether a verdict is right, for fields, and for patients or slides, whose class is known."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.reading.results import LABELS, PATTERN_OF_LABEL, Pattern, Verdict

from leukoscope_training.data.manifest import Sample

JUDGEMENTS = ("right", "pattern only", "inconclusive", "wrong")
"""The right class is named; only the right pattern is named; nothing is named; another class or pattern is named."""


def judge_headline(verdict: Verdict, label: str) -> str:
    """Judge the headline that the device shows: one of `JUDGEMENTS`."""
    if verdict.no_leukaemia_seen:
        return "pattern only" if label == "normal" else "wrong"
    if verdict.label is not None:
        return "right" if verdict.label == label else "wrong"
    if verdict.pattern in (None, Pattern.NORMAL):
        return "inconclusive"
    return "pattern only" if verdict.pattern is PATTERN_OF_LABEL[label] else "wrong"


@dataclass(frozen=True)
class JudgedField:
    """A field that was read, and the device's verdict on it alone."""

    sample: Sample
    probabilities: tuple[float, ...]
    verdict: Verdict

    @property
    def judgement(self) -> str:
        """One of `JUDGEMENTS`."""
        return judge_headline(self.verdict, self.sample.label)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "image": self.sample.image,
            "group": self.sample.group,
            "source": self.sample.source,
            "label": self.sample.label,
            "headline": self.verdict.headline,
            "confidence": self.verdict.headline_confidence,
            "probabilities": dict(zip(LABELS, self.probabilities, strict=True)),
        }


@dataclass(frozen=True)
class EvaluatedSlide:
    """A patient or slide: its fields in the manifest, and the verdict over those that were read."""

    group: str
    label: str
    source: str
    listed: int
    verdict: Verdict

    @property
    def judgement(self) -> str:
        """One of `JUDGEMENTS`."""
        return judge_headline(self.verdict, self.label)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        verdict = self.verdict
        return {
            "group": self.group,
            "source": self.source,
            "label": self.label,
            "listed": self.listed,
            "read": verdict.fields,
            "white_cells": verdict.white_cells,
            "headline": verdict.headline,
            "confidence": verdict.headline_confidence,
            "reason": verdict.reason.value if verdict.reason is not None else None,
            "judgement": self.judgement,
        }
