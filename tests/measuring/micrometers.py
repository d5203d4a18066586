"""Measures the errors of the scale from a micrometer, and how often lines are found in fields without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from leukoscope.calibration.micrometer import find_pitch
from leukoscope.calibration.steps import MAX_SCALE_FACTOR, MICROMETER_UM
from leukoscope.errors import CalibrationError
from leukoscope.field import Rgb
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.smear import SmearSlide

from tests.measuring.calibration_fields import (
    FIRST_SEED,
    VIEW_UM,
    photograph,
    render_light,
    render_live_light,
)
from tests.measuring.calibration_tables import (
    choose_some,
    find_problem,
    format_errors,
    group_by_kind,
    make_outcome_row,
)
from tests.measuring.real import open_file
from tests.measuring.tables import markdown_table

RULING_DEFOCUS_UM = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
OTHER_PITCHES_UM = (5.0, 20.0, 50.0)
FALSE_DEFOCUS_UM = (0.0, 1.0, 3.0)


@dataclass(frozen=True)
class Pitch:
    """The scale from one ruling: the panel's word for a problem, or "", and the ratio to the true scale."""

    problem: str
    ratio: float = np.nan


def find_scale(rgb: Rgb, um_per_px: float) -> Pitch:
    """Find the scale as a calibration does, with the true scale in the settings."""
    try:
        ruling = find_pitch(rgb)
    except CalibrationError as error:
        return Pitch(error.problem)
    ratio = MICROMETER_UM / ruling.pitch_px / um_per_px
    odd = not 1 / MAX_SCALE_FACTOR <= ratio <= MAX_SCALE_FACTOR
    return Pitch("ODD SCALE" if odd else "", ratio)


def find_scales(number: int, defocus_um: float, pitch_um: float = MICROMETER_UM) -> list[Pitch]:
    """Find the scales of this number of rulings, at any angle, at 0.14 to 0.31 µm/px, in fields of 157 x 118 µm."""
    found = []
    for n in range(number):
        rng = np.random.default_rng(FIRST_SEED + n)
        um_per_px = float(rng.uniform(0.14, 0.31))
        slide = MicrometerSlide(pitch_um, float(rng.uniform(-90, 90)), seed=n)
        height, width = (round(side / um_per_px) for side in VIEW_UM)
        light = render_light(slide, defocus_um, um_per_px=um_per_px, shape=(height, width))
        found.append(find_scale(photograph(light, n, shading=0.3), um_per_px))
    return found


def make_pitch_row(name: str, found: Sequence[Pitch]) -> tuple[object, ...]:
    """Make a row: name, number, accepted, why refused, errors in percent, how many accepted are wrong by over 1 %."""
    off = [100 * abs(pitch.ratio - 1) for pitch in found if not pitch.problem]
    row = make_outcome_row(name, [pitch.problem for pitch in found])
    return *row, format_errors(off), sum(error > 1 for error in off)


def tabulate_pitches(number: int = 24) -> str:
    """Tabulate the error of the pitch by defocus, and for micrometers that are not ruled at 10 µm."""
    rows = [
        make_pitch_row(f"10 µm, defocus {um:g} µm", find_scales(number, um))
        for um in RULING_DEFOCUS_UM
    ]
    for pitch_um in OTHER_PITCHES_UM:
        found = find_scales(max(1, number // 2), 0.0, pitch_um)
        rows.append(make_pitch_row(f"{pitch_um:g} µm from line to line, in focus", found))
    head = (
        "ruling",
        "number",
        "scale taken",
        "refused",
        "error median / 95 % / max, %",
        "taken, wrong by over 1 %",
    )
    return markdown_table(head, rows)


def tabulate_false_rulings(data: Path, number: int = 80) -> str:
    """Tabulate fields without lines in which some are found; number: real fields of each set."""
    rows = []
    seeds = range(FIRST_SEED, FIRST_SEED + max(1, number // 12))
    for um in FALSE_DEFOCUS_UM:
        said = []
        for diagnosis, seed in product(Diagnosis, seeds):
            rgb = photograph(render_live_light(SmearSlide(diagnosis, seed), um), seed)
            said.append(find_problem(partial(find_pitch, rgb)))
        rows.append(make_outcome_row(f"rendered smears and empty slides, defocus {um:g} µm", said))
    for kind, fields in group_by_kind(data).items():
        pictures = (
            open_file(field.path, field.um_per_px).rgb for field in choose_some(fields, number)
        )
        said = [find_problem(partial(find_pitch, picture)) for picture in pictures]
        rows.append(make_outcome_row(kind, said))
    return markdown_table(("fields", "number", "ruling found", "refused"), rows)
