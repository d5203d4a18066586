"""The numbers of a bundle of cells on typed cells: found, blasts against mature cells, confusion, pseudo-slides."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from leukoscope.reading.cell_reader import CellReader
from leukoscope.reading.cell_types import BLASTS, CELL_TYPES
from leukoscope.reading.relative_size import types_by_relative_size
from leukoscope.reading.results import Pattern, WhiteCell

from leukoscope_training.data.typed_cells import Group
from leukoscope_training.evaluation.intervals import (
    Estimate,
    Flags,
    Floats,
    estimate_share,
    replace_nan,
)
from leukoscope_training.evaluation.probabilities import estimate_auc
from leukoscope_training.evaluation.pseudo_slides import SlideKind, judge_pseudo_slides
from leukoscope_training.evaluation.typed_cell_reading import PictureOutcome, ReadCell

AT_EDGE, NOT_FOUND = "cut by the edge", "not found"
LEUKAEMIAS = (Pattern.ACUTE, Pattern.CML, Pattern.LYMPHOCYTOSIS)


@dataclass(frozen=True)
class Separation:
    """How a bundle, and the size of the nucleus alone (the ruler), separate blasts from other cells.

    Attributes:
        found: Share of the typed white cells that were found.
        auc_mature: Area under the ROC curve of P(blast), blasts against all mature cells. NaN without one of them.
        auc_lymphocytes: The same against lymphocytes.
        ruler_mature: The same as `auc_mature` for the nucleus's area in place of P(blast).
        ruler_lymphocytes: The same as `auc_lymphocytes` for the nucleus's area.
    """

    found: Estimate
    auc_mature: Estimate
    auc_lymphocytes: Estimate
    ruler_mature: Estimate
    ruler_lymphocytes: Estimate

    def values(self) -> dict[str, float]:
        """Return the numbers without their intervals."""
        return {name: estimate.value for name, estimate in vars(self).items()}


@dataclass(frozen=True)
class CellEvaluation:
    """All numbers of a bundle on typed cells.

    Attributes:
        separation: The numbers over all patients, with one threshold.
        patients: The same for each patient or slide, with the number of its cells; empty where none is known.
        confusion: How many cells of each word were read as each type, by the word, then by the type. A cell that was
            not found counts as `NOT_FOUND`, one that the picture's edge cuts as `AT_EDGE`.
        slide_kinds: The pseudo-slides that the cells allow.
        errors: Pictures that could not be read, and why.
    """

    separation: Separation
    patients: dict[str, tuple[int, Separation]]
    confusion: dict[str, Counter[str]]
    slide_kinds: tuple[SlideKind, ...]
    errors: tuple[tuple[str, str], ...]

    @property
    def normal_slides_called_leukaemia(self) -> int | None:
        """Pseudo-slides of normal blood that were called a leukaemia; None if there are none."""
        return self._count_slides(LEUKAEMIAS, acute=False)

    @property
    def acute_slides_called_normal(self) -> int | None:
        """Pseudo-slides with blasts that were called normal or "no leukaemia seen"; None if there are none."""
        return self._count_slides((Pattern.NORMAL,), acute=True)

    @property
    def acute_slides_named(self) -> int | None:
        """Pseudo-slides with blasts that were called acute; None if there are none."""
        return self._count_slides((Pattern.ACUTE,), acute=True)

    def _count_slides(self, patterns: Sequence[Pattern], *, acute: bool) -> int | None:
        right = Pattern.ACUTE if acute else Pattern.NORMAL
        kinds = [kind for kind in self.slide_kinds if kind.pattern is right]
        return sum(kind.count(*patterns) for kind in kinds) if kinds else None

    def as_dict(self) -> dict[str, object]:
        """For JSON; null stands for a number that does not exist."""
        plain = {
            **self.separation.values(),
            "normal_slides_called_leukaemia": self.normal_slides_called_leukaemia,
            "acute_slides_called_normal": self.acute_slides_called_normal,
            "acute_slides_named": self.acute_slides_named,
            "estimates": asdict(self.separation),
            "counts": {word: row.total() for word, row in self.confusion.items()},
            "confusion": self.confusion,
            "pseudo_slides": [
                {
                    "kind": kind.name,
                    "blast_percent": kind.blast_percent,
                    "slides": kind.called.total(),
                    "called": dict(kind.called),
                }
                for kind in self.slide_kinds
            ],
            "patients": [
                {"patient": patient, "cells": cells, **separation.values()}
                for patient, (cells, separation) in self.patients.items()
            ],
            "errors": [{"image": image, "error": error} for image, error in self.errors],
        }
        return {key: replace_nan(value) for key, value in plain.items()}


def evaluate_cells(outcomes: Iterable[PictureOutcome], reader: CellReader) -> CellEvaluation:
    """Count what was read of typed cells.

    Args:
        outcomes: The pictures.
        reader: Judges the pseudo-slides.
    """
    cells: list[ReadCell] = []
    errors = []
    for outcome in outcomes:
        cells += outcome.cells
        if outcome.error:
            errors.append((str(outcome.path), outcome.error))
    by_patient: dict[str, list[ReadCell]] = defaultdict(list)
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    for cell in cells:
        by_patient[cell.typed.patient].append(cell)
        confusion[cell.typed.word][_read_as(cell.find)] += 1
    by_patient.pop("", None)
    return CellEvaluation(
        measure_separation(cells),
        {name: (len(own), measure_separation(own)) for name, own in sorted(by_patient.items())},
        dict(sorted(confusion.items())),
        tuple(judge_pseudo_slides(cells, reader.judge)),
        tuple(errors),
    )


def measure_separation(cells: Sequence[ReadCell]) -> Separation:
    """Measure how blasts are separated. The intervals are over patients; over cells where no patient is known."""
    patient = np.array(
        [cell.typed.patient or f"cell {number}" for number, cell in enumerate(cells)], np.str_
    )
    white = np.array([cell.typed.expert_type.must_be_found for cell in cells], np.bool_)
    found = np.array([cell.find is not None for cell in cells], np.bool_)
    was_read = np.array([cell.was_read for cell in cells], np.bool_)
    one_class = np.zeros(len(cells), np.int64)
    blast_scores = probabilities_of_blast(cells)
    areas = np.array([_nuclear_area(cell.find) for cell in cells])
    groups = np.array([cell.typed.expert_type.group.value for cell in cells], np.str_)
    blast = groups == Group.BLAST.value
    lymphocyte = groups == Group.LYMPHOCYTE.value
    mature = lymphocyte | (groups == Group.MATURE.value)

    def auc(scores: Floats, rest: Flags) -> Estimate:
        among = was_read & (blast | rest)
        return estimate_auc(scores[among], blast[among], patient[among])

    return Separation(
        estimate_share(found, white, one_class, patient),
        auc(blast_scores, mature),
        auc(blast_scores, lymphocyte),
        auc(areas, mature),
        auc(areas, lymphocyte),
    )


def probabilities_of_blast(cells: Sequence[ReadCell]) -> Floats:
    """Return the probability, 0..1, that each cell is a blast of any kind, as the device counts it on a slide.

    The cells of one patient are one slide, and so are all cells without a patient.

    Returns:
        Shape (cells,); NaN for a cell that was not read.
    """
    scores = np.full(len(cells), math.nan)
    of_slide: dict[str, list[int]] = defaultdict(list)
    for number, cell in enumerate(cells):
        if cell.was_read:
            of_slide[cell.typed.patient].append(number)
    for numbers in of_slide.values():
        finds = [find for number in numbers if (find := cells[number].find) is not None]
        scores[numbers] = types_by_relative_size(finds)[:, _BLASTS].sum(axis=1)
    return scores


def _nuclear_area(find: WhiteCell | None) -> float:
    """Return the area of a find's nucleus, µm²; NaN without a find."""
    if find is None:
        return math.nan
    return find.nucleus_um2 if find.measurements is None else find.measurements.nuclear_area


def _read_as(find: WhiteCell | None) -> str:
    if find is None:
        return NOT_FOUND
    return AT_EDGE if find.cell_type is None else find.cell_type.value


_BLASTS = [number for number, cell_type in enumerate(CELL_TYPES) if cell_type in BLASTS]
