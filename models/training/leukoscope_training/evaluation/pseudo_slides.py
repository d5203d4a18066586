"""Deals slides of 100 cells from cells that were read, and judges them by the device's own rule.

Each slide has ten fields of ten cells. A cell can be dealt more than once. The device is uncontrolled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from leukoscope.reading.cell_types import CellType
from leukoscope.reading.results import LABELS, FieldReading, Pattern, Verdict, WhiteCell

from leukoscope_training.data.typed_cells import Group
from leukoscope_training.evaluation.typed_cell_reading import ReadCell

SLIDES, CELLS, FIELDS = 60, 100, 10
"""Slides of each kind, cells of a slide, and fields of a slide."""

NORMAL_BLOOD = {
    CellType.NEUTROPHIL: 0.58,
    CellType.EOSINOPHIL: 0.03,
    CellType.BASOPHIL: 0.01,
    CellType.LYMPHOCYTE: 0.30,
    CellType.MONOCYTE: 0.07,
    CellType.ATYPICAL_LYMPHOCYTE: 0.01,
}
"""The differential of a healthy adult, within the ranges of Dacie and Lewis, Practical Haematology (2017), ch. 2."""

CML_BLOOD = {
    CellType.NEUTROPHIL: 0.75,
    CellType.EOSINOPHIL: 0.04,
    CellType.BASOPHIL: 0.05,
    CellType.LYMPHOCYTE: 0.10,
    CellType.MONOCYTE: 0.06,
}
"""The mature cells of a slide of CML. With `CML_MYELOCYTES` and `CML_BLASTS` they are within the ranges of Spiers et
al., Scand J Haematol 18, 1977, 25-38."""
CML_MYELOCYTES, CML_BLASTS = 23, 4

COMMON_SHARE = 0.05
"""A type with a larger share of normal blood must be among the cells. If a rarer one is not, it is left out."""

READ = (1 / len(LABELS),) * len(LABELS)
"""Stands for the probabilities of a field that was read; its slide's verdict does not use them."""

Judge: TypeAlias = Callable[[Sequence[FieldReading]], Verdict]

NOT_SEEN = "no leukaemia seen"


@dataclass(frozen=True)
class _Mix:
    """The cells of a slide of one kind.

    Attributes:
        pattern: The pattern that is right.
        blast_percent: Blasts among the cells, in percent.
        fixed: Names of piles, and how many cells of the slide are from each.
        rest: Shares of the normal types among the other cells.
    """

    pattern: Pattern
    blast_percent: int
    fixed: Mapping[str, int]
    rest: Mapping[CellType, float]


BLASTS, MYELOCYTES, TUMORAL = "blasts", "myelocytes", "tumoral lymphocytes"
_WORDS_OF_PILE = {
    MYELOCYTES: ("myelocyte", "metamyelocyte"),
    TUMORAL: ("tumoral", "atypical lymphocyte"),
}
_MIXES = {
    "normal blood": _Mix(Pattern.NORMAL, 0, {}, NORMAL_BLOOD),
    "40 % blasts": _Mix(Pattern.ACUTE, 40, {BLASTS: 40}, NORMAL_BLOOD),
    "70 % blasts": _Mix(Pattern.ACUTE, 70, {BLASTS: 70}, NORMAL_BLOOD),
    "CML": _Mix(
        Pattern.CML, CML_BLASTS, {MYELOCYTES: CML_MYELOCYTES, BLASTS: CML_BLASTS}, CML_BLOOD
    ),
    "lymphocytosis": _Mix(Pattern.LYMPHOCYTOSIS, 0, {TUMORAL: 80}, NORMAL_BLOOD),
    "lymphocytes only": _Mix(Pattern.LYMPHOCYTOSIS, 0, {TUMORAL: CELLS}, {}),
}
"""The kinds of slides by name. The last is for laboratories that have only lymphocytes."""


@dataclass(frozen=True)
class SlideKind:
    """The verdicts on the slides of one kind.

    Attributes:
        name: Name of the kind.
        pattern: The pattern that is right.
        blast_percent: Blasts among the cells of each slide, in percent.
        called: How many slides got each pattern, by the pattern's value. Without a pattern: `NOT_SEEN` or
            "inconclusive".
    """

    name: str
    pattern: Pattern
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
        The kinds for which there are cells of all types that are needed.
    """
    normal, piles = _sort_into_piles(cells)
    return [
        SlideKind(
            name,
            mix.pattern,
            mix.blast_percent,
            _judge_kind(mix, normal, piles, judge, slides, np.random.default_rng([seed, number])),
        )
        for number, (name, mix) in enumerate(_MIXES.items())
        if all(piles[pile] for pile in mix.fixed)
        and all(share <= COMMON_SHARE or normal.get(name) for name, share in mix.rest.items())
    ]


def _sort_into_piles(
    cells: Sequence[ReadCell],
) -> tuple[dict[CellType, list[WhiteCell]], dict[str, list[WhiteCell]]]:
    """Return the finds of normal blood by their true type, and those of the other piles by name."""
    normal: dict[CellType, list[WhiteCell]] = {}
    piles: dict[str, list[WhiteCell]] = {BLASTS: [], MYELOCYTES: [], TUMORAL: []}
    for cell in cells:
        expert_type = cell.typed.expert_type
        if cell.find is None or not cell.was_read:
            continue
        if expert_type.group is Group.BLAST:
            piles[BLASTS].append(cell.find)
        elif expert_type.normal is not None:
            normal.setdefault(expert_type.normal, []).append(cell.find)
        for pile, words in _WORDS_OF_PILE.items():
            if cell.typed.word in words:
                piles[pile].append(cell.find)
    return normal, piles


def _judge_kind(
    mix: _Mix,
    normal: Mapping[CellType, Sequence[WhiteCell]],
    piles: Mapping[str, Sequence[WhiteCell]],
    judge: Judge,
    slides: int,
    rng: np.random.Generator,
) -> Counter[str]:
    called: Counter[str] = Counter()
    for _ in range(slides):
        dealt = _deal(mix, normal, piles, rng)
        verdict = judge([_as_field(dealt[field::FIELDS]) for field in range(FIELDS)])
        called[verdict.headline if verdict.pattern is None else verdict.pattern.value] += 1
    return called


def _deal(
    mix: _Mix,
    normal: Mapping[CellType, Sequence[WhiteCell]],
    piles: Mapping[str, Sequence[WhiteCell]],
    rng: np.random.Generator,
) -> list[WhiteCell]:
    """Deal the cells of a slide in random order."""
    dealt = [
        piles[name][pick]
        for name, count in mix.fixed.items()
        for pick in rng.integers(len(piles[name]), size=count)
    ]
    types = [name for name in mix.rest if normal.get(name)]
    if types:
        shares = np.array([mix.rest[name] for name in types])
        counts = rng.multinomial(CELLS - len(dealt), shares / shares.sum())
        dealt += [
            normal[name][pick]
            for name, count in zip(types, counts, strict=True)
            for pick in rng.integers(len(normal[name]), size=count)
        ]
    return [dealt[place] for place in rng.permutation(len(dealt))]


def _as_field(cells: Sequence[WhiteCell]) -> FieldReading:
    """Return the reading of a field that has these cells and passed its gates."""
    return FieldReading((), tuple(cells), None, READ)
