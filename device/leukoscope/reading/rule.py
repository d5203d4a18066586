"""From a differential to a verdict: the rule, its criteria, and their sources.

Each pattern needs certain shares of the counted white cells:

- acute leukaemia: blasts, and the promyelocytes of APL, at least 20 % (WHO classification 2017, AML; ALL is
  diagnosed at 20 to 25 %, and is rarely below). The share is first corrected for the reader's errors.
- CML pattern: granulocytes of all stages at least 50 %, and of all cells at least 15 % left of the neutrophil:
  the blood of CML has peaks at the myelocyte and at the neutrophil (Spiers et al., Scand J Haematol 18, 1977,
  25-38; normal blood has under 2 %). It is tested before acute leukaemia, because CML has blasts too.
- CLL pattern: lymphocytes at least 60 %, atypical ones at least 30 % of all cells. (iwCLL 2018 asks for 5e9 such cells
  a litre, which cannot be counted on a smear.)
- none of them: no abnormal pattern.

The rule is applied to 4000 differentials that could be the slide's: draws of a Dirichlet distribution around
what was counted. A pattern's confidence is the share of draws that it fits. Fewer cells give a wider
distribution. It stops narrowing beyond `effective_cells`, because the reader itself varies between slides.
Before any cell is seen, normal blood is expected with the weight of one cell (`PRIOR_CELLS`).
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
"""With fewer cells a verdict is provisional: of 50 cells a share of 20 % has a standard error of 6 points."""
MAX_ARTEFACTS = 0.5
"""With a larger share of artefacts among the finds, more fields are needed."""
UNCONTROLLED_EXTRA = 0.10
"""How much higher the thresholds are when no control slide is valid."""

DRAWS, SEED = 4000, 0
"""The draws leave an error of half a point in a confidence. The seed makes a verdict repeatable."""

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
    """How wrong a cell reader's shares are, as measured on training slides; a card holds them.

    Attributes:
        blast_sensitivity: Share of true blasts that it calls blasts.
        false_blasts: Share of other cells that it calls blasts.
        effective_cells: Number of cells after which more cells make its shares hardly more exact.
        lymphoblast_share: Of all that it calls blasts, the share called lymphoblasts at which ALL and AML
            are equally probable.
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
    """The verdict over the fields of a slide whose cells were read one by one.

    A field that a gate refused gives no evidence.

    Args:
        readings: Of the fields.
        thresholds: Of a controlled device; on any other they are `UNCONTROLLED_EXTRA` higher.
        errors: Of the reader.
        qc: What the control slides say of the device.
        baseline: What normal blood is read as on this device (see differential.py).
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
    """Of normal, ALL, AML, CML and CLL, in the order of `LABELS`; sum 1."""
    drawn = _plausible(differential, errors.effective_cells)

    def share(*types: CellType) -> npt.NDArray[np.float64]:
        total: npt.NDArray[np.float64] = drawn[:, [CELL_TYPES.index(name) for name in types]].sum(
            axis=1
        )
        return total

    blasts = share(*BLASTS)
    # Rogan and Gladen, Am J Epidemiol 107, 1978, 71-76: a true share from a test's errors.
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
    # Patients differ in this share, so more cells of one patient do not make it more certain.
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


def _plausible(differential: Differential, effective_cells: float) -> npt.NDArray[np.float64]:
    """Differentials that could be the slide's: shape (`DRAWS`, types), each row with the sum 1."""
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
