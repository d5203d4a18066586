"""Measures bursts of frames: whether they are still or moved, and their noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from leukoscope.field import STILL_UM, Field, Rgb
from leukoscope.microscope.burst import merge
from leukoscope.simulator.calibration_slides import CLEAN_SLIDE_DEFOCUS_UM
from leukoscope.simulator.hematology import Diagnosis, RenderedCellType
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.optics import (
    defocus,
    shift,
)
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Slide

from tests.measuring.calibration_fields import (
    CLASSES,
    FIRST_SEED,
    UM_PER_PX,
    Light,
    photograph,
    render_light,
    render_red_cell,
    render_white_cell,
)
from tests.measuring.calibration_tables import (
    format_errors,
)
from tests.measuring.tables import markdown_table

DRIFTS_UM = (0.5, 1.0, 3.0, 10.0)
BURST = 4
BURST_SHAPE = (520, 912)
"""So wide that an edge that moves by 30 µm does not reach the middle, where motion is measured."""
TURN_DEG = 12.0
"""Angle of the micrometer, because rulings are never exactly along the stage."""


def make_burst(light: Light, um_per_frame: float, seed: int) -> list[Field]:
    """Make the frames of a stage that drifts by whole pixels."""
    steps = [round(n * um_per_frame / UM_PER_PX) for n in range(BURST)]
    return [
        Field(photograph(shift(light, step), BURST * seed + n), UM_PER_PX)
        for n, step in enumerate(steps)
    ]


def render_burst_slides(number: int) -> dict[str, list[Light]]:
    """Render the slides for the bursts, by kind."""
    seeds = range(FIRST_SEED, FIRST_SEED + number)

    def seen_of(slides: Iterable[Slide], um: float = 0.0) -> list[Light]:
        return [render_light(slide, um, shape=BURST_SHAPE) for slide in slides]

    mixed = [SmearSlide(CLASSES[n % len(CLASSES)], seed) for n, seed in enumerate(seeds)]
    empty = [SmearSlide(Diagnosis.EMPTY, seed) for seed in seeds]
    kinds = {d.value: seen_of(SmearSlide(d, seed) for seed in seeds) for d in CLASSES}
    kinds |= {f"smear, defocus {um:g} µm": seen_of(mixed, um) for um in (2.0, 5.0)}
    kinds["one lymphocyte, in the middle"] = [
        defocus(
            render_white_cell(RenderedCellType.LYMPHOCYTE, s, (30.0, 30.0), BURST_SHAPE),
            0.0,
            UM_PER_PX,
        )
        for s in seeds
    ]
    kinds["one red cell"] = [
        defocus(render_red_cell(s, (30.0, 30.0), BURST_SHAPE), 0.0, UM_PER_PX) for s in seeds
    ]
    kinds["empty slide, in focus"] = seen_of(empty)
    kinds["empty slide, defocus 15 µm"] = seen_of(empty, CLEAN_SLIDE_DEFOCUS_UM)
    kinds["micrometer, upright"] = seen_of(MicrometerSlide(seed=s) for s in seeds)
    kinds["micrometer, turned"] = seen_of(
        MicrometerSlide(angle_deg=TURN_DEG, seed=s) for s in seeds
    )
    return kinds


def tabulate_bursts(number: int = 4, repeats: int = 2) -> tuple[str, str]:
    """Tabulate whether bursts are still or moved, by kind of slide, and their noise; number: slides of a kind."""
    rows, noises = [], []
    for name, lights in render_burst_slides(number).items():
        tries = [(seed, light) for seed, light in enumerate(lights * repeats)]
        still = [make_burst(light, 0.0, seed) for seed, light in tries]
        row: list[object] = [
            name,
            len(tries),
            sum(merge(frames).moved_um >= STILL_UM for frames in still),
        ]
        errors = []
        for um in DRIFTS_UM:
            steps = round((BURST - 1) * um / UM_PER_PX) * UM_PER_PX
            found = [merge(make_burst(light, um, 100 + s)).moved_um for s, light in tries]
            row.append(sum(moved < STILL_UM for moved in found))
            errors += [abs(moved - steps) for moved in found if moved >= STILL_UM]
        rows.append((*row, format_errors(errors, 2)))
        pairs = zip(still, [make_burst(light, 0.0, 50 + s) for s, light in tries[:2]], strict=False)
        noises.append((name, *format_noise([measure_noise(one, other) for one, other in pairs])))
    head = (
        "slide",
        "bursts",
        "still, taken for moved",
        *(f"{um:g} µm a frame, taken for still" for um in DRIFTS_UM),
        "error of those seen to move, µm: median / 95 % / max",
    )
    noise_head = ("slide", "one frame, levels", f"merged burst of {BURST}, levels", "ratio")
    return markdown_table(head, rows), markdown_table(noise_head, noises)


def measure_noise(one: Sequence[Field], other: Sequence[Field]) -> tuple[float, float]:
    """Measure the noise (standard deviation, levels) of a frame and of a merged burst, from two bursts of one view."""

    def differ(first: Rgb, second: Rgb) -> float:
        return float((first.astype(np.float32) - second).std()) / 2**0.5

    return differ(one[0].rgb, other[0].rgb), differ(merge(one).rgb, merge(other).rgb)


def format_noise(found: Sequence[tuple[float, float]]) -> tuple[str, str, str]:
    """Format the means of the noise of a kind, and their ratio."""
    one, several = np.mean(found, axis=0)
    return f"{one:.2f}", f"{several:.2f}", f"{several / one:.2f}"
