"""Measures, on rendered focus stacks, where each measure peaks, how it falls, and how it responds to other changes."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import numpy.typing as npt
from leukoscope.field import Rgb
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus
from leukoscope.simulator.smear import SmearSlide, render_field

from tests.measuring.focus_measures import MEASURES, Measure
from tests.measuring.pictures import (
    CLASSES,
    LIVE_SHAPE,
    LIVE_UM_PER_PX,
    apply_measures,
    make_dust,
    photograph,
)
from tests.measuring.real import MODEL_UM_PER_PX
from tests.measuring.tables import markdown_table

STACK_SEEDS = range(40000, 40004)
STACK_UM = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0)


def _measure_stack(task: tuple[Diagnosis, int]) -> dict[str, dict[str, float]]:
    """Measure one rendered field, by what was done to it: "z", "dust" and "noisy" with defocus in µm, …"""
    diagnosis, seed = task
    smear = render_field(
        SmearSlide(diagnosis, seed), 0, um_per_px=LIVE_UM_PER_PX, shape=LIVE_SHAPE
    ).transmittance
    rng = np.random.default_rng(seed)
    specks = make_dust(seed, LIVE_SHAPE, LIVE_UM_PER_PX)
    looks: dict[str, Rgb] = {}
    for away in STACK_UM:
        light = defocus(smear, away, LIVE_UM_PER_PX)
        for side in {away, -away}:
            looks[f"z {side:g}"] = photograph(light, rng)
            looks[f"dust {side:g}"] = photograph(light * specks, rng)
            looks[f"noisy {side:g}"] = photograph(light, rng, noise=4.0)
    light = defocus(smear, 0.0, LIVE_UM_PER_PX)
    for exposure in (0.5, 1.2):
        looks[f"exposure {exposure:g}"] = photograph(light, rng, exposure=exposure)
    for stain in (0.7, 1.4):
        looks[f"stain {stain:g}"] = photograph(defocus(smear**stain, 0.0, LIVE_UM_PER_PX), rng)
    return {name: apply_measures(rgb, LIVE_UM_PER_PX) for name, rgb in looks.items()}


def _time_measure(measure: Measure) -> float:
    """Measure the CPU time of one call on a 640x480 frame at the model's scale: the lower quartile of 20."""
    shape = tuple(round(n * LIVE_UM_PER_PX / MODEL_UM_PER_PX) for n in LIVE_SHAPE)
    plane = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    times = []
    for _ in range(20):
        start = time.thread_time()
        measure(plane)
        times.append(time.thread_time() - start)
    return 1000 * float(np.percentile(times, 25))


def tabulate_stacks(workers: ProcessPoolExecutor) -> tuple[str, str]:
    """Tabulate where each measure peaks and how it falls, and how it responds to other changes than focus."""
    tasks = [(diagnosis, seed) for diagnosis in CLASSES for seed in STACK_SEEDS]
    done = list(workers.map(_measure_stack, tasks))
    away = np.array(sorted({side for um in STACK_UM for side in (um, -um)}))

    def stack(name: str, kind: str) -> npt.NDArray[np.float64]:
        return np.array([[look[f"{kind} {z:g}"][name] for z in away] for look in done])

    def peaks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(np.abs(away[values.argmax(axis=1)]))

    shapes, followed = [], []
    for name, measure in MEASURES.items():
        plain = stack(name, "z")
        error = peaks(plain)
        good = [
            f"{100 * (peaks(stack(name, kind)) <= 0.5).mean():.0f}"
            for kind in ("z", "dust", "noisy")
        ]
        half = (plain[:, away >= 0] + plain[:, away <= 0][:, ::-1]) / 2
        rise = np.concatenate([np.diff(half) > 0, np.ones((len(half), 1), bool)], axis=1)
        falls = np.array(STACK_UM)[rise.argmax(axis=1)]
        widths = []
        for row in half:
            level = (row[0] + row[-1]) / 2
            below = max(int((row < level).argmax()), 1)
            widths.append(
                2
                * np.interp(level, row[[below, below - 1]], np.array(STACK_UM)[[below, below - 1]])
            )
        loss = [
            100 * float(np.median(1 - half[:, STACK_UM.index(z)] / half[:, 0])) for z in (0.5, 1.0)
        ]
        peaked = float(np.mean(error <= 0.5)) == 1
        shapes.append(
            (
                name,
                f"{error.mean():.2f}",
                *good,
                *((f"{falls.min():g}", f"{np.median(widths):.1f}") if peaked else ("–", "–")),
                *(f"{value:.0f}" for value in loss),
                f"{_time_measure(measure):.2f}",
            )
        )
        focused = plain[:, list(away).index(0)]

        def change(look_name: str, base: str = "z 0", name: str = name) -> str:
            ratios = [look[look_name][name] / look[base][name] - 1 for look in done]
            return f"{100 * float(np.median(np.abs(ratios))):.1f}"

        followed.append(
            (
                name,
                *(change(f"exposure {x:g}") for x in (0.5, 1.2)),
                *(change(f"stain {x:g}") for x in (0.7, 1.4)),
                change("dust 0"),
                change("dust 3", "z 3"),
                change("noisy 0"),
                change("noisy 3", "z 3"),
                f"{100 * focused.std() / focused.mean():.1f}",
            )
        )
    return (
        markdown_table(
            (
                "measure",
                "error of the peak, µm",
                "peak within 0.5 µm, %",
                "with dust",
                "with noise x 4",
                "falls to, µm",
                "width at half, µm",
                "lost at 0.5 µm, %",
                "at 1 µm, %",
                "ms",
            ),
            shapes,
        ),
        markdown_table(
            (
                "measure",
                "light x 0.5",
                "light x 1.2",
                "stain x 0.7",
                "stain x 1.4",
                "dust",
                "dust, 3 µm off",
                "noise x 4",
                "noise x 4, 3 µm off",
                "spread of fields",
            ),
            followed,
        ),
    )
