"""How many cells the rule needs, and how often it names what on simulated slides: tables for docs/measurements/rule.md.

The cells of a slide are drawn at random. A laboratory's rate of false blasts and its sensitivity are drawn once a
slide. A normal cell has the type that normal blood gives it; a reader that is wrong about it calls it a myeloblast. A
blast that is missed is called a lymphocyte.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.reader_errors import BASELINE_SPREAD, Rate, ReaderErrors
from leukoscope.reading.results import FieldReading, Pattern, QcState, Verdict, WhiteCell
from leukoscope.reading.rule import judge
from leukoscope.reading.thresholds import Thresholds

from tests.measuring.tables import markdown_table

NORMAL_BLOOD = {
    CellType.NEUTROPHIL: 0.60,
    CellType.LYMPHOCYTE: 0.30,
    CellType.MONOCYTE: 0.07,
    CellType.EOSINOPHIL: 0.03,
}
"""The differential of a healthy adult, within the ranges of Dacie and Lewis, Practical Haematology (2017), ch. 2."""

SEEN = (0, 1, 2, 3, 5, 8, 12)
"""Blasts seen, of the table of cells for NORMAL."""

BLASTS_OF_TEN = (10, 8, 6, 5, 4)
"""Blasts seen of each ten cells, of the table of cells for ACUTE."""

MOST_CELLS = 400
TRUE_SHARES = (0.0, 0.02, 0.05, 0.10, 0.20, 0.30, 0.40, 0.70)
SLIDE_CELLS = (50, 100, 200)
CONTROL_CELLS = 150
"""Cells of normal blood on which the rate of false blasts is counted: three control slides of 50."""

LOW_RATE = 0.02
"""Share of false blasts on the control, of the tables of cells."""

COLUMNS = ("NORMAL", "NO LEUKAEMIA SEEN", "ACUTE", "CML", "LYMPHOCYTOSIS", "INCONCLUSIVE")


def tabulate_cells_for_normal(errors: ReaderErrors, thresholds: Thresholds) -> str:
    """Tabulate the cells with which a slide of normal blood is first named, by the blasts that are seen."""
    rows = []
    for seen in SEEN:
        found = (
            next(
                (
                    cells
                    for cells in range(max(seen, 1), MOST_CELLS + 1)
                    if _names_normal(_normal_slide(seen, cells), errors, thresholds, qc)
                ),
                f"over {MOST_CELLS}",
            )
            for qc in (QcState.UNCONTROLLED, QcState.VALID)
        )
        rows.append((seen, *found))
    head = (
        "blasts seen",
        "cells for NO LEUKAEMIA SEEN, uncontrolled",
        "cells for NORMAL, with a control that has 2 % false blasts",
    )
    return markdown_table(head, rows)


def tabulate_cells_for_acute(errors: ReaderErrors, thresholds: Thresholds) -> str:
    """Tabulate the cells with which a slide is first named acute, by the share of blasts that is seen."""
    rows = []
    for of_ten in BLASTS_OF_TEN:
        found = (
            next(
                (
                    cells
                    for cells in range(1, MOST_CELLS + 1)
                    if (of_ten * cells) % 10 == 0
                    and _names_acute(
                        _normal_slide(of_ten * cells // 10, cells), errors, thresholds, qc
                    )
                ),
                f"over {MOST_CELLS}",
            )
            for qc in (QcState.UNCONTROLLED, QcState.VALID)
        )
        rows.append((f"{10 * of_ten} %", *found))
    head = ("blasts seen", "cells for ACUTE, uncontrolled", "with a control (2 % false blasts)")
    return markdown_table(head, rows)


def tabulate_characteristic(
    errors: ReaderErrors,
    thresholds: Thresholds,
    *,
    slides: int,
    false_blasts_spread: float,
) -> str:
    """Tabulate what simulated slides are called, in percent, by their true share of blasts.

    Args:
        errors: Errors on the reader's card.
        thresholds: Thresholds on the reader's card.
        slides: Slides for each row.
        false_blasts_spread: Standard deviation of the true rate of false blasts between laboratories.
    """
    rng = np.random.default_rng(0)
    false_rate = Rate(errors.false_blasts, false_blasts_spread)
    rows = []
    for qc in (QcState.UNCONTROLLED, QcState.VALID):
        for cells in SLIDE_CELLS:
            for true_share in TRUE_SHARES:
                called: Counter[str] = Counter()
                rates = false_rate.draw(rng, slides)
                sensitivities = errors.sensitivity_rate.draw(rng, slides)
                for rate, sensitivity in zip(rates, sensitivities, strict=True):
                    slide = _drawn_slide(true_share, cells, rate, sensitivity, rng)
                    counted = rng.binomial(CONTROL_CELLS, rate) / CONTROL_CELLS
                    called[_name(_judged(slide, errors, thresholds, qc, counted))] += 1
                shares = (f"{100 * called[name] / slides:.1f}" for name in COLUMNS)
                rows.append((qc.value, cells, f"{100 * true_share:.0f} %", *shares))
    return markdown_table(("control", "cells", "true blasts", *COLUMNS), rows)


def _judged(
    slide: FieldReading,
    errors: ReaderErrors,
    thresholds: Thresholds,
    qc: QcState,
    false_blasts: float,
) -> Verdict:
    if qc is not QcState.VALID:
        return judge([slide], thresholds, errors, qc)
    baseline = {"blasts": false_blasts, "immature_granulocytes": 0.0, "atypical_lymphocytes": 0.0}
    return judge([slide], thresholds, errors, qc, baseline, BASELINE_SPREAD)


def _names_normal(
    slide: FieldReading, errors: ReaderErrors, thresholds: Thresholds, qc: QcState
) -> bool:
    verdict = _judged(slide, errors, thresholds, qc, LOW_RATE)
    return verdict.pattern is Pattern.NORMAL or verdict.no_leukaemia_seen


def _names_acute(
    slide: FieldReading, errors: ReaderErrors, thresholds: Thresholds, qc: QcState
) -> bool:
    return _judged(slide, errors, thresholds, qc, LOW_RATE).pattern is Pattern.ACUTE


def _name(verdict: Verdict) -> str:
    if verdict.pattern is Pattern.NORMAL:
        return "NORMAL"
    return verdict.headline.upper() if verdict.pattern is None else verdict.pattern.value.upper()


def _normal_slide(blasts: int, cells: int) -> FieldReading:
    """Return a slide of so many cells, with so many blasts, the rest as near to normal blood as whole cells allow."""
    rest = cells - blasts
    counts = {cell_type: int(rest * share) for cell_type, share in NORMAL_BLOOD.items()}
    counts[CellType.NEUTROPHIL] += rest - sum(counts.values())
    return _slide({**counts, CellType.MYELOBLAST: blasts})


def _drawn_slide(
    true_share: float, cells: int, rate: float, sensitivity: float, rng: np.random.Generator
) -> FieldReading:
    blasts = rng.binomial(cells, true_share)
    found = rng.binomial(blasts, sensitivity)
    false = rng.binomial(cells - blasts, rate)
    others = rng.multinomial(cells - blasts - false, list(NORMAL_BLOOD.values()))
    counts = dict(zip(NORMAL_BLOOD, map(int, others), strict=True))
    counts[CellType.LYMPHOCYTE] += blasts - found
    return _slide({**counts, CellType.MYELOBLAST: found + false})


def _slide(counts: dict[CellType, int]) -> FieldReading:
    """Return a field whose cells are surely of these types."""
    cells: list[WhiteCell] = []
    for cell_type, count in counts.items():
        types = tuple(float(one is cell_type) for one in CELL_TYPES)
        cells += [WhiteCell(0, 0, 9, 9, 50.0, None, types)] * count
    return FieldReading((), tuple(cells), None, (0.2,) * 5)
