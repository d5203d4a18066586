"""Measures how the checks report a change of light, shading or dust since the calibration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from leukoscope.calibration.drift import MAX_UNEVEN, LightDrift, measure_drift, quick_drift
from leukoscope.calibration.empty_field import background_map, check_moved
from leukoscope.calibration.steps import EMPTY_FIELDS
from leukoscope.errors import CalibrationError
from leukoscope.field import Rgb
from leukoscope.imaging.background import (
    BackgroundMap,
    estimate_background,
)
from leukoscope.imaging.flat_field import flatten
from leukoscope.simulator.calibration_slides import CLEAN_SLIDE_DEFOCUS_UM
from leukoscope.simulator.dust import add_dust
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.smear import SmearSlide

from tests.measuring.calibration_fields import (
    FIRST_SEED,
    LIVE_UM_PER_PX,
    SHADINGS,
    SHAPE,
    UM_PER_PX,
    Light,
    list_slides,
    photograph,
    render_light,
    render_live_light,
)
from tests.measuring.calibration_tables import (
    find_problem,
    format_spread,
)
from tests.measuring.tables import markdown_table


@dataclass(frozen=True)
class Change:
    """A change of a microscope since its calibration, relative to it."""

    name: str
    exposure: float = 1.0
    tint: tuple[float, float] = (1.0, 1.0)
    shading: float = 0.0
    dust: bool = False
    defocus_um: float | None = None


EMPTY_CHANGES = (
    Change("nothing"),
    Change("LED × 0.95", exposure=0.95),
    Change("LED × 0.88", exposure=0.88),
    Change("LED × 0.8", exposure=0.8),
    Change("LED × 1.08", exposure=1.08),
    Change("LED × 1.12", exposure=1.12),
    Change("red × 0.98", tint=(0.98, 1.0)),
    Change("red × 0.95", tint=(0.95, 1.0)),
    Change("blue × 0.9", tint=(1.0, 0.9)),
    Change("shading + 0.05", shading=0.05),
    Change("shading + 0.1", shading=0.1),
    Change("shading + 0.15", shading=0.15),
    Change("dust on the camera", dust=True),
)
SMEAR_CHANGES = (
    Change("nothing"),
    *(Change(f"nothing, defocus {um:g} µm", defocus_um=um) for um in (2.0, 5.0, 10.0, 20.0)),
    *(Change(f"LED × {led:g}", exposure=led) for led in (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6)),
    *(Change(f"LED × {led:g}", exposure=led) for led in (1.1, 1.2, 1.3)),
    Change("red × 0.9", tint=(0.9, 1.0)),
    Change("blue × 0.9", tint=(1.0, 0.9)),
    Change("blue × 0.8", tint=(1.0, 0.8)),
    *(Change(f"shading + {more:g}", shading=more) for more in (0.15, 0.3, 0.45)),
)


def format_warnings(warnings: Iterable[tuple[str, ...]]) -> str:
    """Format how often each warning was given."""
    counts = Counter(warning for several in warnings for warning in several)
    return ", ".join(f"{number} {warning}" for warning, number in counts.most_common()) or "none"


def photograph_pair(
    change: Change, shading: float, seed: int, lights: Sequence[Light]
) -> Rgb | str:
    """Photograph two places of clean glass and join them as `leukoscope calibrate --check`; or return the problem."""
    on_camera = add_dust(SHAPE, UM_PER_PX)[..., None] if change.dust else np.float32(1)
    one, other = (
        photograph(
            light * on_camera,
            2 * seed + n,
            exposure=change.exposure,
            shading=shading + change.shading,
            tint=change.tint,
        )
        for n, light in enumerate(lights)
    )
    said = find_problem(lambda: check_moved(one, other, UM_PER_PX))
    return said or np.maximum(one, other)


def tabulate_empty_drift(number: int = 4) -> str:
    """Tabulate the results of `calibrate --check` on clean glass; number: pairs at each of two shadings."""
    seeds = range(FIRST_SEED, FIRST_SEED + EMPTY_FIELDS)
    glass = [render_light(SmearSlide(Diagnosis.EMPTY, s), CLEAN_SLIDE_DEFOCUS_UM) for s in seeds]
    seeds = range(FIRST_SEED + 10, FIRST_SEED + 11 + number)
    places = [render_light(SmearSlide(Diagnosis.EMPTY, s), CLEAN_SLIDE_DEFOCUS_UM) for s in seeds]
    then = {
        shading: background_map([photograph(g, n, shading=shading) for n, g in enumerate(glass)])
        for shading in SHADINGS[:2]
    }
    rows = []
    for change in EMPTY_CHANGES:
        drifts, refused = [], 0
        for shading, (seed, pair) in product(then, enumerate(pairwise(places))):
            rgb = photograph_pair(change, shading, 100 + seed, pair)
            if isinstance(rgb, str):
                refused += 1
                continue
            drifts.append(measure_drift(rgb, then[shading], UM_PER_PX))
        lights = [drift.light for drift in drifts]
        rows.append(
            (
                change.name,
                f"{len(drifts)} of {len(drifts) + refused}",
                *format_lights(lights),
                format_spread((drift.shading_percent for drift in drifts), 2),
                format_spread((drift.dust_percent for drift in drifts), 2),
                format_warnings(drift.warnings for drift in drifts),
            )
        )
    head = ("changed", "measured", "light", "red", "blue", "shading, %", "dust, %", "warnings")
    return markdown_table(head, rows)


def format_lights(lights: Sequence[LightDrift]) -> tuple[str, str, str]:
    """Format light, red and blue of some drifts."""
    light, red, blue = (
        format_spread((vars(drift)[key] for drift in lights), 3) for key in ("light", "red", "blue")
    )
    return light, red, blue


def make_quick_row(
    change: Change, fields: Sequence[tuple[int, Light]], then: BackgroundMap
) -> tuple[object, ...]:
    """Make a row of the self-test's results on some fields of the live stream."""
    lights, uneven = [], []
    for seed, light in fields:
        shading = 0.15 + change.shading
        rgb = photograph(light, seed, exposure=change.exposure, tint=change.tint, shading=shading)
        try:
            lights.append(quick_drift(rgb, then))
        except CalibrationError:
            continue
        surface = estimate_background(flatten(rgb, then), LIVE_UM_PER_PX, 2)
        uneven.append(float(np.ptp(surface, axis=(0, 1)).max()))
    return (
        change.name,
        f"{len(lights)} of {len(fields)}",
        *format_lights(lights),
        format_spread(uneven, 1),
        format_warnings(
            [
                *(drift.warnings for drift in lights),
                *(("SHADING CHANGED",) for levels in uneven if levels > MAX_UNEVEN),
            ]
        ),
    )


def tabulate_smear_drift(number: int = 8) -> str:
    """Tabulate the self-test's results for the light, from the background between cells; number: slides per class."""
    clean = [
        render_live_light(SmearSlide(Diagnosis.EMPTY, s), CLEAN_SLIDE_DEFOCUS_UM) for s in (1, 2)
    ]
    then = background_map([photograph(light, n) for n, light in enumerate(clean)])
    slides = list_slides(number)
    sharp = [(seed, render_live_light(slide)) for seed, slide in slides]
    rows = []
    for change in SMEAR_CHANGES:
        fields = sharp
        if change.defocus_um is not None:
            fields = [(seed, render_live_light(slide, change.defocus_um)) for seed, slide in slides]
        rows.append(make_quick_row(change, fields, then))
    for name, slide in (
        ("nothing; empty glass in place of a smear", SmearSlide(Diagnosis.EMPTY, FIRST_SEED)),
        ("nothing; a micrometer in place of a smear", MicrometerSlide()),
    ):
        rows.append(
            make_quick_row(Change(name), [(n, render_live_light(slide)) for n in range(4)], then)
        )
    head = (
        "changed",
        "light measured",
        "light",
        "red",
        "blue",
        "background uneven by, levels",
        "warnings",
    )
    return markdown_table(head, rows)
