"""Writes the sentences of an evaluation's report: what its numbers mean."""

from __future__ import annotations

import math

from leukoscope.reading.results import LABELS

from leukoscope_training.evaluation.bundle_evaluation import Evaluation, Scores
from leukoscope_training.evaluation.classification_measures import NORMAL

NEARLY = 0.5
"""The white cells are not needed when the ablation keeps at least this share of the mean recall above chance. Chosen,
not derived."""

ENOUGH_GROUPS = 3
"""With fewer patients or slides of a class, its numbers say little about the next patient. Chosen, not derived."""


def state_findings(evaluation: Evaluation) -> list[str]:
    """Return the sentences, the most important first."""
    if not evaluation.intact.fields:
        return ["No field could be read: there is nothing to measure."]
    said = (
        _compare_ablation(evaluation),
        _count_wrong(evaluation.intact),
        _compare_sources(evaluation),
        _warn_of_few_groups(evaluation.intact),
    )
    return [sentence for sentence in said if sentence]


def _compare_ablation(evaluation: Evaluation) -> str:
    """Say whether the white cells are needed, by the mean recall. By chance it is the same for any mix of classes."""
    present = sum(count > 0 for count in evaluation.intact.measures.groups.values())
    if present < 2:
        return (
            "All fields that were read are of one class: nothing here says whether the model sorts "
            "by the white cells."
        )
    chance = 1 / present
    intact = evaluation.intact.measures.macro.recall.value
    ablation = evaluation.ablation.measures.macro.recall.value
    if math.isnan(ablation):
        return "With the white cells cut out the model gives no reading at all, as it should."
    numbers = (
        f"mean recall is {intact:.2f} on the fields as taken, {ablation:.2f} with the white cells cut "
        f"out, and {chance:.2f} by chance"
    )
    if intact <= chance:
        return f"The model does no better than chance: {numbers}."
    if ablation - chance >= NEARLY * (intact - chance):
        return (
            "These data can be sorted without a single white cell, so the numbers below do not show that "
            f"the model reads white cells: {numbers}."
        )
    return f"The model needs the white cells for most of what it gets right: {numbers}."


def _count_wrong(numbers: Scores) -> str:
    slides = numbers.slide_counts()
    return (
        f"The device would name another disease, or disease where there is none, or none where there is "
        f"one, for {len(numbers.wrong)} of {numbers.fields} fields, and for {slides['wrong']} of "
        f"{len(numbers.slides)} patients or slides."
    )


def _compare_sources(evaluation: Evaluation) -> str:
    """Say whether the source of a picture is enough to separate leukaemia from normal."""
    present = {
        source: [label for label, n in intact.measures.groups.items() if n]
        for source, (intact, _) in evaluation.sources.items()
    }
    normal = [source for source, labels in present.items() if NORMAL in labels]
    ill = [source for source, labels in present.items() if set(labels) - {NORMAL}]
    if not normal or not ill or set(normal) & set(ill):
        return ""
    return (
        f"All normal fields come from {_list_words(normal)}, all leukaemias from {_list_words(ill)}: "
        "recognising the source is enough to separate leukaemia from normal here."
    )


def _warn_of_few_groups(numbers: Scores) -> str:
    groups = numbers.measures.groups
    few = [f"{label} {groups[label]}" for label in LABELS if 0 < groups[label] < ENOUGH_GROUPS]
    if not few:
        return ""
    return (
        f"Very few patients or slides: {_list_words(few)}. The numbers of these classes say little about the "
        "next patient. A class with one patient has no interval, and makes the intervals over all classes "
        "narrower than they should be."
    )


def _list_words(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
