"""Tabulates, in Markdown, the device's verdicts on the tested slides and fields, by its own rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from leukoscope.qc.slide_measures import MAX_ABNORMAL
from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, CellType
from leukoscope.reading.differential import (
    ABNORMAL,
    Baseline,
    Differential,
    differential_of,
)
from leukoscope.reading.gates import cell_gates
from leukoscope.reading.results import (
    LABELS,
    PATTERN_OF_LABEL,
    FieldReading,
    Pattern,
    QcState,
    Verdict,
    WhiteCell,
)
from leukoscope.reading.rule import MIN_CELLS, judge

from leukoscope_training.cells.card import ERRORS, THRESHOLDS
from leukoscope_training.cells.dataset import Flags, Floats, Texts
from leukoscope_training.cells.results import CellPredictions, five_types_f1, leukaemia_recalls
from leukoscope_training.cells.runs import PREDICTIONS
from leukoscope_training.cells.temperature import temper
from leukoscope_training.evaluation.intervals import Estimate
from leukoscope_training.evaluation.probabilities import estimate_auc
from leukoscope_training.shared.errors import TrainingError

LABEL_OF_KIND = {
    "lld-40x/ALL": "ALL",
    "lld-40x/AML": "AML",
    "lld-40x/APML": "AML",
    "lld-40x/CML": "CML",
    "lld-40x/CLL": "CLL",
    "chula-pi": "normal",
    "bccd": "normal",
}

MOSTLY_BLASTS = ("patient-01", "patient-12", "patient-15", "patient-23")
"""Patients of whose counted cells nine of ten are blasts, according to the experts (patients.csv)."""

SCARCE_BLASTS = 0.2
"""Up to this share of blasts, the kinds of blasts are not reported, because an acute leukaemia has more."""

READ = (1 / len(LABELS),) * len(LABELS)
"""Stands for the probabilities of a field that was read; its slide's verdict does not use them."""

QC_SLIDES, DRAWS = (0, 1, 3, 5), 20
"""Numbers of control slides, and how often they are drawn from the slides of the new site."""


@dataclass(frozen=True, eq=False)
class TestedSet:
    """The tested cells of some runs.

    Attributes:
        probabilities: Calibrated, shape (n, 12).
        kind: As in `Cells`, shape (n,).
        group: As in `Cells`, shape (n,).
        path: Of each cell's field, shape (n,).
        box: As in `Cells`, shape (n,).
        nuclear_area: µm², shape (n,).
    """

    probabilities: Floats
    kind: Texts
    group: Texts
    path: Texts
    box: Texts
    nuclear_area: Floats

    def readings(self, of: Flags) -> list[FieldReading]:
        """Return the fields of these cells as the device would read them.

        A field that is refused by one of the gates for cells has no probabilities.
        """
        readings = []
        for path in np.unique(self.path[of]):
            cells = tuple(
                WhiteCell(0, 0, 1, 1, 1.0, None, tuple(map(float, row)))
                for row in self.probabilities[of & (self.path == path)]
            )
            gates = cell_gates(cells)
            readings.append(FieldReading(gates, cells, None, READ if gates[-1].passed else None))
        return readings


def load_tested(runs: Path, names: Sequence[str], temperature: float) -> TestedSet:
    """Read the predictions of some runs, in order.

    Raises:
        TrainingError: A run is missing.
    """
    parts: dict[str, list[npt.NDArray[Any]]] = defaultdict(list)
    for name in names:
        path = runs / name / PREDICTIONS
        if not path.exists():
            raise TrainingError(f"{path} is not there: run `leukoscope-train cells train {name}`")
        with np.load(path) as arrays:
            for column, values in arrays.items():
                # Two runs may have tested the same field. It then counts as two fields.
                own = np.char.add(f"{name}/", values) if column == "path" else values
                parts[column].append(own)
    joined = {column: np.concatenate(values) for column, values in parts.items()}
    return TestedSet(
        probabilities=temper(joined["probabilities"], temperature),
        kind=joined["kind"],
        group=joined["group"],
        path=joined["path"],
        box=joined["box"],
        nuclear_area=joined["measurements"][:, 0],
    )


def judge_cells(
    tested: TestedSet,
    of: Flags,
    qc: QcState = QcState.UNCONTROLLED,
    baseline: Baseline | None = None,
) -> Verdict:
    """Return the device's verdict on some cells together."""
    return judge(tested.readings(of), THRESHOLDS, ERRORS, qc, baseline)


def read_differential(tested: TestedSet, of: Flags) -> Differential:
    """Return the differential of some cells, over the fields that no gate refuses."""
    return differential_of([reading for reading in tested.readings(of) if reading.was_read])


def rate_verdict(verdict: Verdict, label: str) -> tuple[str, str]:
    """Rate the pattern and the class, each as 'right', 'refused' or 'wrong'. "No leukaemia seen" counts as normal."""
    said = Pattern.NORMAL if verdict.no_leukaemia_seen else verdict.pattern
    right = PATTERN_OF_LABEL[label]
    pattern = "refused" if said is None else "right" if said is right else "wrong"
    named = "refused" if verdict.label is None else "right" if verdict.label == label else "wrong"
    return pattern, named


def tabulate_slides(tested: TestedSet) -> str:
    """Tabulate the slides: one line for each patient of lld-40x, and one for all slides of chula-pi."""
    lines = [
        "| patient or slides | truth | cells | artefacts | blasts | lymphoblasts of them | verdict | "
        "pattern's confidence | class's | pattern | class |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for group in sorted(set(tested.group[np.char.startswith(tested.kind, "lld")])):
        of = tested.group == group
        label = LABEL_OF_KIND[str(tested.kind[of][0])]
        verdict = judge_cells(tested, of)
        shares = read_differential(tested, of)
        pattern, named = rate_verdict(verdict, label)
        lines.append(
            f"| {group} | {label} | {shares.cells:.0f} | {artefact_share(tested, of):.2f} | "
            f"{shares.share(*BLASTS):.2f} | "
            f"{_format_lymphoid(shares)} | {verdict.headline} | "
            f"{verdict.pattern_confidence:.2f} | {verdict.confidence:.2f} | {pattern} | {named} |"
        )
    chula = sorted(set(tested.group[tested.kind == "chula-pi"]))
    verdicts = [judge_cells(tested, tested.group == group) for group in chula]
    if chula:
        counts = Counter(rate_verdict(verdict, "normal")[0] for verdict in verdicts)
        few = sum(verdict.white_cells < MIN_CELLS for verdict in verdicts)
        cells = sum(verdict.white_cells for verdict in verdicts)
        lines.append(
            f"| {len(chula)} slides of chula-pi | normal | {cells} | | | | {few} under {MIN_CELLS} cells | | | "
            f"{', '.join(f'{n} {what}' for what, n in sorted(counts.items()))} | |"
        )
    return "\n".join(lines) + "\n"


def artefact_share(tested: TestedSet, of: Flags) -> float:
    """Return the share of these finds whose most probable type is artefact."""
    return float(np.mean(tested.probabilities[of].argmax(axis=1) == _ARTEFACT))


def tabulate_fields(tested: TestedSet) -> str:
    """Tabulate the verdicts on each source's fields. Each field is judged alone, as `leukoscope classify` does."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for path in sorted(set(tested.path)):
        of = tested.path == path
        kind = str(tested.kind[of][0])
        verdict = judge_cells(tested, of)
        counts[kind][rate_verdict(verdict, LABEL_OF_KIND[kind])[0]] += 1
        (reading,) = tested.readings(of)
        for gate in reading.gates:
            counts[kind][gate.problem] += not gate.passed
        counts[kind]["leukaemia"] += verdict.pattern not in (None, Pattern.NORMAL)
        if verdict.fields:
            best = LABELS[int(np.argmax(verdict.probabilities))]
            counts[kind]["best"] += best == LABEL_OF_KIND[kind]
    lines = [
        "| fields judged alone | fields | pattern right | refused | NO WHITE CELLS | NO SMEAR | wrong | "
        "called leukaemia | best class right |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind, found in sorted(counts.items()):
        number = found["right"] + found["refused"] + found["wrong"]
        shares = (
            found[what] / number
            for what in (
                "right",
                "refused",
                "NO WHITE CELLS",
                "NO SMEAR",
                "wrong",
                "leukaemia",
                "best",
            )
        )
        lines.append(f"| {kind} | {number} | {' | '.join(f'{s:.3f}' for s in shares)} |")
    every = sum(found[what] for found in counts.values() for what in ("right", "refused", "wrong"))
    right = sum(found["best"] for found in counts.values())
    lines.append(f"\nMost probable class right: {right} of {every} fields, {right / every:.3f}")
    return "\n".join(lines) + "\n"


def tabulate_cells(tested: TestedSet) -> str:
    """Tabulate measures of single cells: four leukaemias, five normal types, blasts against mature cells."""
    found = CellPredictions(tested.kind, tested.box, tested.probabilities)
    recalls, types = leukaemia_recalls(found), five_types_f1(found)
    lines = [
        "| single cells | |",
        "|---|---|",
        f"| four leukaemias, balanced accuracy | {np.mean(recalls):.3f} "
        f"({', '.join(f'{r:.2f}' for r in recalls)} for ALL, AML, CML, CLL) |",
    ]
    if any(types):
        lines.append(f"| five normal types, macro F1 | {np.mean(types):.3f} |")
    patient = np.array([group.split("/")[-1] for group in tested.group])
    blasts = np.isin(patient, MOSTLY_BLASTS) & found.find_counted()
    for kind in ("lld-40x/CLL", "lld-40x/CML", "chula-pi", "bccd"):
        mature = (tested.kind == kind) & found.find_counted()
        if not mature.any() or not blasts.any():
            continue
        rows = blasts | mature
        reader = estimate_auc(found.share(*BLASTS)[rows], blasts[rows], tested.group[rows])
        ruler = estimate_auc(tested.nuclear_area[rows], blasts[rows], tested.group[rows])
        lines.append(
            f"| blasts against {kind}, AUC | reader {_format_estimate(reader)}, "
            f"nuclear area {_format_estimate(ruler)} |"
        )
    return "\n".join(lines) + "\n"


def read_fields(tested: TestedSet) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Judge each field alone.

    Returns:
        The probabilities of the fields that are read, shape (n, 5), and the places of their true classes, shape (n,).
    """
    rows, truth = [], []
    for path in sorted(set(tested.path)):
        of = tested.path == path
        verdict = judge_cells(tested, of)
        if verdict.fields:
            rows.append(verdict.probabilities)
            truth.append(LABELS.index(LABEL_OF_KIND[str(tested.kind[of][0])]))
    return np.array(rows), np.array(truth)


def tabulate_new_site(tested: TestedSet) -> str:
    """Tabulate the effect of control slides at a new site: chula-pi, when nothing was trained on it."""
    own = tested.kind == "chula-pi"
    sites = sorted(set(tested.group[own]))
    patients = sorted(set(tested.group[np.char.startswith(tested.kind, "lld")]))
    lines = [
        "| control slides | fields called leukaemia | refused | patients of lld-40x: pattern right / refused / wrong |",
        "|---|---|---|---|",
    ]
    rng = np.random.default_rng(0)
    for number in QC_SLIDES:
        found, of_patients = Counter[str](), Counter[str]()
        for _ in range(DRAWS if number else 1):
            qc_slides = rng.choice(sites, number, replace=False)
            baseline = _make_baseline(tested, np.isin(tested.group, qc_slides)) if number else None
            qc = QcState.VALID if number else QcState.UNCONTROLLED
            for path in sorted(set(tested.path[own & ~np.isin(tested.group, qc_slides)])):
                verdict = judge_cells(tested, tested.path == path, qc, baseline)
                found[rate_verdict(verdict, "normal")[0]] += 1
            for group in patients:
                of = tested.group == group
                verdict = judge_cells(tested, of, qc, baseline)
                of_patients[rate_verdict(verdict, LABEL_OF_KIND[str(tested.kind[of][0])])[0]] += 1
        total, draws = found.total(), of_patients.total() / len(patients)
        lines.append(
            f"| {number} | {found['wrong'] / total:.3f} | {found['refused'] / total:.3f} | "
            + " / ".join(f"{of_patients[w] / draws:.1f}" for w in ("right", "refused", "wrong"))
            + " |"
        )
    refused = sum(
        max(_make_baseline(tested, tested.group == site).values()) > MAX_ABNORMAL for site in sites
    )
    lines.append(
        f"\nA control slide may hold {MAX_ABNORMAL:.0%} of an abnormal group: "
        f"{refused} of these {len(sites)} slides hold more."
    )
    return "\n".join(lines) + "\n"


def _format_lymphoid(shares: Differential) -> str:
    blasts = shares.share(*BLASTS)
    return f"{shares.share(CellType.LYMPHOBLAST) / blasts:.2f}" if blasts > SCARCE_BLASTS else ""


def _make_baseline(tested: TestedSet, of: Flags) -> Baseline:
    # All fields of the slide are used, as in leukoscope.qc.slide_measures.
    differential = differential_of(tested.readings(of))
    return {name: differential.share(*types) for name, types in ABNORMAL.items()}


_ARTEFACT = CELL_TYPES.index(CellType.ARTEFACT)


def _format_estimate(value: Estimate) -> str:
    return f"{value.value:.3f} ({value.low:.3f} to {value.high:.3f})"
