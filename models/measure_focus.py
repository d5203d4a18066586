"""What device/reading/README.md says of focus: measured here, printed as Markdown.

    python -m models.measure_focus --data ../shared/data

Compares measures of sharpness on rendered focus stacks and on real fields blurred by known amounts, finds the blur
that starts to change verdicts, and plays focusing sessions to the meter. Two cores take ten minutes.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from PIL import Image

from device.field import Field, Rgb
from device.focus_meter import FocusMeter, Hint
from device.model.bundle import TfliteClassifier, load_bundle
from device.panel.drawing import draw
from device.reading import gates
from device.reading.pooling import pool
from device.reading.reader import live_gates, read_field
from device.reading.scaling import resampled
from device.settings import DEFAULT_BUNDLE
from device.simulator.hematology import Diagnosis
from device.simulator.optics import WELL_EXPOSED, defocus, expose
from device.simulator.smear import SmearSlide, render_field
from models.measure_reading import interval, table
from models.training.sources import UM_PER_PX

MODEL_UM_PER_PX = 0.34
LIVE_UM_PER_PX, LIVE_SHAPE = 0.245, (480, 640)
CAPTURED_UM_PER_PX = 0.155
CLASSES = tuple(diagnosis for diagnosis in Diagnosis if diagnosis is not Diagnosis.EMPTY)

STACK_SEEDS = range(40000, 40004)
STACK_UM = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
VERDICT_SEEDS = range(40000, 40010)
DEFOCUS_UM = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
BLURS_UM = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0)
LLD_EACH, CHULA_EACH, BCCD_EVERY = 5, 2, 10
"""How many fields of each patient and of each slide; every tenth image."""

GOOD_DEFOCUS_UM = 0.5
MOST_GOOD_REFUSED = 0.02
"""Largest share of the good fields of any kind that the limit may refuse."""
SAME_CELL_UM = 3.0
LIVE_SEEDS = range(40100, 40104)

Plane = npt.NDArray[np.float32]
Linear = npt.NDArray[np.float32]
"""Linear light, shape (height, width, 3), 1 for empty glass."""
Measure = Callable[[Plane], float]


# --- measures ---------------------------------------------------------------------------------------------------


def power(plane: Plane) -> float:
    """Mean square."""
    flat = plane.ravel()
    return float(np.dot(flat, flat) / flat.size)


def structure(plane: Plane, distance: int) -> float:
    """Mean squared difference at `distance` pixels, mean of both directions."""
    across = plane[:, distance:] - plane[:, :-distance]
    down = plane[distance:] - plane[:-distance]
    return (power(across) + power(down)) / 2


def brenner(plane: Plane) -> float:
    """Brenner et al., J. Histochem. Cytochem. 24, 1976: squared differences two pixels apart."""
    return structure(plane, 2)


def tenengrad(plane: Plane) -> float:
    """Tenenbaum 1970; Krotkov, Int. J. Computer Vision 1, 1987: power of the Sobel gradient."""
    across, down = plane[:, 2:] - plane[:, :-2], plane[2:] - plane[:-2]
    return power(across[:-2] + 2 * across[1:-1] + across[2:]) + power(
        down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    )


def variance_of_laplacian(plane: Plane) -> float:
    """Pech-Pacheco et al., ICPR 2000."""
    around = plane[1:-1, :-2] + plane[1:-1, 2:] + plane[:-2, 1:-1] + plane[2:, 1:-1]
    return float((around - 4 * plane[1:-1, 1:-1]).var())


def variance(plane: Plane) -> float:
    """Groen et al., Cytometry 6, 1985."""
    return float(plane.var())


def vollath_f4(plane: Plane) -> float:
    """Vollath, J. Microscopy 147, 1987: autocorrelation at one pixel less that at two."""
    return (structure(plane, 2) - structure(plane, 1)) / 2


def vollath_f5(plane: Plane) -> float:
    """Vollath, J. Microscopy 151, 1988: autocovariance at one pixel."""
    return float(
        (np.mean(plane[:, 1:] * plane[:, :-1]) + np.mean(plane[1:] * plane[:-1])) / 2
        - plane.mean() ** 2
    )


def smoothed(plane: Plane) -> Plane:
    """Binomial 1-2-1 both ways (Burt & Adelson, IEEE Trans. Commun. 31, 1983); a pixel less at each edge."""
    plane = plane[:, :-2] + 2 * plane[:, 1:-1] + plane[:, 2:]
    return (plane[:-2] + 2 * plane[1:-1] + plane[2:]) / np.float32(16)


def band_pass(plane: Plane) -> Plane:
    """Difference of two binomials, 0.24 and 0.48 µm of standard deviation at 0.34 µm/px.

    Its peak is near 0.5 cycles per µm; compare Subbarao et al., Optical Engineering 32, 1993.
    """
    fine = smoothed(plane)
    return fine[3:-3, 3:-3] - smoothed(smoothed(smoothed(fine)))


def band_pass_power(plane: Plane) -> float:
    """Power of `band_pass`."""
    return power(band_pass(plane))


def _over(measure: Measure, divisor: Measure) -> Measure:
    def normalised(plane: Plane) -> float:
        return measure(plane) / divisor(plane)

    return normalised


def _mean_squared(plane: Plane) -> float:
    return float(plane.mean()) ** 2


def _structure_ratio(near: int, far: int) -> Measure:
    def ratio(plane: Plane) -> float:
        return structure(plane, near) / structure(plane, far)

    return ratio


def block_median(plane: Plane) -> float:
    """Median over blocks of 11 µm of band-pass power over variance: a few specks change few blocks."""
    side = 32
    fine = band_pass(plane)
    rows, columns = (n // side for n in fine.shape)

    def blocks(of: Plane) -> Plane:
        return of[: rows * side, : columns * side].reshape(rows, side, columns, side)

    coarse = blocks(plane[4:-4, 4:-4]).var(axis=(1, 3))
    return float(np.median((blocks(fine) ** 2).mean(axis=(1, 3)) / (coarse + 1)))


BASES: dict[str, Measure] = {
    "Brenner": brenner,
    "Tenengrad": tenengrad,
    "variance of Laplacian": variance_of_laplacian,
    "variance": variance,
    "Vollath F4": vollath_f4,
    "Vollath F5": vollath_f5,
    "band-pass power": band_pass_power,
}
"""In levels squared: they follow brightness and stain."""

MEASURES: dict[str, Measure] = {
    **BASES,
    **{f"{name} / mean²": _over(base, _mean_squared) for name, base in BASES.items()},
    **{
        f"{name} / variance": _over(base, variance)
        for name, base in BASES.items()
        if base is not variance
    },
    "S(0.68) / S(1.36)": _structure_ratio(2, 4),
    "S(0.68) / S(2.04)": _structure_ratio(2, 6),
    "S(0.68) / S(3.06)": _structure_ratio(2, 9),
    "S(0.68) / S(5.1)": _structure_ratio(2, 15),
    "band-pass / variance, median of blocks": block_median,
}
GATE_MEASURE = "S(0.68) / S(2.04)"


# --- pictures ---------------------------------------------------------------------------------------------------


def dust(seed: int, shape: tuple[int, int], um_per_px: float) -> Linear:
    """What 15 soft specks on the camera let through, shape (height, width, 1): sharp at any defocus of the specimen."""
    rng = np.random.default_rng(seed)
    y, x = (axis * um_per_px for axis in np.mgrid[: shape[0], : shape[1]])
    through = np.ones(shape, np.float32)
    for _ in range(15):
        radius, depth = rng.uniform(0.6, 2.5), rng.uniform(0.15, 0.5)
        at = rng.uniform(0, np.array(shape) * um_per_px)
        through *= 1 - depth * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / (2 * radius**2))
    return through[..., None]


def decoded(levels: Rgb) -> Linear:
    """sRGB levels (IEC 61966-2-1) as linear light such that `expose` at 1 gives the same levels back."""
    share = np.arange(256) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    scaled: Linear = (linear / linear[WELL_EXPOSED]).astype(np.float32)[levels]
    return scaled


def real_field(path: Path, um_per_px: float) -> Linear:
    """An image file in linear light, at the scale that the device captures."""
    light = decoded(np.asarray(Image.open(path).convert("RGB")))
    height, width = (round(n * um_per_px / CAPTURED_UM_PER_PX) for n in light.shape[:2])
    planes = (
        Image.fromarray(light[..., channel]).resize((width, height), Image.Resampling.BILINEAR)
        for channel in range(3)
    )
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)


def gaussian(light: Linear, blur_um: float) -> Linear:
    """Blurred by a Gaussian of standard deviation `blur_um`, in float, edges mirrored."""
    if not blur_um:
        return light
    pad = int(4 * blur_um / CAPTURED_UM_PER_PX) + 1
    wide = np.pad(light, ((pad, pad), (pad, pad), (0, 0)), mode="symmetric")
    down = np.fft.fftfreq(wide.shape[0], CAPTURED_UM_PER_PX)[:, None, None]
    across = np.fft.rfftfreq(wide.shape[1], CAPTURED_UM_PER_PX)[None, :, None]
    passed = np.exp(-2 * (np.pi * blur_um) ** 2 * (down**2 + across**2))
    spectrum = np.fft.fft(np.fft.rfft(wide, axis=1), axis=0)
    blurred = np.fft.irfft(np.fft.ifft(spectrum * passed, axis=0), wide.shape[1], axis=1)
    return blurred[pad:-pad, pad:-pad].astype(np.float32)


def seen(light: Linear, rng: np.random.Generator, exposure: float = 1.0, noise: float = 1.0) -> Rgb:
    """What the camera makes of it; noise: relative to the camera's own, in variance of photons."""
    return expose(
        light,
        led_level=1.0,
        exposure=exposure,
        shading=0.0,
        rng=rng,
        full_well_e=30_000.0 / noise if noise else 1e12,
        read_noise_e=20.0 if noise else 0.0,
    )


def measured(rgb: Rgb, um_per_px: float) -> dict[str, float]:
    """Every measure of a picture, at the model's scale."""
    picture = resampled(Field(rgb, um_per_px), MODEL_UM_PER_PX)
    plane = picture[..., 1].astype(np.float32)
    return {name: measure(plane) for name, measure in MEASURES.items()}


# --- focus stacks -----------------------------------------------------------------------------------------------


def _stack(task: tuple[Diagnosis, int]) -> dict[str, dict[str, float]]:
    """Measures of one rendered field, by what was done to it: "z", "dust" and "noisy" with defocus in µm, …"""
    diagnosis, seed = task
    smear = render_field(
        SmearSlide(diagnosis, seed), 0, um_per_px=LIVE_UM_PER_PX, shape=LIVE_SHAPE
    ).transmittance
    rng = np.random.default_rng(seed)
    specks = dust(seed, LIVE_SHAPE, LIVE_UM_PER_PX)
    looks: dict[str, Rgb] = {}
    for away in STACK_UM:
        light = defocus(smear, away, LIVE_UM_PER_PX)
        for side in {away, -away}:
            looks[f"z {side:g}"] = seen(light, rng)
            looks[f"dust {side:g}"] = seen(light * specks, rng)
            looks[f"noisy {side:g}"] = seen(light, rng, noise=4.0)
    light = defocus(smear, 0.0, LIVE_UM_PER_PX)
    for exposure in (0.5, 1.2):
        looks[f"exposure {exposure:g}"] = seen(light, rng, exposure=exposure)
    for stain in (0.7, 1.4):
        looks[f"stain {stain:g}"] = seen(defocus(smear**stain, 0.0, LIVE_UM_PER_PX), rng)
    return {name: measured(rgb, LIVE_UM_PER_PX) for name, rgb in looks.items()}


def _milliseconds(measure: Measure) -> float:
    """CPU time of one call on a 640x480 frame at the model's scale, lower quartile of 20."""
    shape = tuple(round(n * LIVE_UM_PER_PX / MODEL_UM_PER_PX) for n in LIVE_SHAPE)
    plane = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    times = []
    for _ in range(20):
        start = time.thread_time()
        measure(plane)
        times.append(time.thread_time() - start)
    return 1000 * float(np.percentile(times, 25))


def stacks(workers: ProcessPoolExecutor) -> tuple[str, str]:
    """Where each measure peaks and how it falls; how much it follows what is not focus."""
    tasks = [(diagnosis, seed) for diagnosis in CLASSES for seed in STACK_SEEDS]
    done = list(workers.map(_stack, tasks))
    away = np.array(sorted({side for um in STACK_UM for side in (um, -um)}))

    def stack(name: str, kind: str) -> npt.NDArray[np.float64]:
        return np.array([[look[f"{kind} {z:g}"][name] for z in away] for look in done])

    def peaks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.abs(away[values.argmax(axis=1)])

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
                f"{_milliseconds(measure):.2f}",
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
        table(
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
        table(
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


# --- verdicts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """One field at one blur. problem: of the gate other than focus that refused it, or empty."""

    values: dict[str, float]
    contrast: float
    problem: str
    label: str | None
    pattern: str | None
    cells: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Series:
    """One field at every blur of its kind. group: its patient, slide or seed. again: sharp, with other noise."""

    kind: str
    group: str
    again: Look
    looks: tuple[Look, ...]

    @property
    def blurs(self) -> tuple[float, ...]:
        """Of each look, in µm: of defocus when rendered, else the Gaussian's."""
        return DEFOCUS_UM if self.kind == "rendered" else BLURS_UM

    @property
    def to_choose(self) -> bool:
        """Whether thresholds are chosen on it: every second group."""
        return sum(self.group.encode()) % 2 == 0


@cache
def _classifier() -> TfliteClassifier:
    return TfliteClassifier(load_bundle(DEFAULT_BUNDLE), threads=1)


def _look(light: Linear, rng: np.random.Generator) -> Look:
    """Read by the device's own code, without its focus gate."""
    rgb = seen(light, rng)
    field = Field(rgb, CAPTURED_UM_PER_PX)
    with (
        patch.object(gates, "MIN_SHARPNESS", -1.0),
        patch.object(gates, "MIN_CONTRAST_LEVELS", -1.0),
    ):
        reading = read_field(field, _classifier())
    verdict = pool([reading], _classifier().thresholds)
    values = measured(rgb, CAPTURED_UM_PER_PX)
    return Look(
        values=values,
        contrast=(values["Brenner"] / values[GATE_MEASURE]) ** 0.5,
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


def _rendered_series(task: tuple[Diagnosis, int]) -> Series:
    diagnosis, seed = task
    smear = render_field(SmearSlide(diagnosis, seed), 0, um_per_px=CAPTURED_UM_PER_PX).transmittance
    rng = np.random.default_rng(seed)
    return Series(
        "rendered",
        str(seed),
        _look(defocus(smear, 0.0, CAPTURED_UM_PER_PX), rng),
        tuple(_look(defocus(smear, um, CAPTURED_UM_PER_PX), rng) for um in DEFOCUS_UM),
    )


def _real_series(task: tuple[str, str, Path]) -> Series:
    kind, group, path = task
    light = real_field(path, UM_PER_PX[kind])
    rng = np.random.default_rng(0)
    return Series(
        kind,
        group,
        _look(light, rng),
        tuple(_look(gaussian(light, um), rng) for um in BLURS_UM),
    )


def _spread(paths: Sequence[Path], number: int) -> list[Path]:
    return [paths[i] for i in sorted({int(i) for i in np.linspace(0, len(paths) - 1, number)})]


def real_tasks(data: Path) -> Iterator[tuple[str, str, Path]]:
    """Set, group and path of a sample of the real fields, from every patient and slide."""
    for patient in sorted((data / "lld-40x").glob("*/patient-*")):
        for path in _spread(sorted(patient.glob("*.jpg")), LLD_EACH):
            yield "lld-40x", patient.name, path
    slides: dict[str, list[Path]] = {}
    with (data / "chula-pi" / "fields.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            slides.setdefault(row["slide"], []).append(data / "chula-pi" / row["image"])
    for slide, paths in sorted(slides.items()):
        for path in _spread(paths, CHULA_EACH):
            yield "chula-pi", slide, path
    for path in sorted((data / "bccd" / "fields").glob("*.jpg"))[::BCCD_EVERY]:
        yield "bccd", path.stem, path


def same_cells(cells: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]) -> bool:
    """Whether each cell has one of the others within 3 µm, and each other a cell."""
    if not cells or not others:
        return len(cells) == len(others)
    apart = np.linalg.norm(np.array(cells)[:, None] - np.array(others)[None], axis=2)
    near = apart < SAME_CELL_UM
    return bool(near.any(axis=0).all() and near.any(axis=1).all())


def _differs(sharp: Look, other: Look) -> tuple[bool, bool, bool]:
    """Whether label, pattern and cells are others; a field refused for what it holds has none of them."""
    refused = bool(other.problem)
    return (
        refused or sharp.label != other.label,
        refused or sharp.pattern != other.pattern,
        refused or not same_cells(sharp.cells, other.cells),
    )


def _passes(look: Look, least: float) -> bool:
    return look.values[GATE_MEASURE] >= least and look.contrast >= gates.MIN_CONTRAST_LEVELS


def verdict_changes(series: Sequence[Series]) -> tuple[str, str]:
    """By kind and blur how many fields read otherwise; and where that is 5 points more than by noise."""
    rows, onsets = [], []
    for kind in dict.fromkeys(one.kind for one in series):
        fields = [one for one in series if one.kind == kind and not one.looks[0].problem]
        groups = [one.group for one in fields]
        shares = []
        for name, looks in (
            ("noise alone", [one.again for one in fields]),
            *(
                (f"{um:g}", [one.looks[i + 1] for one in fields])
                for i, um in enumerate(fields[0].blurs[1:])
            ),
        ):
            changed = np.array(
                [_differs(one.looks[0], look) for one, look in zip(fields, looks, strict=True)]
            )
            shares.append(changed.mean(axis=0))
            cells = []
            for column in changed.T:
                counts = np.stack([column, np.ones_like(column)], axis=1).astype(int)
                low, high = interval(counts, groups)
                cells.append(
                    f"{column.sum()}/{len(column)} ({100 * low:.0f} to {100 * high:.0f} %)"
                )
            sharpness = np.median([look.values[GATE_MEASURE] for look in looks])
            rows.append((kind, name, *cells, f"{sharpness:.3f}"))
        over = np.array(shares) - shares[0]
        onset = []
        for column in over.T:
            first = int((column > 0.05).argmax())
            onset.append(f"{fields[0].blurs[first]:g} µm" if first else "–")
        onsets.append((kind, len(fields), len(set(groups)), *onset))
    return (
        table(
            ("fields", "blur, µm", "label differs", "pattern", "cells found", "median sharpness"),
            rows,
        ),
        table(("fields", "number", "groups", "label", "pattern", "cells found"), onsets),
    )


def _good(series: Sequence[Series]) -> list[Look]:
    return [
        look
        for one in series
        for um, look in zip(one.blurs, one.looks, strict=True)
        if um <= (GOOD_DEFOCUS_UM if one.kind == "rendered" else 0.0)
    ]


def _error(name: str, series: Sequence[Series], kind: str, um: float) -> str:
    """Least mean of false refusals and false passes, %, of one kind's good looks and those blurred by `um`."""
    of_kind = [one for one in series if (one.kind == "rendered") == (kind == "rendered")]
    good = np.array([look.values[name] for look in _good(of_kind)])
    bad = np.array([one.looks[one.blurs.index(um)].values[name] for one in of_kind])
    limits = np.sort(np.concatenate([good, bad]))
    return f"{100 * min((np.mean(good < t) + np.mean(bad >= t)) / 2 for t in limits):.1f}"


def separation(series: Sequence[Series]) -> str:
    """How well one limit of each measure parts good fields from blurred ones."""
    real = [one for one in series if one.kind != "rendered"]
    head = ["measure", *(f"rendered, {um:g} µm off" for um in (0.75, 1.0, 1.25, 1.5))]
    blurs = (0.3, 0.5, 0.8, 1.5) if real else ()
    rows = []
    for name in MEASURES:
        row = [name, *(_error(name, series, "rendered", um) for um in (0.75, 1.0, 1.25, 1.5))]
        row += [_error(name, series, "real", um) for um in blurs]
        if real:
            sharp = np.array([one.looks[0].values[name] for one in real])
            row.append(f"{100 * sharp.std() / sharp.mean():.0f}")
        rows.append(row)
    head += [f"real, {um:g} µm" for um in blurs] + (["spread of real fields"] if real else [])
    return table(head, rows)


def threshold(series: Sequence[Series]) -> tuple[float, str, str]:
    """The limit that the good fields of every second group allow, and what it does to the other groups."""
    chosen_on = [one for one in series if one.to_choose]
    others = [one for one in series if not one.to_choose]
    steps = [round(0.15 + 0.005 * i, 3) for i in range(11)]
    kinds = list(dict.fromkeys(one.kind for one in series))

    def refused(of: Sequence[Series], least: float) -> float:
        good = _good(of)
        return sum(not _passes(look, least) for look in good) / len(good) if good else 0.0

    def rows() -> Iterator[tuple[str, ...]]:
        for least in steps:
            yield (
                f"{least:.3f}",
                *(
                    f"{100 * refused([o for o in of if o.kind == kind], least):.1f}"
                    for of in (chosen_on, others)
                    for kind in kinds
                ),
            )

    chosen = max(
        least
        for least in steps
        if all(
            refused([one for one in chosen_on if one.kind == kind], least) <= MOST_GOOD_REFUSED
            for kind in kinds
        )
    )
    passed = []
    for kind in kinds:
        fields = [one for one in others if one.kind == kind]
        for i, um in enumerate(fields[0].blurs):
            shares = []
            for least in (gates.MIN_SHARPNESS, chosen):
                through = [_passes(one.looks[i], least) for one in fields]
                counts = np.array([(p, 1) for p in through])
                low, high = interval(counts, [one.group for one in fields])
                shares.append(
                    f"{sum(through)}/{len(through)} ({100 * low:.0f} to {100 * high:.0f} %)"
                )
            wrong = [
                _differs(one.looks[0], one.looks[i])[0]
                for one in fields
                if _passes(one.looks[i], chosen) and not one.looks[0].problem
            ]
            shares.append(f"{sum(wrong)}/{len(wrong)}")
            passed.append((kind, f"{um:g}", *shares))
    head = ("limit", *(f"{kind}, {part}" for part in ("chosen on", "others") for kind in kinds))
    return (
        chosen,
        table(head, rows()),
        table(
            (
                "fields",
                "blur, µm",
                f"passed at {gates.MIN_SHARPNESS:g}",
                f"passed at {chosen:g}",
                "of these, label differs",
            ),
            passed,
        ),
    )


# --- sessions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
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
    """A field somewhat larger than the live picture, at any defocus up to 8 µm, in green."""

    GRID_UM = (*np.arange(0.0, 2.0, 0.25), *np.arange(2.0, 8.1, 0.5))
    MARGIN_PX = 39

    def __init__(self, slide: SmearSlide, index: int) -> None:
        shape = (LIVE_SHAPE[0] + 2 * self.MARGIN_PX, LIVE_SHAPE[1] + 2 * self.MARGIN_PX)
        smear = render_field(slide, index, um_per_px=LIVE_UM_PER_PX, shape=shape).transmittance
        self._planes = [defocus(smear, float(z), LIVE_UM_PER_PX)[..., 1] for z in self.GRID_UM]

    def frame(self, moment: Moment, rng: np.random.Generator) -> Field:
        """What the camera gives of it. Planes of known defocus are joined linearly."""
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


def _turned(z: npt.NDArray[np.float64]) -> list[Moment]:
    """Frames of a wheel that turns so."""
    away = np.append(np.diff(np.abs(z)), 0.0)
    return [
        Moment(float(at), turning=-int(np.sign(round(float(d), 6))))
        for at, d in zip(z, away, strict=True)
    ]


def sessions(rng: np.random.Generator) -> Iterator[tuple[str, list[Moment]]]:
    """Names and frames: sweeps of the wheel, rest, a slide that moves, light that changes."""
    for speed in (0.05, 0.1, 0.2, 0.4, 0.8):
        z = np.arange(6.0, -6.0, -speed)
        yield (
            f"wheel turned through focus, {speed:g} µm a frame",
            _turned(z if rng.random() < 0.5 else -z),
        )
    sweep = _turned(np.arange(6.0, -6.0, -0.2))
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
    yield "past focus, rest, back, rest", _turned(z)
    for z0 in (0.0, 0.7, 1.5, 3.0):
        still = [Moment(z0)] * 15
        yield "at rest", still * 2
        for tremble in (0.03, 0.1):
            shake = tremble * rng.standard_normal((40, 3))
            yield (
                f"at rest on a table that trembles by {tremble:g} µm",
                [Moment(z0 + dz, x=3 * dx, y=3 * dy) for dz, dx, dy in shake],
            )
        for speed in (0.1, 0.5, 2.0, 5.0):
            y = float(rng.uniform(-9, 9))
            path = [-9 + speed * i for i in range(int(min(24, 18 / speed)))]
            moved = [Moment(z0, x=x, y=y, smear=speed / 10) for x in path]
            yield (
                f"slide moved, {speed:g} µm a frame",
                [Moment(z0, x=-9, y=y)] * 12 + moved + [Moment(z0, x=path[-1], y=y)] * 12,
            )
        yield (
            "slide moved to another field",
            [
                *still,
                Moment(z0, smear=5),
                Moment(z0, scene=1, smear=5),
                *[Moment(z0, scene=1)] * 15,
            ],
        )
        yield "light changed by 20 %", [*still, *[Moment(z0, light=0.8)] * 15]


TURNING_OF = {Hint.NONE.value: 0, Hint.GO_ON.value: 1, Hint.TURN_BACK.value: -1}
LAG_FRAMES = 6
"""A hint is right when the wheel turned that way in one of the last so many frames."""


def _played(task: tuple[Diagnosis, int]) -> dict[str, Counter[str]]:
    diagnosis, seed = task
    scenes = [Scene(SmearSlide(diagnosis, seed), index) for index in (0, 1)]
    rng = np.random.default_rng(seed)
    counts: dict[str, Counter[str]] = {}
    for name, moments in sessions(rng):
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


def hints(workers: ProcessPoolExecutor) -> str:
    """How often the hint is right, wrong or absent, in frames."""
    total: dict[str, Counter[str]] = {}
    for counts in workers.map(_played, zip(CLASSES, LIVE_SEEDS, strict=False)):
        for name, counted in counts.items():
            total.setdefault(name, Counter()).update(counted)
    columns = ("right", "absent", "wrong", "rightly none")
    return table(
        ("session", "frames", "right", "absent while turned", "wrong", "none at rest"),
        ((name, c.total(), *(c[column] for column in columns)) for name, c in total.items()),
    )


def loop_cost() -> str:
    """CPU milliseconds of the focus loop on one 640x480 frame: lower quartile and median of 40."""
    smear = render_field(
        SmearSlide(Diagnosis.ALL, 40100), 0, um_per_px=LIVE_UM_PER_PX, shape=LIVE_SHAPE
    )
    rgb = seen(defocus(smear.transmittance, 0.5, LIVE_UM_PER_PX), np.random.default_rng(0))
    frame, meter = Field(rgb, LIVE_UM_PER_PX), FocusMeter()

    def update() -> None:
        meter.update(frame, MODEL_UM_PER_PX)

    def screen() -> None:
        draw(meter.screen("S0042", 1, 4, ""), simulated=True)

    def whole() -> None:
        update()
        screen()

    def gates_alone() -> None:
        live_gates(frame, MODEL_UM_PER_PX)

    rows = []
    parts = (
        ("resampling and gates", gates_alone),
        ("`update`", update),
        ("drawing", screen),
        ("all", whole),
    )
    for name, part in parts:
        times = []
        for _ in range(40):
            start = time.thread_time()
            part()
            times.append(1000 * (time.thread_time() - start))
        low, middle = np.percentile(times, [25, 50])
        rows.append((name, f"{low:.1f}", f"{middle:.1f}"))
    return table(("part", "lower quartile, ms", "median, ms"), rows)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    print("### Focus loop\n", loop_cost(), sep="\n", flush=True)
    with ProcessPoolExecutor(arguments.workers) as workers:
        shapes, followed = stacks(workers)
        print("### Rendered focus stacks\n", shapes, sep="\n")
        print("### What measures follow beside focus\n", followed, sep="\n", flush=True)
        print("### Hints\n", hints(workers), sep="\n", flush=True)
        rendered = [(diagnosis, seed) for seed in VERDICT_SEEDS for diagnosis in CLASSES]
        series = list(workers.map(_rendered_series, rendered))
        series += workers.map(_real_series, list(real_tasks(arguments.data)))
    changes, onsets = verdict_changes(series)
    print("### Verdicts by blur\n", changes, sep="\n")
    print("### Blur at which changes exceed those by noise by 5 points\n", onsets, sep="\n")
    print("### Good fields from blurred ones, by one limit\n", separation(series), sep="\n")
    chosen, refused, passed = threshold(series)
    print("### Good fields refused, %, by limit\n", refused, sep="\n")
    print(f"### The limit: {chosen:g}\n", passed, sep="\n")


if __name__ == "__main__":
    main()
