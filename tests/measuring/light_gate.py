"""Measures the light gate (is the LED on?) with LEDs of known strength in a room with known light."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from leukoscope.reading.gates import MIN_LIGHT_LEVELS
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field

from tests.measuring.limits import tabulate_limits
from tests.measuring.pictures import LIVE_SHAPE, LIVE_UM_PER_PX
from tests.measuring.tables import markdown_table

SEEDS = range(40300, 40316)
LEDS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
STRAYS = (0.0, 0.05, 0.1, 0.3)
"""Light of the room on the sensor, with the LED on or off, relative to the background's light."""
EXPOSURES = (0.5, 1.0)
GOOD_LED, BAD_LED, GOOD_STRAY = 0.5, 0.02, 0.1
LIMITS = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 50.0, 60.0)


@dataclass(frozen=True)
class LitField:
    """One field under one light; rise: rise of the mean level from the LED-off frame."""

    led: float
    stray: float
    rise: float


def _light(task: tuple[Diagnosis, int]) -> list[LitField]:
    diagnosis, seed = task
    slide = SmearSlide(diagnosis, seed)
    smear = render_field(slide, 0, um_per_px=LIVE_UM_PER_PX, shape=LIVE_SHAPE)
    light = defocus(smear.transmittance, 0.0, LIVE_UM_PER_PX)
    rng = np.random.default_rng(seed)

    def mean(led: float, stray: float, exposure: float) -> float:
        rgb = expose(led * light + stray, led_level=1.0, exposure=exposure, shading=0.15, rng=rng)
        return float(rgb.mean())

    return [
        LitField(led, stray, mean(led, stray, exposure) - mean(0.0, stray, exposure))
        for led in LEDS
        for stray in STRAYS
        for exposure in EXPOSURES
    ]


def tabulate_light_gate(workers: ProcessPoolExecutor) -> tuple[str, str]:
    """Tabulate the rise by LED and room, and limits. An LED at half or more is good, at 2 % or less bad."""
    tasks = [(diagnosis, seed) for diagnosis in Diagnosis for seed in SEEDS]
    by_task = list(workers.map(_light, tasks))
    rows = []
    for led in LEDS:
        row = [f"{100 * led:g} %"]
        for stray in STRAYS:
            rises = [x.rise for lits in by_task for x in lits if (x.led, x.stray) == (led, stray)]
            row.append(f"{min(rises):.1f} to {max(rises):.1f}")
        rows.append(row)
    cases = [
        (str(seed), lit.led >= GOOD_LED, lit)
        for (_, seed), lits in zip(tasks, by_task, strict=True)
        for lit in lits
        if (lit.led >= GOOD_LED and lit.stray <= GOOD_STRAY) or lit.led <= BAD_LED
    ]

    def refuses(limit: float) -> tuple[str, Callable[[LitField], bool]]:
        force = " (in force)" if limit == MIN_LIGHT_LEVELS else ""
        return f"{limit:g}{force}", lambda lit: lit.rise < limit

    return (
        markdown_table(("LED", *(f"room {100 * stray:g} %" for stray in STRAYS)), rows),
        tabulate_limits("least rise, levels", [refuses(limit) for limit in LIMITS], cases),
    )
