"""Reads fields at every blur with the shipped model, without its focus gate."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
from leukoscope.field import Field
from leukoscope.imaging.scaling import resample
from leukoscope.imaging.sharpness import measure_sharpness
from leukoscope.reading import gates
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus
from leukoscope.simulator.smear import SmearSlide, render_field
from leukoscope_training.shared.non_smear_drawing import Linear

from tests.measuring.pictures import (
    CAPTURED_UM_PER_PX,
    apply_measures,
    blur,
    open_real_light,
    photograph,
)
from tests.measuring.real import MODEL_UM_PER_PX, find_scale, is_chosen_on
from tests.measuring.shipped import open_shipped_reader

DEFOCUS_UM = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
BLURS_UM = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0)
LLD_EACH, CHULA_EACH, BCCD_EVERY = 5, 2, 10
"""Number of fields of each patient and of each slide, and every how many images of a set are used."""
SAME_CELL_UM = 3.0


@dataclass(frozen=True)
class FocusLook:
    """One field at one blur. problem: that of another gate than focus that refused it, or empty."""

    values: dict[str, float]
    contrast: float
    problem: str
    label: str | None
    pattern: str | None
    cells: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class FocusSeries:
    """One field at every blur of its kind. group: its patient, slide or seed. again: sharp, with other noise."""

    kind: str
    group: str
    again: FocusLook
    looks: tuple[FocusLook, ...]

    @property
    def blurs(self) -> tuple[float, ...]:
        """The blur of each look, in µm: defocus if rendered, else the standard deviation of the Gaussian."""
        return DEFOCUS_UM if self.kind == "rendered" else BLURS_UM

    @property
    def to_choose(self) -> bool:
        """Whether the limit is chosen on it, and not tested on it."""
        return is_chosen_on(self.group)


def _look_at(light: Linear, rng: np.random.Generator) -> FocusLook:
    """Read a field by the device's own code, without its focus gate."""
    rgb = photograph(light, rng)
    field = Field(rgb, CAPTURED_UM_PER_PX)
    with (
        patch.object(gates, "MIN_SHARPNESS", -1.0),
        patch.object(gates, "MIN_CONTRAST_LEVELS", -1.0),
    ):
        reading = open_shipped_reader().read(field)
    verdict = open_shipped_reader().judge([reading])
    values = apply_measures(rgb, CAPTURED_UM_PER_PX)
    return FocusLook(
        values=values,
        contrast=measure_sharpness(resample(field, MODEL_UM_PER_PX), MODEL_UM_PER_PX).contrast,
        problem=reading.failed_gate.problem if reading.failed_gate else "",
        label=verdict.label,
        pattern=verdict.pattern.value if verdict.pattern else None,
        cells=tuple(
            (
                (cell.x0 + cell.x1) / 2 * CAPTURED_UM_PER_PX,
                (cell.y0 + cell.y1) / 2 * CAPTURED_UM_PER_PX,
            )
            for cell in reading.white_cells
        ),
    )


def render_series(task: tuple[Diagnosis, int]) -> FocusSeries:
    diagnosis, seed = task
    smear = render_field(SmearSlide(diagnosis, seed), 0, um_per_px=CAPTURED_UM_PER_PX).transmittance
    rng = np.random.default_rng(seed)
    return FocusSeries(
        "rendered",
        str(seed),
        _look_at(defocus(smear, 0.0, CAPTURED_UM_PER_PX), rng),
        tuple(_look_at(defocus(smear, um, CAPTURED_UM_PER_PX), rng) for um in DEFOCUS_UM),
    )


def blur_series(task: tuple[str, str, Path]) -> FocusSeries:
    kind, group, path = task
    light = open_real_light(path, find_scale(kind))
    rng = np.random.default_rng(0)
    return FocusSeries(
        kind,
        group,
        _look_at(light, rng),
        tuple(_look_at(blur(light, um), rng) for um in BLURS_UM),
    )


def _choose_files(paths: Sequence[Path], number: int) -> list[Path]:
    return [paths[i] for i in sorted({int(i) for i in np.linspace(0, len(paths) - 1, number)})]


def list_real_tasks(data: Path) -> Iterator[tuple[str, str, Path]]:
    """List set, group and path of a sample of the real fields, from every patient and slide."""
    for patient in sorted((data / "lld-40x").glob("*/patient-*")):
        for path in _choose_files(sorted(patient.glob("*.jpg")), LLD_EACH):
            yield "lld-40x", patient.name, path
    slides: dict[str, list[Path]] = {}
    with (data / "chula-pi" / "fields.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            slides.setdefault(row["slide"], []).append(data / "chula-pi" / row["image"])
    for slide, paths in sorted(slides.items()):
        for path in _choose_files(paths, CHULA_EACH):
            yield "chula-pi", slide, path
    for path in sorted((data / "bccd" / "fields").glob("*.jpg"))[::BCCD_EVERY]:
        yield "bccd", path.stem, path


def same_cells(cells: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]) -> bool:
    """Return whether each cell has one of the others within 3 µm, and the other way round."""
    if not cells or not others:
        return len(cells) == len(others)
    apart = np.linalg.norm(np.array(cells)[:, None] - np.array(others)[None], axis=2)
    near = apart < SAME_CELL_UM
    return bool(near.any(axis=0).all() and near.any(axis=1).all())


def differs(sharp: FocusLook, other: FocusLook) -> tuple[bool, bool, bool]:
    """Return whether label, pattern or cells differ. A refused field has none of them."""
    refused = bool(other.problem)
    return (
        refused or sharp.label != other.label,
        refused or sharp.pattern != other.pattern,
        refused or not same_cells(sharp.cells, other.cells),
    )
