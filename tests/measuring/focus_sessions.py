"""Plays focusing sessions to the focus meter and counts how often its hint is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from leukoscope.field import Field
from leukoscope.panel.focus_meter import FocusMeter, Hint
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field

from tests.measuring.pictures import CLASSES, LIVE_SHAPE, LIVE_UM_PER_PX
from tests.measuring.real import MODEL_UM_PER_PX
from tests.measuring.tables import markdown_table

LIVE_SEEDS = range(40100, 40104)


@dataclass(frozen=True)
class SessionMoment:
    """One live frame: scene 0 or 1, defocus, place on the slide, smear of a moving slide (µm), light.

    turning: 1 towards focus, -1 away from it, 0 at rest.
    """

    z: float
    turning: int = 0
    scene: int = 0
    x: float = 0.0
    y: float = 0.0
    smear: float = 0.0
    light: float = 1.0


class Scene:
    """A field that is a little larger than the live picture, at any defocus up to 8 µm, in green."""

    GRID_UM = (*np.arange(0.0, 2.0, 0.25), *np.arange(2.0, 8.1, 0.5))
    MARGIN_PX = 39

    def __init__(self, slide: SmearSlide, index: int) -> None:
        shape = (LIVE_SHAPE[0] + 2 * self.MARGIN_PX, LIVE_SHAPE[1] + 2 * self.MARGIN_PX)
        smear = render_field(slide, index, um_per_px=LIVE_UM_PER_PX, shape=shape).transmittance
        self._planes = [defocus(smear, float(z), LIVE_UM_PER_PX)[..., 1] for z in self.GRID_UM]

    def frame(self, moment: SessionMoment, rng: np.random.Generator) -> Field:
        """Return the camera's frame, interpolated linearly between planes of known defocus."""
        z = min(abs(moment.z), 7.99)
        i = int(np.searchsorted(self.GRID_UM, z, "right")) - 1
        share = (z - self.GRID_UM[i]) / (self.GRID_UM[i + 1] - self.GRID_UM[i])
        down, across = (self.MARGIN_PX + round(um / LIVE_UM_PER_PX) for um in (moment.y, moment.x))
        view = (slice(down, down + LIVE_SHAPE[0]), slice(across, across + LIVE_SHAPE[1]))
        plane = self._planes[i][view] * (1 - share) + self._planes[i + 1][view] * share
        if (smear := round(moment.smear / LIVE_UM_PER_PX)) > 1:
            summed = np.cumsum(np.pad(plane, ((0, 0), (smear, 0)), mode="edge"), axis=1)
            plane = (summed[:, smear:] - summed[:, :-smear]) / smear
        light = np.repeat(plane[..., None], 3, axis=2).astype(np.float32)
        rgb = expose(light, led_level=1.0, exposure=moment.light, shading=0.15, rng=rng)
        return Field(rgb, LIVE_UM_PER_PX)


def _turn(z: npt.NDArray[np.float64]) -> list[SessionMoment]:
    """Return the frames while the focus wheel turns through these positions."""
    away = np.append(np.diff(np.abs(z)), 0.0)
    return [
        SessionMoment(float(at), turning=-int(np.sign(round(float(d), 6))))
        for at, d in zip(z, away, strict=True)
    ]


def play_sessions(rng: np.random.Generator) -> Iterator[tuple[str, list[SessionMoment]]]:
    """Yield the name and the frames of each session: turns of the wheel, rest, a moving slide, changing light."""
    for speed in (0.05, 0.1, 0.2, 0.4, 0.8):
        z = np.arange(6.0, -6.0, -speed)
        yield (
            f"wheel turned through focus, {speed:g} µm a frame",
            _turn(z if rng.random() < 0.5 else -z),
        )
    sweep = _turn(np.arange(6.0, -6.0, -0.2))
    yield "the same at 0.2 µm, half the light", [replace(m, light=0.5) for m in sweep]
    yield (
        "the same at 0.2 µm, picture walks 0.5 µm sideways per µm",
        [replace(m, x=0.5 * m.z) for m in sweep],
    )
    yield (
        "the same at 0.2 µm, slide moved 1 µm a frame",
        [replace(m, x=i % 18 - 9, smear=0.1) for i, m in enumerate(sweep)],
    )
    z = np.concatenate([np.arange(4, -2, -0.2), [-2.0] * 10, np.arange(-2, 0.01, 0.1), [0.0] * 15])
    yield "past focus, rest, back, rest", _turn(z)
    for z0 in (0.0, 0.7, 1.5, 3.0):
        still = [SessionMoment(z0)] * 15
        yield "at rest", still * 2
        for tremble in (0.03, 0.1):
            shake = tremble * rng.standard_normal((40, 3))
            yield (
                f"at rest on a table that trembles by {tremble:g} µm",
                [SessionMoment(z0 + dz, x=3 * dx, y=3 * dy) for dz, dx, dy in shake],
            )
        for speed in (0.1, 0.5, 2.0, 5.0):
            y = float(rng.uniform(-9, 9))
            path = [-9 + speed * i for i in range(int(min(24, 18 / speed)))]
            moved = [SessionMoment(z0, x=x, y=y, smear=speed / 10) for x in path]
            yield (
                f"slide moved, {speed:g} µm a frame",
                [SessionMoment(z0, x=-9, y=y)] * 12
                + moved
                + [SessionMoment(z0, x=path[-1], y=y)] * 12,
            )
        yield (
            "slide moved to another field",
            [
                *still,
                SessionMoment(z0, smear=5),
                SessionMoment(z0, scene=1, smear=5),
                *[SessionMoment(z0, scene=1)] * 15,
            ],
        )
        yield "light changed by 20 %", [*still, *[SessionMoment(z0, light=0.8)] * 15]


TURNING_OF = {Hint.NONE.value: 0, Hint.GO_ON.value: 1, Hint.TURN_BACK.value: -1}
LAG_FRAMES = 6
"""A hint is right if the wheel turned in its direction in one of this number of last frames."""


def _play(task: tuple[Diagnosis, int]) -> dict[str, Counter[str]]:
    diagnosis, seed = task
    scenes = [Scene(SmearSlide(diagnosis, seed), index) for index in (0, 1)]
    rng = np.random.default_rng(seed)
    counts: dict[str, Counter[str]] = {}
    for name, moments in play_sessions(rng):
        meter = FocusMeter()
        counted = counts.setdefault(name, Counter())
        for i, moment in enumerate(moments):
            meter.update(scenes[moment.scene].frame(moment, rng), MODEL_UM_PER_PX)
            said = TURNING_OF[meter.screen("", 0, 0, "").hint]
            lately = {m.turning for m in moments[max(0, i - LAG_FRAMES + 1) : i + 1]}
            if said:
                counted["right" if said in lately else "wrong"] += 1
            else:
                counted["absent" if moment.turning else "rightly none"] += 1
    return counts


def tabulate_hints(workers: ProcessPoolExecutor) -> str:
    """Tabulate in how many frames the hint is right, wrong or absent."""
    total: dict[str, Counter[str]] = {}
    for counts in workers.map(_play, zip(CLASSES, LIVE_SEEDS, strict=False)):
        for name, counted in counts.items():
            total.setdefault(name, Counter()).update(counted)
    columns = ("right", "absent", "wrong", "rightly none")
    return markdown_table(
        ("session", "frames", "right", "absent while turned", "wrong", "none at rest"),
        ((name, c.total(), *(c[column] for column in columns)) for name, c in total.items()),
    )
