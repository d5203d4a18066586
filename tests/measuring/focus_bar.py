"""Measures the focus bar from focus to 20 µm on either side: its length, and whether the focus gate passes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from leukoscope.field import Field
from leukoscope.imaging.scaling import resample
from leukoscope.imaging.sharpness import Sharpness, measure_sharpness
from leukoscope.panel.canvas import BAR_PX
from leukoscope.panel.focus_meter import bar_level
from leukoscope.reading.gates import focus_gate
from leukoscope.simulator.dust import add_dust as dust_in_stage
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.microscope import SimulatedCamera, SimulatedLight
from leukoscope.simulator.optics import defocus
from leukoscope.simulator.smear import SmearSlide, render_field
from leukoscope.simulator.stage import Stage
from leukoscope_training.shared.non_smear_drawing import Linear

from tests.measuring.focus_looks import list_real_tasks
from tests.measuring.pictures import (
    CAPTURED_UM_PER_PX,
    CLASSES,
    LIVE_SHAPE,
    LIVE_UM_PER_PX,
    blur,
    make_dust,
    open_real_light,
    photograph,
)
from tests.measuring.real import MODEL_UM_PER_PX, find_scale
from tests.measuring.tables import markdown_table

STEPS_UM = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.5, 15.0, 17.5, 20.0)
GAUSSIANS_UM = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
SEEDS = range(40200, 40203)
REAL_EVERY = 3
"""Every third of the real fields on which the limit is chosen and measured."""

AGREEMENT_UM = (0.0, 0.5, 1.0, 1.25, 2.0)
"""Limits, as multiples of the gate's limit."""

ISLANDS, ISLAND_UM = 8, 9.0
"""A sparse field keeps only these discs, about 10 % of its area."""

NOISE_PX = 1
"""Most pixels that noise alone adds to the bar from one step to the next."""


@dataclass(frozen=True)
class Stack:
    """One field at every step, on both sides. kind: what it shows; looks: the focus of its frames by step."""

    kind: str
    looks: dict[float, tuple[Sharpness, ...]]


def make_sparse(light: Linear, seed: int, um_per_px: float) -> Linear:
    """Replace all but a few discs of a field by empty glass, as at the feathered edge."""
    rng = np.random.default_rng(seed)
    y, x = (axis * um_per_px for axis in np.mgrid[: light.shape[0], : light.shape[1]])
    kept = np.zeros(light.shape[:2], np.bool_)
    for _ in range(ISLANDS):
        down, across = rng.uniform(0, light.shape[0]), rng.uniform(0, light.shape[1])
        kept |= np.hypot(y - down * um_per_px, x - across * um_per_px) < ISLAND_UM
    glass = np.float32(1.0)
    return np.where(kept[..., None], light, glass).astype(np.float32)


def _measure_focus(
    light: Linear, um_per_px: float, rng: np.random.Generator, noise: float = 1.0
) -> Sharpness:
    frame = Field(photograph(light, rng, noise=noise), um_per_px)
    return measure_sharpness(resample(frame, MODEL_UM_PER_PX), MODEL_UM_PER_PX)


def _render_stack(task: tuple[Diagnosis, int]) -> list[Stack]:
    diagnosis, seed = task
    slide = SmearSlide(diagnosis, seed)
    smear = render_field(slide, 0, um_per_px=LIVE_UM_PER_PX, shape=LIVE_SHAPE).transmittance
    few = make_sparse(smear, seed, LIVE_UM_PER_PX)
    specks = dust_in_stage(LIVE_SHAPE, LIVE_UM_PER_PX)[..., None]
    grit = make_dust(seed, LIVE_SHAPE, LIVE_UM_PER_PX)
    rng = np.random.default_rng(seed)
    kinds = ("", ", sparse", ", noise x 4", ", sparse, noise x 4", ", soft dust", ", hard dust")
    looks: dict[str, dict[float, tuple[Sharpness, ...]]] = {kind: {} for kind in kinds}
    for um in STEPS_UM:
        full, thin = (defocus(light, um, LIVE_UM_PER_PX) for light in (smear, few))
        shown = (
            (full, 1.0),
            (thin, 1.0),
            (full, 4.0),
            (thin, 4.0),
            (full * specks, 1.0),
            (full * grit, 1.0),
        )
        for kind, (light, noise) in zip(kinds, shown, strict=True):
            # Both sides have the same blur, but not the same noise.
            looks[kind][um] = tuple(
                _measure_focus(light, LIVE_UM_PER_PX, rng, noise) for _ in range(2)
            )
    return [Stack(f"rendered{kind}", by_step) for kind, by_step in looks.items()]


def _blur_stack(task: tuple[str, str, Path]) -> list[Stack]:
    kind, _, path = task
    light = open_real_light(path, find_scale(kind))
    rng = np.random.default_rng(0)
    return [
        Stack(
            f"{kind}, defocused",
            {
                um: tuple(
                    _measure_focus(
                        defocus(light.clip(0, 1), um, CAPTURED_UM_PER_PX), CAPTURED_UM_PER_PX, rng
                    )
                    for _ in range(2)
                )
                for um in STEPS_UM
            },
        ),
        Stack(
            f"{kind}, Gaussian",
            {
                um: (_measure_focus(blur(light, um), CAPTURED_UM_PER_PX, rng),)
                for um in GAUSSIANS_UM
            },
        ),
    ]


def bar_px(focus: Sharpness) -> int:
    """Return the length of the panel's bar in pixels."""
    return round(BAR_PX * bar_level(focus))


def find_rises(stack: Stack) -> int:
    """Count how often the bar grows from one step to the next by more than noise can explain."""
    sides = zip(*stack.looks.values(), strict=True)
    lengths = (np.array([bar_px(focus) for focus in side]) for side in sides)
    return sum(int((np.diff(side) > NOISE_PX).sum()) for side in lengths)


def tabulate_bars(workers: ProcessPoolExecutor, data: Path) -> tuple[str, str]:
    """Tabulate bar, contrast and gate by kind and blur, and the places where the bar does not fall."""
    tasks = [(diagnosis, seed) for diagnosis in CLASSES for seed in SEEDS]
    stacks = [stack for made in workers.map(_render_stack, tasks) for stack in made]
    real = list(list_real_tasks(data))[::REAL_EVERY]
    stacks += [stack for made in workers.map(_blur_stack, real) for stack in made]
    kinds = list(dict.fromkeys(stack.kind for stack in stacks))
    return (
        markdown_table(
            (
                "fields",
                "blur, µm",
                "bar, px: least",
                "median",
                "longest",
                "contrast, median",
                "gate passes",
            ),
            (row for kind in kinds for row in _make_rows([s for s in stacks if s.kind == kind])),
        ),
        markdown_table(
            ("fields", "number", "in which the bar rises", "gate passes beyond 2 µm"),
            (_summarise(kind, [s for s in stacks if s.kind == kind]) for kind in kinds),
        ),
    )


def tabulate_agreement() -> str:
    """Tabulate, by defocus, by how many percent the live frame's sharpness differs from the captured field's."""
    apart: dict[float, list[float]] = {um: [] for um in AGREEMENT_UM}
    for seed in SEEDS:
        stage = Stage(SmearSlide(Diagnosis.ALL, seed))
        light = SimulatedLight(stage)
        light.on()
        camera = SimulatedCamera(
            stage, light, width=2028, height=1520, um_per_px=0.0775, timeout_s=1.0
        )
        for um in AGREEMENT_UM:
            stage.focus(um)
            live, captured = (
                measure_sharpness(resample(frame, MODEL_UM_PER_PX), MODEL_UM_PER_PX).sharpness
                for frame in (camera.preview(fresh=True), camera.capture()[0])
            )
            apart[um].append(100 * (live / captured - 1))
    return markdown_table(
        ("defocus, µm", "live less captured, %: least", "greatest"),
        ((f"{um:g}", f"{min(some):.1f}", f"{max(some):.1f}") for um, some in apart.items()),
    )


def _make_rows(stacks: list[Stack]) -> Iterator[tuple[object, ...]]:
    for um in stacks[0].looks:
        looks = [focus for stack in stacks for focus in stack.looks[um]]
        lengths = [bar_px(focus) for focus in looks]
        passed = sum(focus_gate(focus).passed for focus in looks)
        yield (
            stacks[0].kind,
            f"{um:g}",
            min(lengths),
            f"{np.median(lengths):.0f}",
            max(lengths),
            f"{np.median([focus.contrast for focus in looks]):.1f}",
            f"{passed}/{len(looks)}",
        )


def _summarise(kind: str, stacks: list[Stack]) -> tuple[object, ...]:
    beyond = [f for stack in stacks for um, looks in stack.looks.items() if um > 2 for f in looks]
    passed = sum(focus_gate(focus).passed for focus in beyond)
    return (
        kind,
        len(stacks),
        sum(find_rises(stack) > 0 for stack in stacks),
        f"{passed}/{len(beyond)}",
    )
