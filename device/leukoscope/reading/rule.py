"""The rule that leads from a differential to a verdict, with its criteria and their sources.

Each pattern needs certain shares of the counted white cells:

- Acute leukaemia: at least 20 % blasts, including the promyelocytes of APL (WHO classification 2017, AML; ALL is
  diagnosed at 20 to 25 %, and is rarely below). The share is first corrected for the reader's errors.
- CML pattern: at least 50 % granulocytes of all stages, and at least 15 % cells less mature than neutrophils
  (myelocytes and blasts). The blood of CML has peaks at the myelocyte and at the neutrophil (Spiers et al., Scand J
  Haematol 18, 1977, 25-38); normal blood has less than 2 % of such immature cells. CML is tested before acute
  leukaemia, because CML has blasts too.
- CLL pattern: at least 60 % lymphocytes, and at least 30 % of all cells atypical ones. (iwCLL 2018 asks for 5e9 such
  cells per litre, which cannot be counted on a smear.)
- None of these: no abnormal pattern.

The rule is applied to 4000 differentials, drawn from a Dirichlet distribution around the counted one. The confidence
in a pattern is the share of draws that meet its criteria. Fewer cells give a wider distribution. It stops narrowing
beyond `effective_cells`, because the reader itself varies between slides. Before any cell is counted, normal blood is
expected with the weight of one cell (`PRIOR_CELLS`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from leukoscope.reading.cell_evidence import CellEvidence
from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, NOT_COUNTED, CellType
from leukoscope.reading.differential import Baseline, Differential, differential_of
from leukoscope.reading.results import (
    LABELS,
    FieldReading,
    Pattern,
    QcState,
    Reason,
    Verdict,
)
from leukoscope.reading.stored_evidence import NOTHING_READ
from leukoscope.reading.thresholds import Thresholds

BLAST_CRITERION = 0.20
GRANULOCYTE_CRITERION, LEFT_SHIFT_CRITERION = 0.50, 0.15
LYMPHOID_CRITERION, ATYPICAL_CRITERION = 0.60, 0.30

MIN_CELLS = 50
"""With fewer cells a verdict is provisional: with 50 cells, a share of 20 % has a standard error of 6 points."""
MAX_ARTEFACTS = 0.5
"""With a larger share of artefacts among the finds, more fields are needed."""
UNCONTROLLED_EXTRA = 0.10
"""How much higher the thresholds are when no control slide is valid."""

DRAWS, SEED = 4000, 0
"""With 4000 draws a confidence has an error of half a point. The seed makes a verdict repeatable."""

PRIOR_CELLS = 1.0
PRIOR = {
    CellType.NEUTROPHIL: 0.58,
    CellType.EOSINOPHIL: 0.03,
    CellType.BASOPHIL: 0.01,
    CellType.LYMPHOCYTE: 0.30,
    CellType.MONOCYTE: 0.07,
    CellType.ATYPICAL_LYMPHOCYTE: 0.01,
}
"""The differential of a healthy adult, within the ranges of Dacie and Lewis, Practical Haematology (2017), ch. 2."""

_GRANULOCYTES = (
    CellType.NEUTROPHIL,
    CellType.EOSINOPHIL,
    CellType.BASOPHIL,
    CellType.MYELOCYTE,
)


@dataclass(frozen=True)
class ReaderErrors:
    """How wrong a cell reader's shares are. Measured on training slides and kept on the model's card.

    Attributes:
        blast_sensitivity: Share of true blasts that the reader calls blasts.
        false_blasts: Share of other cells that it calls blasts.
        effective_cells: Beyond this number of cells, more cells hardly make its shares more exact.
        lymphoblast_share: Share of lymphoblasts, among the cells it calls blasts, at which ALL and AML are
            equally probable.
        lymphoblast_spread: Standard deviation of that share between patients.
    """

    blast_sensitivity: float
    false_blasts: float
    effective_cells: float
    lymphoblast_share: float
    lymphoblast_spread: float


def judge(
    readings: Sequence[FieldReading],
    thresholds: Thresholds,
    errors: ReaderErrors,
    qc: QcState = QcState.UNCONTROLLED,
    baseline: Baseline | None = None,
) -> Verdict:
    """Judge the fields of a slide whose cells were read one by one. Fields that a gate refused are left out.

    Args:
        readings: The readings of the fields.
        thresholds: For a device whose control slides are valid. On any other device they are raised by
            `UNCONTROLLED_EXTRA`.
        errors: The errors of the reader.
        qc: State of the device according to its control slides.
        baseline: How this device reads normal blood (see differential.py).
    """
    read = [reading for reading in readings if reading.was_read]
    if not read:
        return replace(NOTHING_READ, qc=qc)
    differential = differential_of(read, baseline)
    chances = class_probabilities(differential, errors)
    normal, all_, aml, cml, cll = chances
    patterns = {
        Pattern.NORMAL: normal,
        Pattern.ACUTE: all_ + aml,
        Pattern.CML: cml,
        Pattern.CLL: cll,
    }
    pattern = max(patterns, key=lambda name: patterns[name])
    extra = 0.0 if qc is QcState.VALID else UNCONTROLLED_EXTRA
    sure_of_pattern = patterns[pattern] >= thresholds.pattern + extra
    best = max(range(len(LABELS)), key=lambda index: chances[index])
    sure_of_label = sure_of_pattern and chances[best] >= thresholds.label + extra
    return Verdict(
        label=LABELS[best] if sure_of_label else None,
        pattern=pattern if sure_of_pattern else None,
        confidence=chances[best],
        pattern_confidence=patterns[pattern],
        evidence=CellEvidence(chances, differential),
        white_cells=round(differential.cells),
        fields=len(read),
        reason=_reason(differential, sure_of_label, sure_of_pattern),
        qc=qc,
    )


def class_probabilities(
    differential: Differential, errors: ReaderErrors
) -> tuple[float, float, float, float, float]:
    """Return the probabilities of normal, ALL, AML, CML and CLL, in the order of `LABELS`; sum 1."""
    drawn = _draw_differentials(differential, errors.effective_cells)

    def share(*types: CellType) -> npt.NDArray[np.float64]:
        total: npt.NDArray[np.float64] = drawn[:, [CELL_TYPES.index(name) for name in types]].sum(
            axis=1
        )
        return total

    blasts = share(*BLASTS)
    # The true share, from the seen share and the reader's errors (Rogan & Gladen, Am J Epidemiol 107, 1978, 71-76).
    true_blasts = (blasts - errors.false_blasts) / (errors.blast_sensitivity - errors.false_blasts)
    cml = (share(*_GRANULOCYTES) >= GRANULOCYTE_CRITERION) & (
        share(CellType.MYELOCYTE) + blasts >= LEFT_SHIFT_CRITERION
    )
    acute = ~cml & (true_blasts >= BLAST_CRITERION)
    atypical = share(CellType.ATYPICAL_LYMPHOCYTE)
    cll = (
        ~cml
        & ~acute
        & (share(CellType.LYMPHOCYTE) + atypical >= LYMPHOID_CRITERION)
        & (atypical >= ATYPICAL_CRITERION)
    )
    # Patients differ in this share: more cells of one patient do not make the limit more certain.
    scatter = np.random.default_rng(SEED).normal(0, errors.lymphoblast_spread, DRAWS)
    line = (errors.lymphoblast_share + scatter) * blasts
    of_all = acute & (share(CellType.LYMPHOBLAST) >= line)
    return (
        float(np.mean(~(cml | acute | cll))),
        float(np.mean(of_all)),
        float(np.mean(acute & ~of_all)),
        float(np.mean(cml)),
        float(np.mean(cll)),
    )


def _draw_differentials(
    differential: Differential, effective_cells: float
) -> npt.NDArray[np.float64]:
    """Draw differentials that the slide could have: shape (`DRAWS`, types), each row with the sum 1."""
    cells = differential.cells
    weight = 1 / (1 + cells / effective_cells)
    parameters = np.array(
        [
            PRIOR_CELLS * PRIOR.get(cell_type, 0.001)
            + (0.0 if cell_type in NOT_COUNTED else weight * count)
            for cell_type, count in zip(CELL_TYPES, differential.counts, strict=True)
        ]
    )
    return np.random.default_rng(SEED).dirichlet(parameters, DRAWS)


def _reason(
    differential: Differential, sure_of_label: bool, sure_of_pattern: bool
) -> Reason | None:
    if differential.cells < MIN_CELLS:
        return Reason.FEW_CELLS
    finds = sum(differential.counts)
    if differential.count(CellType.ARTEFACT) > MAX_ARTEFACTS * finds:
        return Reason.ARTEFACTS
    if sure_of_label:
        return None
    return Reason.CLASS_UNSURE if sure_of_pattern else Reason.LOW_CONFIDENCE
