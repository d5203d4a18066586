"""Measures the exposure and clipping gates on fields under known lights, by how their white cells change.

A field is bad when other white cells are found in it than in the same field with a good exposure, or when the colour of
one of them has changed. Its brightness alone does not make it bad.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from leukoscope.field import Field, Rgb
from leukoscope.imaging.background import estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.reading import gates
from leukoscope.reading.gates import picture_gates
from leukoscope.reading.results import GateName
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, WhiteCellTruth, render_field
from leukoscope_training.shared.non_smear_drawing import Linear

from tests.measuring.focus_looks import same_cells
from tests.measuring.limits import tabulate_limits
from tests.measuring.pictures import CAPTURED_UM_PER_PX, CLASSES
from tests.measuring.real import MODEL_UM_PER_PX
from tests.measuring.shipped import open_shipped_reader
from tests.measuring.tables import format_share, markdown_table

SEEDS = range(40300, 40316)
DARK = (0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5)
BRIGHT = (1.2, 1.3, 1.35, 1.4, 1.5, 1.6, 1.7, 2.0)
SHADING, STRONG_SHADING = 0.15, 0.4
GLARE_UM = (5.0, 10.0, 20.0)
GLARE_LIGHT = 1.5
"""Light in the middle of a spot of glare; the background is 1."""
COLOUR_LEVELS = 5.0
"""Largest change of a cell's mean colour, in levels of 255, in any channel."""

Colours = npt.NDArray[np.float64]


@dataclass(frozen=True)
class KnownLight:
    """The light on a field.

    glare_um: radius of a spot of glare; on_cell: whether it is on a white cell. noise: variance of photons relative to
    the camera's own.
    """

    name: str
    exposure: float = 1.0
    shading: float = SHADING
    tint: tuple[float, float] = (1.0, 1.0)
    glare_um: float = 0.0
    on_cell: bool = False
    noise: float = 1.0


AS_IT_SHOULD_BE = KnownLight("noise alone")
HARMLESS = (
    AS_IT_SHOULD_BE,
    KnownLight("a little less", exposure=0.8),
    KnownLight("more", exposure=1.1),
)
"""Harmless lights. If one of them changes which cells are found, a cell is at the finder's limit, and the field is left
out."""
LIGHTS = (
    AS_IT_SHOULD_BE,
    *(KnownLight(f"exposure x {x:g}", exposure=x) for x in (*DARK, *BRIGHT)),
    *(
        KnownLight(
            f"exposure x {x:g}, shading {STRONG_SHADING:g}", exposure=x, shading=STRONG_SHADING
        )
        for x in (0.1, 0.2, 1.0, 1.3, 1.5, 1.7)
    ),
    *(KnownLight(f"exposure x {x:g}, noise x 4", exposure=x, noise=4.0) for x in DARK),
    *(
        KnownLight(f"exposure x {x:g}, reddish LED", exposure=x, tint=(1.3, 1.0))
        for x in (0.2, 1.0, 1.1, 1.2)
    ),
    *(
        KnownLight(
            f"glare, {um:g} µm, {'on a cell' if on else 'anywhere'}", glare_um=um, on_cell=on
        )
        for on in (False, True)
        for um in GLARE_UM
    ),
)


@dataclass(frozen=True)
class GateOutcome:
    """One field under one light: the measurements of its gates, and how its cells change."""

    light: KnownLight
    glass: float
    clipped: float
    other_cells: bool
    other_colour: bool
    other_label: bool

    @property
    def good(self) -> bool:
        """Whether the same white cells are found, and look the same."""
        return not (self.other_cells or self.other_colour)


@dataclass(frozen=True)
class _GateReading:
    glass: float
    clipped: float
    cells: tuple[tuple[float, float], ...]
    label: str | None
    colours: Colours


def _light_slide(
    light: KnownLight, smear: Linear, truth: Sequence[WhiteCellTruth], seed: int
) -> Linear:
    """Return the specimen with the spot of glare, if there is one."""
    if not light.glare_um:
        return smear
    height, width = smear.shape[:2]
    x, y = np.random.default_rng(seed).uniform(0, (width, height))
    if light.on_cell and truth:
        x, y = truth[0].x_px, truth[0].y_px
    down, across = np.mgrid[:height, :width]
    apart = ((down - y) ** 2 + (across - x) ** 2) * CAPTURED_UM_PER_PX**2
    spot = GLARE_LIGHT * np.exp(-apart / (2 * (light.glare_um / 2) ** 2))
    return np.asarray(smear + spot[..., None], np.float32)


def _find_colours(rgb: Rgb, truth: Sequence[WhiteCellTruth]) -> Colours:
    """Measure the mean colour of the inner 0.7 of each white cell, in the flattened picture; shape (cells, 3)."""
    picture = resample(Field(rgb, CAPTURED_UM_PER_PX), MODEL_UM_PER_PX)
    picture = flatten(picture, estimate_background(picture, MODEL_UM_PER_PX))
    factor = CAPTURED_UM_PER_PX / MODEL_UM_PER_PX
    down, across = np.mgrid[: picture.shape[0], : picture.shape[1]]
    rows = []
    for cell in truth:
        apart = np.hypot(down - cell.y_px * factor, across - cell.x_px * factor)
        inside = apart * MODEL_UM_PER_PX < 0.35 * cell.diameter_um
        if inside.any():
            rows.append(picture[inside].mean(axis=0))
    return np.array(rows).reshape(-1, 3)


def _see(
    light: KnownLight,
    smear: Linear,
    truth: Sequence[WhiteCellTruth],
    seed: int,
    rng: np.random.Generator,
) -> _GateReading:
    rgb = expose(
        _light_slide(light, smear, truth, seed),
        led_level=1.0,
        exposure=light.exposure,
        shading=light.shading,
        led_tint=light.tint,
        rng=rng,
        full_well_e=30_000.0 / light.noise,
    )
    field = Field(rgb, CAPTURED_UM_PER_PX)
    picture = resample(field, MODEL_UM_PER_PX)
    values = {gate.name: gate.value for gate in picture_gates(picture, MODEL_UM_PER_PX, None)}
    with patch.multiple(
        gates,
        MIN_BACKGROUND_LEVEL=-1.0,
        MAX_BACKGROUND_LEVEL=256.0,
        MAX_CLIPPED_PERCENT=101.0,
        MIN_SHARPNESS=-1.0,
        MIN_CONTRAST_LEVELS=-1.0,
    ):
        reading = open_shipped_reader().read(field)
    return _GateReading(
        values[GateName.EXPOSURE],
        values[GateName.CLIPPING],
        tuple(
            (
                (cell.x0 + cell.x1) / 2 * CAPTURED_UM_PER_PX,
                (cell.y0 + cell.y1) / 2 * CAPTURED_UM_PER_PX,
            )
            for cell in reading.white_cells
        ),
        open_shipped_reader().judge([reading]).label,
        _find_colours(rgb, truth),
    )


def _find_outcomes(task: tuple[Diagnosis, int]) -> list[GateOutcome]:
    """Find one field's outcomes under each light; none without white cells, or if a harmless light changes them."""
    diagnosis, seed = task
    field = render_field(SmearSlide(diagnosis, seed), 0, um_per_px=CAPTURED_UM_PER_PX)
    smear = defocus(field.transmittance, 0.0, CAPTURED_UM_PER_PX)
    rng = np.random.default_rng(seed)
    sharp = _see(AS_IT_SHOULD_BE, smear, field.white_cells, seed, rng)
    harmless = (_see(light, smear, field.white_cells, seed, rng).cells for light in HARMLESS)
    if not sharp.cells or not all(same_cells(sharp.cells, cells) for cells in harmless):
        return []
    outcomes = []
    for light in LIGHTS:
        seen = _see(light, smear, field.white_cells, seed, rng)
        change = np.abs(seen.colours - sharp.colours).max(initial=0.0)
        outcomes.append(
            GateOutcome(
                light,
                seen.glass,
                seen.clipped,
                not same_cells(sharp.cells, seen.cells),
                bool(change > COLOUR_LEVELS),
                seen.label != sharp.label,
            )
        )
    return outcomes


def too_dark(limit: float, outcome: GateOutcome) -> bool:
    """Return whether the background is below a limit."""
    return outcome.glass < limit


def too_bright(limit: float, outcome: GateOutcome) -> bool:
    """Return whether the background is above a limit."""
    return outcome.glass > limit


def clipped(limit: float, outcome: GateOutcome) -> bool:
    """Return whether there are more clipped pixels than a limit, in percent."""
    return outcome.clipped > limit


def either(outcome: GateOutcome) -> bool:
    """Return whether the exposure gate's upper limit or the clipping gate refuses it."""
    return too_bright(gates.MAX_BACKGROUND_LEVEL, outcome) or clipped(
        gates.MAX_CLIPPED_PERCENT, outcome
    )


def _tabulate_limits(
    refuses: Callable[[float, GateOutcome], bool], limits: Sequence[float], in_force: float
) -> list[tuple[str, Callable[[GateOutcome], bool]]]:
    return [
        (f"{limit:g}" + (" (in force)" if limit == in_force else ""), partial(refuses, limit))
        for limit in limits
    ]


def tabulate_brightness_gates(workers: ProcessPoolExecutor) -> tuple[str, str, str, str]:
    """Tabulate the fields by light, and the limits: too dark, too bright, clipped."""
    tasks = [(diagnosis, seed) for diagnosis in CLASSES for seed in SEEDS]
    cases = [
        (str(seed), outcome.good, outcome)
        for (_, seed), outcomes in zip(tasks, workers.map(_find_outcomes, tasks), strict=True)
        for outcome in outcomes
    ]
    rows = []
    for light in LIGHTS:
        here = [(group, outcome) for group, _, outcome in cases if outcome.light == light]
        groups = [group for group, _ in here]
        outcomes = [outcome for _, outcome in here]
        rows.append(
            (
                light.name,
                f"{np.median([o.glass for o in outcomes]):.0f}",
                f"{np.median([o.clipped for o in outcomes]):.1f}",
                format_share([o.other_cells for o in outcomes], groups),
                format_share([o.other_colour for o in outcomes], groups),
                format_share([o.other_label for o in outcomes], groups),
                sum(too_dark(gates.MIN_BACKGROUND_LEVEL, o) for o in outcomes),
                sum(either(o) for o in outcomes),
            )
        )
    dark = [case for case in cases if case[2].light.exposure < 1]
    bright = [case for case in cases if case[2].light.exposure >= 1]
    force = gates
    return (
        markdown_table(
            (
                "light",
                "glass, median",
                "clipped, %",
                "other cells",
                "other colour",
                "other label",
                "too dark",
                "too bright or clipped",
            ),
            rows,
        ),
        tabulate_limits(
            "least glass",
            _tabulate_limits(
                too_dark, (30, 40, 50, 60, 70, 80, 90, 100, 110, 120), force.MIN_BACKGROUND_LEVEL
            ),
            dark,
        ),
        tabulate_limits(
            "most glass",
            _tabulate_limits(
                too_bright, (240, 244, 248, 250, 252, 254), force.MAX_BACKGROUND_LEVEL
            ),
            bright,
        ),
        tabulate_limits(
            "most clipped, %",
            [
                *_tabulate_limits(clipped, (0.5, 1, 2, 3, 5, 10, 20), force.MAX_CLIPPED_PERCENT),
                ("both gates, in force", either),
            ],
            bright,
        ),
    )
