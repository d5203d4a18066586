"""Deals slides of 100 cells from cells that were read, and judges them by the device's own rule.

Each slide has ten fields of ten cells. A cell can be dealt more than once. The device is uncontrolled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from leukoscope.reading.cell_types import CellType
from leukoscope.reading.results import LABELS, FieldReading, Pattern, Verdict, WhiteCell

from leukoscope_training.data.typed_cells import Group
from leukoscope_training.evaluation.typed_cell_reading import ReadCell

SLIDES, CELLS, FIELDS = 60, 100, 10
"""Slides of each kind, cells of a slide, and fields of a slide."""

BLAST_PERCENTS = (0, 40, 70)
"""Blasts among the cells of a slide of each kind, in percent. The other cells are normal blood."""

NORMAL_BLOOD = {
    CellType.NEUTROPHIL: 0.58,
    CellType.EOSINOPHIL: 0.03,
    CellType.BASOPHIL: 0.01,
    CellType.LYMPHOCYTE: 0.30,
    CellType.MONOCYTE: 0.07,
    CellType.ATYPICAL_LYMPHOCYTE: 0.01,
}
"""The differential of a healthy adult, within the ranges of Dacie and Lewis, Practical Haematology (2017), ch. 2."""

COMMON_SHARE = 0.05
"""A type with a larger share of normal blood must be among the cells. If a rarer one is not, it is left out."""

READ = (1 / len(LABELS),) * len(LABELS)
"""Stands for the probabilities of a field that was read; its slide's verdict does not use them."""

Judge: TypeAlias = Callable[[Sequence[FieldReading]], Verdict]

NOT_SEEN = "no leukaemia seen"


@dataclass(frozen=True)
class SlideKind:
    """The verdicts on the slides of one kind.

    Attributes:
        blast_percent: Blasts among the cells of each slide, in percent.
        called: How many slides got each pattern, by the pattern's value. Without a pattern: `NOT_SEEN` or
            "inconclusive".
    """

    blast_percent: int
    called: Counter[str]

    def count(self, *patterns: Pattern) -> int:
        """Return how many slides got one of these patterns. `NOT_SEEN` counts as normal."""
        normal = self.called[NOT_SEEN] if Pattern.NORMAL in patterns else 0
        return normal + sum(self.called[pattern.value] for pattern in patterns)


def judge_pseudo_slides(
    cells: Sequence[ReadCell], judge: Judge, *, slides: int = SLIDES, seed: int = 0
) -> list[SlideKind]:
    """Deal and judge the slides of each kind that the cells allow.

    Args:
        cells: The typed cells. Those that were not read are left out.
        judge: Judges the fields of a slide together.
        slides: Slides of each kind.
        seed: Seed of the dealing.

    Returns:
        The kinds of `BLAST_PERCENTS` for which there are cells of all types that are needed.
    """
    normal: dict[CellType, list[WhiteCell]] = {}
    blasts = []
    for cell in cells:
        expert_type = cell.typed.expert_type
        if cell.find is None or not cell.was_read:
            continue
        if expert_type.group is Group.BLAST:
            blasts.append(cell.find)
        elif expert_type.normal is not None:
            normal.setdefault(expert_type.normal, []).append(cell.find)
    if any(share > COMMON_SHARE and name not in normal for name, share in NORMAL_BLOOD.items()):
        return []
    return [
        _judge_kind(percent, blasts, normal, judge, slides, seed)
        for percent in BLAST_PERCENTS
        if blasts or not percent
    ]


def _judge_kind(
    percent: int,
    blasts: Sequence[WhiteCell],
    normal: dict[CellType, list[WhiteCell]],
    judge: Judge,
    slides: int,
    seed: int,
) -> SlideKind:
    rng = np.random.default_rng([seed, percent])
    called: Counter[str] = Counter()
    for _ in range(slides):
        dealt = _deal(blasts, normal, round(CELLS * percent / 100), rng)
        verdict = judge([_as_field(dealt[field::FIELDS]) for field in range(FIELDS)])
        called[verdict.headline if verdict.pattern is None else verdict.pattern.value] += 1
    return SlideKind(percent, called)


def _deal(
    blasts: Sequence[WhiteCell],
    normal: dict[CellType, list[WhiteCell]],
    blast_count: int,
    rng: np.random.Generator,
) -> list[WhiteCell]:
    """Deal the cells of a slide in random order."""
    types = [name for name in NORMAL_BLOOD if name in normal]
    shares = np.array([NORMAL_BLOOD[name] for name in types])
    counts = rng.multinomial(CELLS - blast_count, shares / shares.sum())
    piles = [(blasts, blast_count), *zip((normal[name] for name in types), counts, strict=True)]
    dealt = [
        pile[pick] for pile, count in piles for pick in rng.integers(len(pile) or 1, size=count)
    ]
    return [dealt[place] for place in rng.permutation(len(dealt))]


def _as_field(cells: Sequence[WhiteCell]) -> FieldReading:
    """Return the reading of a field that has these cells and passed its gates."""
    return FieldReading((), tuple(cells), None, READ)
