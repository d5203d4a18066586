"""How probable each pattern is, given a differential and the reader's errors.

Each pattern is a set of criteria, that is, a region in the space of all differentials:

- CML: at least 50 % granulocytes of all stages, and at least 15 % myelocytes and metamyelocytes. The blood of CML has
  peaks at the myelocyte and at the neutrophil (Spiers et al., Scand J Haematol 18, 1977, 25-38); normal blood has less
  than 2 % of such immature cells. 15 % is ours: a reader that has never seen a laboratory called up to 12 % of its
  neutrophils myelocytes, and with 10 % some slides of normal blood were called CML. CML is tested before acute
  leukaemia, because CML has blasts too.
- Acute leukaemia: at least 20 % blasts, including the promyelocytes of APL (WHO classification 2017, AML; ALL is
  diagnosed at 20 to 25 %, and is rarely below).
- Lymphocytosis, mature: at least 60 % lymphocytes and atypical lymphocytes. This limit is ours: half as much again as
  the 40 % up to which an adult's blood is normal (Dacie and Lewis, Practical Haematology, 2017, ch. 2). Lymphocytosis
  is defined by cells per litre (5e9 for CLL, iwCLL 2018), which cannot be counted on a smear. The reader cannot tell
  CLL from a reactive lymphocytosis.
- Normal: none of these.

Before any cell is seen, each pattern is equally probable, whatever the size of its region. After some cells, the
probability of a pattern is proportional to

    (mass of its region after the cells) / (mass of its region before them)

under one Dirichlet distribution, which is wide before the cells and narrower after them. This ratio is the Bayes factor
of the pattern against the wide distribution (encompassing prior: Klugkist, Laudy & Hoijtink, Psychol Methods 10, 2005,
477-493). The wide distribution is Jeffreys' (Proc R Soc A 186, 1946, 453-461): half a cell of each type. Masses are
counted on draws.

The true share of blasts is (seen - f) / (s - f), with the rate f of false blasts and the sensitivity s (Rogan & Gladen,
Am J Epidemiol 107, 1978, 71-76). f and s differ between laboratories by more than any number of cells can mend, so
each draw has its own f and s. With a valid control slide, f is what was seen on the control.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, NOT_COUNTED, CellType
from leukoscope.reading.differential import Differential
from leukoscope.reading.reader_errors import Rate, ReaderErrors
from leukoscope.reading.results import Pattern

BLAST_CRITERION = 0.20
GRANULOCYTE_CRITERION, MYELOCYTE_CRITERION = 0.50, 0.15
LYMPHOID_CRITERION, ATYPICAL_CRITERION = 0.60, 0.30
"""Among lymphocytoses, 30 % atypical cells or more count for the class CLL, fewer for the class normal."""

DRAWS, SEED = 4000, 0
"""With 4000 draws a probability has an error of half a point. The seed makes a verdict repeatable."""

DRAWS_BEFORE = 40_000
"""Draws of the wide distribution. They are made once, and the smallest region has 2 % of its mass."""

CELLS_BEFORE = 0.5
"""Cells of each type that the wide distribution counts as."""

LEAST_GAP = 0.05
"""Sensitivity and false blasts are taken to differ by at least this much, so that the true share is never infinite."""

_GRANULOCYTES = (
    CellType.NEUTROPHIL,
    CellType.EOSINOPHIL,
    CellType.BASOPHIL,
    CellType.MYELOCYTE,
)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Probabilities:
    """What a differential says.

    Attributes:
        patterns: One per `Pattern`, sum 1.
        classes: Normal, ALL, AML, CML and CLL, in the order of `LABELS`, sum 1.
    """

    patterns: Mapping[Pattern, float]
    classes: tuple[float, float, float, float, float]


def class_probabilities(
    differential: Differential, errors: ReaderErrors
) -> tuple[float, float, float, float, float]:
    """Return the probabilities of normal, ALL, AML, CML and CLL without a control, in the order of `LABELS`; sum 1."""
    return probabilities_of(differential, errors, errors.false_blast_rate).classes


def probabilities_of(
    differential: Differential, errors: ReaderErrors, false_blasts: Rate
) -> Probabilities:
    """Return how probable each pattern and each class is.

    Args:
        differential: The counted cells.
        errors: The errors of the reader.
        false_blasts: Share of other cells that it calls blasts here.
    """
    weight = 1 / (1 + differential.cells / errors.effective_cells)
    drawn = _draw_differentials(np.array(differential.counts) * weight, DRAWS)
    regions = _regions(drawn, false_blasts, errors.sensitivity_rate)
    before = _masses_before(false_blasts, errors.sensitivity_rate)
    weights = {pattern: float(np.mean(regions[pattern])) / before[pattern] for pattern in Pattern}
    total = sum(weights.values())
    patterns = {pattern: weight / total for pattern, weight in weights.items()}
    all_share = _share_of(regions[Pattern.ACUTE], _of_all(drawn, errors))
    atypical = _share(drawn, CellType.ATYPICAL_LYMPHOCYTE) >= ATYPICAL_CRITERION
    cll = patterns[Pattern.LYMPHOCYTOSIS] * _share_of(regions[Pattern.LYMPHOCYTOSIS], atypical)
    return Probabilities(
        patterns,
        (
            patterns[Pattern.NORMAL] + patterns[Pattern.LYMPHOCYTOSIS] - cll,
            patterns[Pattern.ACUTE] * all_share,
            patterns[Pattern.ACUTE] * (1 - all_share),
            patterns[Pattern.CML],
            cll,
        ),
    )


@lru_cache(maxsize=16)
def _masses_before(false_blasts: Rate, sensitivity: Rate) -> Mapping[Pattern, float]:
    """Return the mass of each region before any cell is seen, above 0."""
    drawn = _draw_differentials(np.zeros(len(CELL_TYPES)), DRAWS_BEFORE)
    regions = _regions(drawn, false_blasts, sensitivity)
    least = 1 / DRAWS_BEFORE
    return {pattern: max(float(np.mean(inside)), least) for pattern, inside in regions.items()}


def _regions(drawn: Floats, false_blasts: Rate, sensitivity: Rate) -> dict[Pattern, Flags]:
    """Return for each pattern which of the drawn differentials meet its criteria. Each meets those of one pattern."""
    rng = np.random.default_rng(SEED + 1)
    rate, found = false_blasts.draw(rng, len(drawn)), sensitivity.draw(rng, len(drawn))
    blasts = (_share(drawn, *BLASTS) - rate) / np.maximum(found - rate, LEAST_GAP)
    myelocytes = _share(drawn, CellType.MYELOCYTE)
    cml = (_share(drawn, *_GRANULOCYTES) >= GRANULOCYTE_CRITERION) & (
        myelocytes >= MYELOCYTE_CRITERION
    )
    acute = ~cml & (blasts >= BLAST_CRITERION)
    lymphoid = _share(drawn, CellType.LYMPHOCYTE, CellType.ATYPICAL_LYMPHOCYTE)
    lymphocytosis = ~cml & ~acute & (lymphoid >= LYMPHOID_CRITERION)
    return {
        Pattern.NORMAL: ~(cml | acute | lymphocytosis),
        Pattern.ACUTE: acute,
        Pattern.CML: cml,
        Pattern.LYMPHOCYTOSIS: lymphocytosis,
    }


def _of_all(drawn: Floats, errors: ReaderErrors) -> Flags:
    """Return which of the drawn differentials are of ALL, if they are acute."""
    # Patients differ in this share: more cells of one patient do not make the limit more certain.
    scatter = np.random.default_rng(SEED).normal(0, errors.lymphoblast_spread, len(drawn))
    line = (errors.lymphoblast_share + scatter) * _share(drawn, *BLASTS)
    of_all: Flags = _share(drawn, CellType.LYMPHOBLAST) >= line
    return of_all


def _share(drawn: Floats, *types: CellType) -> Floats:
    total: Floats = drawn[:, [CELL_TYPES.index(name) for name in types]].sum(axis=1)
    return total


def _share_of(among: Flags, inside: Flags) -> float:
    """Return the share of `among` that is `inside`; 0.5 if there is none."""
    return float(np.mean(inside[among])) if among.any() else 0.5


def _draw_differentials(counts: Floats, number: int) -> Floats:
    """Draw differentials that the slide could have: shape (number, types), each row with the sum 1.

    Args:
        counts: Cells of each type, in the order of `CellType`. Those of types that are not counted are left out.
        number: Number of draws.
    """
    counted = [cell_type not in NOT_COUNTED for cell_type in CELL_TYPES]
    drawn = np.zeros((number, len(CELL_TYPES)))
    drawn[:, counted] = np.random.default_rng(SEED).dirichlet(
        counts[counted] + CELLS_BEFORE, number
    )
    return drawn
