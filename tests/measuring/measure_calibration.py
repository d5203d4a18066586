"""What docs/measurements/calibration.md says of calibration: measured here, printed as Markdown.

    python -m tests.measuring.measure_calibration --data ../shared/data

Everything is done by the device's own code, on rendered fields at the scale that the device captures and on
real ones. One core takes five minutes.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from pathlib import Path
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from leukoscope import assembly
from leukoscope.calibration import empty_field
from leukoscope.calibration.drift import MAX_UNEVEN, LightDrift, measure_drift, quick_drift
from leukoscope.calibration.empty_field import background_map, check_empty, check_moved, reduced
from leukoscope.calibration.micrometer import find_pitch
from leukoscope.calibration.record import Calibration
from leukoscope.calibration.steps import EMPTY_FIELDS, MAX_SCALE_FACTOR, MICROMETER_UM
from leukoscope.commands.calibrate import CLEAN_SLIDE_DEFOCUS_UM
from leukoscope.commands.demo.session import calibrate_once
from leukoscope.errors import CalibrationError
from leukoscope.field import STILL_UM, Field, Rgb
from leukoscope.imaging.background import (
    BACKGROUND_LEVEL,
    SRGB_OFFSET,
    BackgroundMap,
    estimate_background,
)
from leukoscope.imaging.flat_field import flatten
from leukoscope.microscope.burst import merge
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.reading.red_cells import DIAMETER_UM, median_red_cell_px
from leukoscope.settings.settings import CameraSettings, Parts, Settings, StorageSettings
from leukoscope.simulator import red_cells, white_cells
from leukoscope.simulator.hematology import Diagnosis, RenderedCellType
from leukoscope.simulator.micrometer import MicrometerSlide, render_micrometer
from leukoscope.simulator.microscope import EXPOSURE_S
from leukoscope.simulator.optics import (
    NEUTRAL_GAIN,
    SHADING_CAST,
    WELL_EXPOSED,
    add_dust,
    defocus,
    expose,
    shift,
)
from leukoscope.simulator.sheet import Sheet
from leukoscope.simulator.smear import SmearSlide, prepare, render_field
from leukoscope.simulator.stage import Faults, Slide, Stage, View
from PIL import Image

from tests.measuring.real import RealField, list_sets, open_file
from tests.measuring.tables import markdown_table

UM_PER_PX, SHAPE = 0.155, (760, 1014)
"""Of a field that the device captures: 157 x 118 µm."""
LIVE_UM_PER_PX, LIVE_SHAPE = 0.31, (380, 507)
"""Of the simulated camera's small stream, by which the self-test goes."""
VIEW_UM = (118.0, 157.0)

FIRST_SEED = 40400
CLASSES = tuple(diagnosis for diagnosis in Diagnosis if diagnosis is not Diagnosis.EMPTY)

Light = npt.NDArray[np.float32]
"""Linear light, shape (height, width, 3), 1 for empty glass."""


def light_of(
    slide: Slide,
    defocus_um: float = 0.0,
    *,
    um_per_px: float = UM_PER_PX,
    shape: tuple[int, int] = SHAPE,
) -> Light:
    """A slide's first field as the objective images it."""
    if isinstance(slide, MicrometerSlide):
        sharp = render_micrometer(slide, 0, um_per_px=um_per_px, shape=shape)
    elif isinstance(slide, SmearSlide):
        sharp = render_field(slide, 0, um_per_px=um_per_px, shape=shape).transmittance
    else:
        return np.ones((*shape, 3), np.float32)
    return defocus(sharp, defocus_um, um_per_px)


def distinct(number: int) -> list[tuple[int, SmearSlide]]:
    """So many slides of each class with their seeds; no two share a seed, and so a stain or red cells."""
    return [
        (seed, SmearSlide(diagnosis, seed))
        for place, diagnosis in enumerate(CLASSES)
        for seed in range(FIRST_SEED + 100 * place, FIRST_SEED + 100 * place + number)
    ]


def live_light_of(slide: Slide, defocus_um: float = 0.0) -> Light:
    """As `light_of`, as the small stream has it."""
    return light_of(slide, defocus_um, um_per_px=LIVE_UM_PER_PX, shape=LIVE_SHAPE)


def seen(
    light: Light,
    seed: int,
    *,
    exposure: float = 1.0,
    shading: float = 0.15,
    tint: tuple[float, float] = (1.0, 1.0),
) -> Rgb:
    """One frame of it; exposure: 1 for glass at level 225."""
    rng = np.random.default_rng(seed)
    return expose(light, led_level=1.0, exposure=exposure, shading=shading, rng=rng, led_tint=tint)


def problem(check: Callable[[], object]) -> str:
    """What a check says, in the panel's words; nothing when it lets pass."""
    try:
        check()
    except CalibrationError as error:
        return error.problem
    return ""


def outcome_row(name: str, problems: Sequence[str]) -> tuple[object, ...]:
    """Name, number, how many were accepted, what the others were refused for."""
    refused = Counter(said for said in problems if said)
    words = ", ".join(f"{count} {said}" for said, count in refused.most_common())
    return name, len(problems), problems.count(""), words or "–"


def spread_of(values: Iterable[float], digits: int = 3) -> str:
    """Median, least and greatest, as '1.00 (0.97 to 1.02)'."""
    found = sorted(values)
    if not found:
        return "–"
    middle, low, high = (f"{value:.{digits}f}" for value in (np.median(found), found[0], found[-1]))
    return f"{middle} ({low} to {high})"


def errors_of(values: Sequence[float], digits: int = 3) -> str:
    """Median, 95th percentile and greatest."""
    if not values:
        return "–"
    return " / ".join(f"{value:.{digits}f}" for value in np.percentile(values, [50, 95, 100]))


def some(fields: Sequence[RealField], number: int) -> list[RealField]:
    """So many of them, evenly spaced; all when there are fewer."""
    places = np.linspace(0, len(fields) - 1, min(number, len(fields))).round().astype(int)
    return [fields[place] for place in places]


def by_kind(data: Path) -> dict[str, list[RealField]]:
    """The real fields by set."""
    kinds: dict[str, list[RealField]] = {}
    for fields in list_sets(data).values():
        for field in fields:
            kinds.setdefault(field.kind, []).append(field)
    return kinds


# Empty fields.

EMPTY_HEAD = ("fields", "number", "accepted", "refused")
CELL_DEFOCUS_UM = (0.0, 5.0, 10.0, 15.0)
SMEAR_DEFOCUS_UM = (0.0, 5.0, 10.0, 20.0, 40.0)
GLASS_DEFOCUS_UM = (0.0, CLEAN_SLIDE_DEFOCUS_UM)
SHADINGS = (0.15, 0.3, 0.5)


def one_white_cell(
    cell_type: RenderedCellType,
    seed: int,
    reach_um: tuple[float, float] = (60.0, 40.0),
    shape: tuple[int, int] = SHAPE,
) -> Light:
    """One white cell of 11 µm on clear glass, in focus, at most reach_um (across, down) from the middle."""
    x, y = np.random.default_rng(seed).uniform(-np.array(reach_um), reach_um)
    canvas = Sheet(shape, UM_PER_PX)
    stain = prepare(SmearSlide(Diagnosis.NORMAL, seed)).stain
    cell = white_cells.RenderedWhiteCell(cell_type, x, y, 11.0, seed)
    white_cells.draw(canvas, cell, stain, 0.0)
    return canvas.transmittance()


def one_red_cell(
    seed: int, reach_um: tuple[float, float] = (60.0, 40.0), shape: tuple[int, int] = SHAPE
) -> Light:
    """One red cell of 7.2 µm on clear glass, in focus, at most reach_um (across, down) from the middle."""
    x, y = np.random.default_rng(seed).uniform(-np.array(reach_um), reach_um)
    look = prepare(SmearSlide(Diagnosis.NORMAL, seed))
    one = [np.array([value]) for value in (x, y, 3.6, 1.1, 0.0, 0.0, 0.0, 0.0, 0.8)]
    none = np.zeros(1)
    cell = red_cells.RedCells(*one, shift_x=none, shift_y=none, amount=none + 1)
    canvas = Sheet(shape, UM_PER_PX)
    red_cells.draw(canvas, cell, look.red_cells, look.stain.red_cell)
    return canvas.transmittance()


def empty_said(light: Light, seed: int, shading: float = 0.3) -> str:
    """What `check_empty` says of a single frame."""
    rgb = seen(light, seed, shading=shading)
    return problem(lambda: check_empty(rgb, UM_PER_PX))


def empty_rendered(number: int = 8) -> str:
    """Which rendered fields are taken for empty glass; number: of slides of a kind."""
    seeds = range(FIRST_SEED, FIRST_SEED + number)
    rows = []
    for defocus_um in GLASS_DEFOCUS_UM:
        glass = [light_of(SmearSlide(Diagnosis.EMPTY, s), defocus_um) for s in seeds]
        for shading in SHADINGS:
            said = [empty_said(g, s, shading) for s, g in zip(seeds, glass, strict=True)]
            name = f"empty glass, defocus {defocus_um:g} µm, shading {100 * shading:g} %"
            rows.append(outcome_row(name, said))
    on_camera = add_dust(SHAPE, UM_PER_PX)[..., None]
    said = [empty_said(light * on_camera, s) for s, light in zip(seeds, glass, strict=True)]
    rows.append(outcome_row("the same, nine specks of dust on the camera", said))
    whites = [one_white_cell(kind, FIRST_SEED + n) for n, kind in enumerate(RenderedCellType)][
        : 2 * number
    ]
    reds = [one_red_cell(seed) for seed in seeds]
    for name, cells in (("one white cell (each type)", whites), ("one red cell", reds)):
        for um in CELL_DEFOCUS_UM:
            said = [empty_said(defocus(c, um, UM_PER_PX), n) for n, c in enumerate(cells)]
            rows.append(outcome_row(f"{name}, defocus {um:g} µm", said))
    tasks = list(product(CLASSES, seeds[: max(1, number // 3)]))
    for um in SMEAR_DEFOCUS_UM:
        said = [empty_said(light_of(SmearSlide(d, seed), um), seed) for d, seed in tasks]
        rows.append(outcome_row(f"smear, five classes, defocus {um:g} µm", said))
    return markdown_table(EMPTY_HEAD, rows)


def empty_real(data: Path, number: int = 40) -> str:
    """Which real fields are taken for empty glass; number: of each set."""
    rows = []
    for kind, fields in by_kind(data).items():
        pictures = (open_file(field.path, field.um_per_px) for field in some(fields, number))
        said = [problem(lambda p=picture: check_empty(p.rgb, p.um_per_px)) for picture in pictures]
        rows.append(outcome_row(kind, said))
    return markdown_table(EMPTY_HEAD, rows)


# The micrometer.

RULING_DEFOCUS_UM = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
OTHER_PITCHES_UM = (5.0, 20.0, 50.0)
FALSE_DEFOCUS_UM = (0.0, 1.0, 3.0)


@dataclass(frozen=True)
class Pitch:
    """What came of one ruling. problem: the panel's word, nothing when the scale was taken; ratio: to the true one."""

    problem: str
    ratio: float = np.nan


def pitch_of(rgb: Rgb, um_per_px: float) -> Pitch:
    """The scale as a calibration takes it, the settings saying the true one."""
    try:
        ruling = find_pitch(rgb)
    except CalibrationError as error:
        return Pitch(error.problem)
    ratio = MICROMETER_UM / ruling.pitch_px / um_per_px
    odd = not 1 / MAX_SCALE_FACTOR <= ratio <= MAX_SCALE_FACTOR
    return Pitch("ODD SCALE" if odd else "", ratio)


def pitches(number: int, defocus_um: float, pitch_um: float = MICROMETER_UM) -> list[Pitch]:
    """Of so many rulings, at any angle, at 0.14 to 0.31 µm/px, in fields of 157 x 118 µm."""
    found = []
    for n in range(number):
        rng = np.random.default_rng(FIRST_SEED + n)
        um_per_px = float(rng.uniform(0.14, 0.31))
        slide = MicrometerSlide(pitch_um, float(rng.uniform(-90, 90)), seed=n)
        height, width = (round(side / um_per_px) for side in VIEW_UM)
        light = light_of(slide, defocus_um, um_per_px=um_per_px, shape=(height, width))
        found.append(pitch_of(seen(light, n, shading=0.3), um_per_px))
    return found


def pitch_row(name: str, found: Sequence[Pitch]) -> tuple[object, ...]:
    """Name, number, taken, refused for what, errors in percent, how many of those taken are over 1 %."""
    off = [100 * abs(pitch.ratio - 1) for pitch in found if not pitch.problem]
    row = outcome_row(name, [pitch.problem for pitch in found])
    return *row, errors_of(off), sum(error > 1 for error in off)


def micrometer(number: int = 24) -> str:
    """Error of the pitch by defocus, and of micrometers that are not ruled at 10 µm."""
    rows = [pitch_row(f"10 µm, defocus {um:g} µm", pitches(number, um)) for um in RULING_DEFOCUS_UM]
    for pitch_um in OTHER_PITCHES_UM:
        found = pitches(max(1, number // 2), 0.0, pitch_um)
        rows.append(pitch_row(f"{pitch_um:g} µm from line to line, in focus", found))
    head = (
        "ruling",
        "number",
        "scale taken",
        "refused",
        "error median / 95 % / max, %",
        "taken, wrong by over 1 %",
    )
    return markdown_table(head, rows)


def false_rulings(data: Path, number: int = 80) -> str:
    """Fields without a ruling in which one is found; number: real ones of each set, half as many slides."""
    rows = []
    seeds = range(FIRST_SEED, FIRST_SEED + max(1, number // 12))
    for um in FALSE_DEFOCUS_UM:
        said = []
        for diagnosis, seed in product(Diagnosis, seeds):
            rgb = seen(live_light_of(SmearSlide(diagnosis, seed), um), seed)
            said.append(problem(lambda rgb=rgb: find_pitch(rgb)))
        rows.append(outcome_row(f"rendered smears and empty slides, defocus {um:g} µm", said))
    for kind, fields in by_kind(data).items():
        pictures = (open_file(field.path, field.um_per_px).rgb for field in some(fields, number))
        said = [problem(lambda rgb=picture: find_pitch(rgb)) for picture in pictures]
        rows.append(outcome_row(kind, said))
    return markdown_table(("fields", "number", "ruling found", "refused"), rows)


# The scale by red cells.

GUESSES = {"right": 1.0, "× 2": 2.0, "/ 2": 0.5}
BCCD_RUN = 8
"""Files of bccd that are pooled: their slides are not known."""


@dataclass(frozen=True)
class Group:
    """Fields of one patient or slide. um_per_px: of their files, nominal."""

    um_per_px: float
    pictures: tuple[Rgb, ...]


def scale_row(name: str, groups: Sequence[Group], guess: str) -> tuple[object, ...]:
    """What the red cells of each group say of its scale, over the nominal one; guess: of `GUESSES`."""
    ratios, counts = [], []
    for group in groups:
        try:
            cells = median_red_cell_px(group.pictures, group.um_per_px * GUESSES[guess])
        except CalibrationError:
            continue
        ratios.append(DIAMETER_UM / cells.diameter_px / group.um_per_px)
        counts.append(cells.count)
    size = f"{len(groups)} × {len(groups[0].pictures)}"
    return name, size, guess, len(groups) - len(ratios), spread_of(counts, 0), spread_of(ratios)


def rendered_groups(um_per_px: float, shape: tuple[int, int], number: int) -> list[Group]:
    """So many slides of each class, a field of each."""
    slides = distinct(number)
    return [
        Group(um_per_px, (seen(light_of(slide, um_per_px=um_per_px, shape=shape), seed),))
        for seed, slide in slides
    ]


def real_groups(data: Path, number: int) -> Iterator[tuple[str, list[Group]]]:
    """So many patients or slides of each set, with the fields that are pooled: 4, of bccd 8."""
    for kind, fields in by_kind(data).items():
        pooled = BCCD_RUN if kind == "bccd" else 4
        groups: dict[str, list[RealField]] = {}
        for place, field in enumerate(fields):
            key = str(place // BCCD_RUN) if kind == "bccd" else field.group
            groups.setdefault(key, []).append(field)
        full = [members for members in groups.values() if len(members) >= pooled]
        chosen = [
            full[n] for n in np.linspace(0, len(full) - 1, min(number, len(full))).astype(int)
        ]
        yield (
            f"{kind}, nominal {fields[0].um_per_px:g} µm/px",
            [
                Group(
                    fields[0].um_per_px,
                    tuple(open_file(f.path, f.um_per_px).rgb for f in some(members, pooled)),
                )
                for members in chosen
            ],
        )


def scales(data: Path, number: int = 10) -> str:
    """The scale by red cells against the nominal one; number: of groups of a set."""
    rows = []
    for um, shape in ((UM_PER_PX, SHAPE), (LIVE_UM_PER_PX, LIVE_SHAPE)):
        groups = rendered_groups(um, shape, max(1, number // 5))
        rows += [scale_row(f"rendered, {um:g} µm/px", groups, guess) for guess in GUESSES]
    for name, groups in real_groups(data, number):
        rows.append(
            scale_row(
                name, [replace(group, pictures=group.pictures[:1]) for group in groups], "right"
            )
        )
        rows += [
            scale_row(name, groups[:: 1 if guess == "right" else 2], guess) for guess in GUESSES
        ]
    head = (
        "fields",
        "groups × fields",
        "settings",
        "too few cells",
        "cells a group",
        "estimate / nominal",
    )
    return markdown_table(head, rows)


# Glass maps.

MAP_SHADINGS = (0.15, 0.3, 0.5, 0.7)
DEGREES = (2, 4, 5, 6, 8)


def true_glass(shading: float, shape: tuple[int, int] = SHAPE) -> npt.NDArray[np.float64]:
    """Level of every pixel of rendered glass, shape (height, width, 3), without noise."""
    down, across = (np.linspace(-1, 1, n) ** 2 / 2 for n in shape)
    loss = (down[:, None] + across)[..., None] * np.array(SHADING_CAST) * shading
    levels: npt.NDArray[np.float64] = (WELL_EXPOSED + SRGB_OFFSET) * (1 - loss) ** (
        1 / 2.4
    ) - SRGB_OFFSET
    return levels


def over_pixels(glass: BackgroundMap, shape: tuple[int, int] = SHAPE) -> npt.NDArray[np.float64]:
    """A glass map at every pixel, as fields are corrected by it."""
    planes = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(glass[..., channel])).resize(
                shape[::-1], Image.Resampling.BILINEAR
            )
        )
        for channel in range(3)
    ]
    return np.stack(planes, axis=-1).astype(np.float64)


def glass_rendered(repeats: int = 3) -> str:
    """How far glass maps of five rendered fields are from the truth, in percent of the level."""
    rows = []
    for shading in MAP_SHADINGS:
        off = []
        for n in range(repeats):
            seeds = range(FIRST_SEED + 10 * n, FIRST_SEED + 10 * n + EMPTY_FIELDS)
            fields = [
                seen(
                    light_of(SmearSlide(Diagnosis.EMPTY, s), CLEAN_SLIDE_DEFOCUS_UM),
                    s,
                    shading=shading,
                )
                for s in seeds
            ]
            off.append(100 * (over_pixels(background_map(fields)) / true_glass(shading) - 1))
        every = np.array(off)
        tall, wide = (round(n / cells / 2) for n, cells in zip(SHAPE, (24, 32), strict=True))
        inside = every[:, tall:-tall, wide:-wide]
        rms = [f"{float(np.sqrt(np.square(part).mean())):.3f}" for part in (every, inside)]
        most = [f"{float(np.abs(part).max()):.2f}" for part in (inside, every)]
        rows.append((f"{100 * shading:g} %", repeats, *rms, *most))
    head = (
        "shading",
        "maps",
        "rms, %",
        "rms without the rim, %",
        "max without the rim, %",
        "max, %",
    )
    return markdown_table(head, rows)


def glass_real(data: Path, number: int = 100) -> str:
    """What polynomials leave of the shading of a Pi camera: the median of many fields of chula-pi."""
    pictures = []
    for field in some(by_kind(data)["chula-pi"], number):
        image = Image.open(field.path)
        image.draft("RGB", (image.width // 4, image.height // 4))
        pictures.append(np.asarray(image.convert("RGB")))
    typical = np.median(pictures, axis=0).round().astype(np.uint8)
    levels = reduced(typical, empty_field.ROWS, empty_field.COLUMNS)
    rows = []
    for degree in DEGREES:
        with patch.object(empty_field, "DEGREE", degree):
            off = 100 * (levels / background_map([typical]) - 1)
        force = " (in force)" if degree == empty_field.DEGREE else ""
        rows.append((f"{degree}{force}", *np.sqrt(np.square(off).mean(axis=(0, 1))).round(2)))
    return markdown_table(("degree", "R, rms %", "G, rms %", "B, rms %"), rows)


# A whole calibration.


class Bench(Stage):
    """A stage of chosen shading, on which every calibration finds other slides."""

    def __init__(self, seed: int, shading: float, faults: Faults) -> None:
        super().__init__(SmearSlide(Diagnosis.EMPTY, seed))
        self._seed, self._shading = seed, shading
        self.inject(faults)

    @property
    def view(self) -> View:
        """What lies under the objective now."""
        return replace(super().view, shading=self._shading)

    def load(self, slide: Slide, defocus_um: float = 0.0) -> None:
        """Put another slide on the stage, a micrometer turned a little."""
        if isinstance(slide, MicrometerSlide):
            turned = float(np.random.default_rng(self._seed).uniform(-20, 20))
            slide = replace(slide, seed=self._seed, angle_deg=turned)
        elif isinstance(slide, SmearSlide):
            slide = replace(slide, seed=FIRST_SEED + 100 * self._seed + slide.seed)
        super().load(slide, defocus_um)


@dataclass(frozen=True)
class Calibrated:
    """What a calibration is off by, in percent; levels of a clean field captured afterwards."""

    exposure: float
    red: float
    blue: float
    scale: float
    raw_spread: float
    spread: float
    off_white: float


MICROSCOPES = (
    ("as built", 0.15, Faults()),
    ("LED at 80 %, red × 1.1, blue × 0.8", 0.15, Faults(led_level=0.8, led_tint=(1.1, 0.8))),
    ("LED at 50 %, red × 0.9, blue × 1.2", 0.3, Faults(led_level=0.5, led_tint=(0.9, 1.2))),
    ("LED at 30 %, red × 1.2, blue × 0.6", 0.5, Faults(led_level=0.3, led_tint=(1.2, 0.6))),
)


def uneven(rgb: npt.NDArray[np.generic]) -> float:
    """Spread of 16 x 12 tiles, brightest less darkest, in percent of the median; of the worst channel."""
    tiles = reduced(rgb.astype(np.uint8), 12, 16).reshape(-1, 3)
    return float((100 * np.ptp(tiles, axis=0) / np.median(tiles, axis=0)).max())


def settings_of(directory: Path, size: tuple[int, int], um_per_px: float) -> Settings:
    """A simulated microscope's settings; size: width and height, px."""
    return Settings(
        parts=Parts(microscope="simulated", panel="simulated"),
        camera=CameraSettings(width=size[0], height=size[1], um_per_px=um_per_px),
        storage=StorageSettings(directory=str(directory)),
    )


def calibrated(
    seed: int, shading: float, faults: Faults, size: tuple[int, int], um_per_px: float
) -> Calibrated:
    """One calibration from DARK to SCALE on a simulated microscope, and a clean field after it."""
    bench = Bench(seed, shading, faults)
    with tempfile.TemporaryDirectory() as directory:
        settings = settings_of(Path(directory), size, um_per_px)
        calibrate_once(settings, MemoryDisplay(), bench, lambda _: None)
        made = assembly.find_calibration(settings).calibration
        if made is None:
            raise RuntimeError("the calibration was not kept")
        bench.load(SmearSlide(Diagnosis.EMPTY, 50), CLEAN_SLIDE_DEFOCUS_UM)
        microscope = assembly.open_microscope(settings, made, bench)
        field = microscope.capture()
        microscope.close()
    return against_truth(made, faults, um_per_px, field.rgb)


def against_truth(made: Calibration, faults: Faults, um_per_px: float, rgb: Rgb) -> Calibrated:
    """A calibration, and a field that it corrected, against what the microscope was made with."""
    red_tint, blue_tint = faults.led_tint
    controls = made.controls
    middle = np.median(reduced(rgb, 12, 16), axis=(0, 1))
    return Calibrated(
        exposure=100 * (controls.exposure_us * faults.led_level / EXPOSURE_S / 1e6 - 1),
        red=100 * (controls.red_gain * red_tint / NEUTRAL_GAIN - 1),
        blue=100 * (controls.blue_gain * blue_tint / NEUTRAL_GAIN - 1),
        scale=100 * (made.um_per_px / um_per_px - 1),
        raw_spread=uneven(made.background),
        spread=uneven(rgb),
        off_white=float(np.abs(middle - BACKGROUND_LEVEL).max()),
    )


def whole(
    repeats: int = 2, size: tuple[int, int] = SHAPE[::-1], um_per_px: float = UM_PER_PX
) -> str:
    """Whole calibrations: what they are off by, and the fields after them. Least to greatest."""
    rows = []
    for number, (name, shading, faults) in enumerate(MICROSCOPES):
        found = [
            calibrated(10 * number + n, shading, faults, size, um_per_px) for n in range(repeats)
        ]
        columns = [
            [vars(one)[key] for one in found]
            for key in ("exposure", "red", "blue", "scale", "raw_spread", "spread", "off_white")
        ]
        cells = [f"{min(values):.2f} to {max(values):.2f}" for values in columns]
        rows.append((f"{name}, shading {100 * shading:g} %", repeats, *cells))
    head = (
        "microscope",
        "times",
        "exposure off, %",
        "red gain off, %",
        "blue gain off, %",
        "scale off, %",
        "tiles of raw glass, %",
        "tiles of a corrected field, %",
        "glass from level 225, levels",
    )
    return markdown_table(head, rows)


# Drift.


@dataclass(frozen=True)
class Change:
    """What has become of a microscope since it was calibrated, relative to what it was."""

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


def warned(warnings: Iterable[tuple[str, ...]]) -> str:
    """How often each warning was given."""
    counts = Counter(warning for several in warnings for warning in several)
    return ", ".join(f"{number} {warning}" for warning, number in counts.most_common()) or "none"


def clean_pair(change: Change, shading: float, seed: int, lights: Sequence[Light]) -> Rgb | str:
    """Two places of clean glass as `leukoscope calibrate --check` joins them, or why it would not."""
    on_camera = add_dust(SHAPE, UM_PER_PX)[..., None] if change.dust else np.float32(1)
    one, other = (
        seen(
            light * on_camera,
            2 * seed + n,
            exposure=change.exposure,
            shading=shading + change.shading,
            tint=change.tint,
        )
        for n, light in enumerate(lights)
    )
    said = problem(lambda: check_moved(one, other, UM_PER_PX))
    return said or np.maximum(one, other)


def drift_empty(number: int = 4) -> str:
    """What `calibrate --check` measures of clean glass; number: of pairs at each of two shadings."""
    seeds = range(FIRST_SEED, FIRST_SEED + EMPTY_FIELDS)
    glass = [light_of(SmearSlide(Diagnosis.EMPTY, s), CLEAN_SLIDE_DEFOCUS_UM) for s in seeds]
    seeds = range(FIRST_SEED + 10, FIRST_SEED + 11 + number)
    places = [light_of(SmearSlide(Diagnosis.EMPTY, s), CLEAN_SLIDE_DEFOCUS_UM) for s in seeds]
    then = {
        shading: background_map([seen(g, n, shading=shading) for n, g in enumerate(glass)])
        for shading in SHADINGS[:2]
    }
    rows = []
    for change in EMPTY_CHANGES:
        drifts, refused = [], 0
        for shading, (seed, pair) in product(then, enumerate(pairwise(places))):
            rgb = clean_pair(change, shading, 100 + seed, pair)
            if isinstance(rgb, str):
                refused += 1
                continue
            drifts.append(measure_drift(rgb, then[shading], UM_PER_PX))
        lights = [drift.light for drift in drifts]
        rows.append(
            (
                change.name,
                f"{len(drifts)} of {len(drifts) + refused}",
                *light_cells(lights),
                spread_of((drift.shading_percent for drift in drifts), 2),
                spread_of((drift.dust_percent for drift in drifts), 2),
                warned(drift.warnings for drift in drifts),
            )
        )
    head = ("changed", "measured", "light", "red", "blue", "shading, %", "dust, %", "warnings")
    return markdown_table(head, rows)


def light_cells(lights: Sequence[LightDrift]) -> tuple[str, str, str]:
    """Light, red and blue of some drifts."""
    light, red, blue = (
        spread_of((vars(drift)[key] for drift in lights), 3) for key in ("light", "red", "blue")
    )
    return light, red, blue


def quick_row(
    change: Change, fields: Sequence[tuple[int, Light]], then: BackgroundMap
) -> tuple[object, ...]:
    """What the self-test says of some fields of the small stream."""
    lights, uneven = [], []
    for seed, light in fields:
        shading = 0.15 + change.shading
        rgb = seen(light, seed, exposure=change.exposure, tint=change.tint, shading=shading)
        try:
            lights.append(quick_drift(rgb, then))
        except CalibrationError:
            continue
        surface = estimate_background(flatten(rgb, then), LIVE_UM_PER_PX, 2)
        uneven.append(float(np.ptp(surface, axis=(0, 1)).max()))
    return (
        change.name,
        f"{len(lights)} of {len(fields)}",
        *light_cells(lights),
        spread_of(uneven, 1),
        warned(
            [
                *(drift.warnings for drift in lights),
                *(("SHADING CHANGED",) for levels in uneven if levels > MAX_UNEVEN),
            ]
        ),
    )


def drift_smear(number: int = 8) -> str:
    """What the self-test says of the light, from the glass between cells; number: slides of each class."""
    clean = [live_light_of(SmearSlide(Diagnosis.EMPTY, s), CLEAN_SLIDE_DEFOCUS_UM) for s in (1, 2)]
    then = background_map([seen(light, n) for n, light in enumerate(clean)])
    slides = distinct(number)
    sharp = [(seed, live_light_of(slide)) for seed, slide in slides]
    rows = []
    for change in SMEAR_CHANGES:
        fields = sharp
        if change.defocus_um is not None:
            fields = [(seed, live_light_of(slide, change.defocus_um)) for seed, slide in slides]
        rows.append(quick_row(change, fields, then))
    for name, slide in (
        ("nothing; empty glass in place of a smear", SmearSlide(Diagnosis.EMPTY, FIRST_SEED)),
        ("nothing; a micrometer in place of a smear", MicrometerSlide()),
    ):
        rows.append(quick_row(Change(name), [(n, live_light_of(slide)) for n in range(4)], then))
    head = ("changed", "light told", "light", "red", "blue", "glass uneven by, levels", "warnings")
    return markdown_table(head, rows)


# Bursts.

DRIFTS_UM = (0.5, 1.0, 3.0, 10.0)
BURST = 4
BURST_SHAPE = (520, 912)
"""Wide enough that the middle, where motion is looked for, sees no edge come in from 30 µm away."""
TURN_DEG = 12.0
"""Of the micrometer: rulings do not lie exactly along the stage."""


def burst_of(light: Light, um_per_frame: float, seed: int) -> list[Field]:
    """Frames of a stage that drifts, by whole pixels; the middle square sees no edge come in."""
    steps = [round(n * um_per_frame / UM_PER_PX) for n in range(BURST)]
    return [
        Field(seen(shift(light, step), BURST * seed + n), UM_PER_PX) for n, step in enumerate(steps)
    ]


def burst_slides(number: int) -> dict[str, list[Light]]:
    """What bursts are made of, by kind."""
    seeds = range(FIRST_SEED, FIRST_SEED + number)

    def seen_of(slides: Iterable[Slide], um: float = 0.0) -> list[Light]:
        return [light_of(slide, um, shape=BURST_SHAPE) for slide in slides]

    mixed = [SmearSlide(CLASSES[n % len(CLASSES)], seed) for n, seed in enumerate(seeds)]
    empty = [SmearSlide(Diagnosis.EMPTY, seed) for seed in seeds]
    kinds = {d.value: seen_of(SmearSlide(d, seed) for seed in seeds) for d in CLASSES}
    kinds |= {f"smear, defocus {um:g} µm": seen_of(mixed, um) for um in (2.0, 5.0)}
    kinds["one lymphocyte, in the middle"] = [
        defocus(
            one_white_cell(RenderedCellType.LYMPHOCYTE, s, (30.0, 30.0), BURST_SHAPE),
            0.0,
            UM_PER_PX,
        )
        for s in seeds
    ]
    kinds["one red cell"] = [
        defocus(one_red_cell(s, (30.0, 30.0), BURST_SHAPE), 0.0, UM_PER_PX) for s in seeds
    ]
    kinds["empty slide, in focus"] = seen_of(empty)
    kinds["empty slide, defocus 15 µm"] = seen_of(empty, CLEAN_SLIDE_DEFOCUS_UM)
    kinds["micrometer, upright"] = seen_of(MicrometerSlide(seed=s) for s in seeds)
    kinds["micrometer, turned"] = seen_of(
        MicrometerSlide(angle_deg=TURN_DEG, seed=s) for s in seeds
    )
    return kinds


def bursts(number: int = 4, repeats: int = 2) -> tuple[str, str]:
    """Still or moved, by kind of slide, and the noise of bursts; number: slides of a kind."""
    rows, noises = [], []
    for name, lights in burst_slides(number).items():
        tries = [(seed, light) for seed, light in enumerate(lights * repeats)]
        still = [burst_of(light, 0.0, seed) for seed, light in tries]
        row: list[object] = [
            name,
            len(tries),
            sum(merge(frames).moved_um >= STILL_UM for frames in still),
        ]
        errors = []
        for um in DRIFTS_UM:
            steps = round((BURST - 1) * um / UM_PER_PX) * UM_PER_PX
            found = [merge(burst_of(light, um, 100 + s)).moved_um for s, light in tries]
            row.append(sum(moved < STILL_UM for moved in found))
            errors += [abs(moved - steps) for moved in found if moved >= STILL_UM]
        rows.append((*row, errors_of(errors, 2)))
        pairs = zip(still, [burst_of(light, 0.0, 50 + s) for s, light in tries[:2]], strict=False)
        noises.append((name, *noise_of([noise(one, other) for one, other in pairs])))
    head = (
        "slide",
        "bursts",
        "still, taken for moved",
        *(f"{um:g} µm a frame, taken for still" for um in DRIFTS_UM),
        "error of those seen to move, µm: median / 95 % / max",
    )
    noise_head = ("slide", "one frame, levels", f"merged burst of {BURST}, levels", "ratio")
    return markdown_table(head, rows), markdown_table(noise_head, noises)


def noise(one: Sequence[Field], other: Sequence[Field]) -> tuple[float, float]:
    """Standard deviation of a frame and of a merged burst, levels, by how two of the same view differ."""

    def differ(first: Rgb, second: Rgb) -> float:
        return float((first.astype(np.float32) - second).std()) / 2**0.5

    return differ(one[0].rgb, other[0].rgb), differ(merge(one).rgb, merge(other).rgb)


def noise_of(found: Sequence[tuple[float, float]]) -> tuple[str, str, str]:
    """Means of a kind's noises, and their ratio."""
    one, several = np.mean(found, axis=0)
    return f"{one:.2f}", f"{several:.2f}", f"{several / one:.2f}"


PARTS = ("empty", "micrometer", "red-cells", "glass", "whole", "drift", "burst")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", choices=PARTS, help="one part; all without")
    arguments = parser.parse_args()
    data, only = arguments.data, arguments.only
    if only in (None, "empty"):
        show("Empty field: rendered", empty_rendered())
        show("Empty field: real fields, none of which is empty", empty_real(data))
    if only in (None, "micrometer"):
        show("Micrometer: the scale", micrometer())
        show("Micrometer: found where there is none", false_rulings(data))
    if only in (None, "red-cells"):
        show("Scale by red cells", scales(data))
    if only in (None, "glass"):
        show("Glass maps of five rendered fields", glass_rendered())
        show("What a polynomial leaves of a Pi camera's shading (chula-pi)", glass_real(data))
    if only in (None, "whole"):
        show("Whole calibrations of a simulated microscope", whole())
    if only in (None, "drift"):
        show("Drift by clean glass (calibrate --check)", drift_empty())
        show("Drift by a smear (self-test)", drift_smear())
    if only in (None, "burst"):
        moved, noises = bursts()
        show("Bursts: still or moved", moved)
        show("Bursts: noise", noises)


def show(title: str, text: str) -> None:
    """Print a table under its title."""
    print(f"### {title}\n", text, sep="\n", flush=True)


if __name__ == "__main__":
    main()
