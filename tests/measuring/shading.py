"""Measures how even the background is before and after the shading is removed without a calibration.

This does not depend on the estimator: glass is found by another rule, on the uncorrected picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from leukoscope.field import Field, Rgb
from leukoscope.imaging.background import SRGB_OFFSET, BackgroundMap, estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import SHADING_CAST, defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field
from PIL import Image, ImageFilter

from tests.measuring.real import MODEL_UM_PER_PX, RealField, list_sets, open_file
from tests.measuring.tables import markdown_table

EVEN_PERCENT = 4.0
TILE_UM, LEAST_GLASS, LEAST_TILES = 16.0, 0.05, 6
AROUND_UM, NEAR_BRIGHTEST, MOST_SLOPE = 12.0, 0.955, 3.0

CHOSEN_ON_EVERY = (8, 12)
"""The estimator's constants were chosen on every 8th and every 12th file of chula-pi, sorted by path."""

RENDERED_UM_PER_PX = 0.155
RENDERED_SEEDS = range(40200, 40208)
SHADINGS = (0.15, 0.3, 0.5)

Levels = npt.NDArray[np.float64]
"""Background level of each tile, shape (rows, columns, 3)."""
Mask = npt.NDArray[np.bool_]
Percents = npt.NDArray[np.float64]
"""One number for each of R, G and B."""


def mask_glass(rgb: Rgb) -> Mask:
    """Find empty glass: smooth, and nearly as bright as the brightest within 6 µm; at 0.34 µm/px."""
    brightness = rgb.astype(np.float32).mean(axis=2)
    height, width = brightness.shape
    side = round(AROUND_UM / 2 / MODEL_UM_PER_PX) // 2 * 2 + 1
    around = (
        Image.fromarray(brightness.astype(np.uint8))
        .filter(ImageFilter.GaussianBlur(1.5))
        .resize((width // 2, height // 2))
        .filter(ImageFilter.RankFilter(side, int(side * side * 0.9)))
        .resize((width, height), Image.Resampling.BILINEAR)
    )
    down, across = np.gradient(brightness)
    glass = (brightness > NEAR_BRIGHTEST * np.asarray(around, np.float32)) & (
        np.hypot(down, across) < MOST_SLOPE
    )
    smallest = Image.fromarray(glass.astype(np.uint8) * 255).filter(ImageFilter.MinFilter(3))
    return np.asarray(smallest) > 0


def measure_tiles(rgb: Rgb, glass: Mask) -> Levels:
    """Measure the median background of each tile of 16 µm; NaN for a tile with almost none."""
    height, width = glass.shape
    rows, columns = (max(1, round(n * MODEL_UM_PER_PX / TILE_UM)) for n in (height, width))
    down, across = height // rows, width // columns
    levels = np.full((rows, columns, 3), np.nan)
    for row in range(rows):
        for column in range(columns):
            tile = np.s_[row * down : (row + 1) * down, column * across : (column + 1) * across]
            if glass[tile].mean() >= LEAST_GLASS:
                levels[row, column] = np.median(rgb[tile][glass[tile]], axis=0)
    return levels


def find_spread(levels: Levels) -> Percents:
    """Return the unevenness of the tiles in each channel: 97.5th minus 2.5th percentile, in percent of the median."""
    low, middle, high = np.nanpercentile(levels, [2.5, 50, 97.5], axis=(0, 1))
    percents: Percents = 100 * (high - low) / middle
    return percents


def find_deviation(levels: Levels) -> Percents:
    """Return the standard deviation of the tiles in each channel, in percent of their mean."""
    percents: Percents = 100 * np.nanstd(levels, axis=(0, 1)) / np.nanmean(levels, axis=(0, 1))
    return percents


@dataclass(frozen=True)
class Evenness:
    """The background of one field, raw and flattened; wrong: the error of the estimate, if the truth is known."""

    raw: Levels
    flat: Levels
    wrong: Percents | None = None

    def is_even(self) -> bool:
        """Return whether the flattened background is even in every channel."""
        return bool((find_spread(self.flat) <= EVEN_PERCENT).all())


def measure_evenness(picture: Rgb, shading: float | None = None) -> Evenness | None:
    """Measure a picture at the model's scale; None if it has too little glass. shading: that of a rendered picture."""
    glass = mask_glass(picture)
    estimate = estimate_background(picture, MODEL_UM_PER_PX)
    raw, flat = (measure_tiles(rgb, glass) for rgb in (picture, flatten(picture, estimate)))
    if np.isfinite(raw[..., 0]).sum() < LEAST_TILES:
        return None
    return Evenness(raw, flat, None if shading is None else _compare_background(estimate, shading))


def _compare_background(estimate: BackgroundMap, shading: float) -> Percents:
    """Return the deviation of a background map from the simulator's shading in each channel, in percent.

    Light is compared by level + 14.025, whose 2.4th power it is. One factor for the whole field does not count.
    """
    rows, columns = estimate.shape[:2]
    down, across = ((2 * (np.arange(n) + 0.5) / n - 1) ** 2 / 2 for n in (rows, columns))
    loss = (down[:, None] + across)[..., None] * np.array(SHADING_CAST) * shading
    ratio = (estimate + SRGB_OFFSET) / (1 - loss) ** (1 / 2.4)
    percents: Percents = 100 * (ratio / ratio.mean(axis=(0, 1))).std(axis=(0, 1))
    return percents


def _read_field(field: RealField) -> Evenness | None:
    return measure_evenness(resample(open_file(field.path, field.um_per_px), MODEL_UM_PER_PX))


def _render_field(task: tuple[Diagnosis, int, float]) -> Evenness | None:
    diagnosis, seed, shading = task
    smear = render_field(SmearSlide(diagnosis, seed), 0, um_per_px=RENDERED_UM_PER_PX)
    rgb = expose(
        defocus(smear.transmittance, 0.0, RENDERED_UM_PER_PX),
        led_level=1.0,
        exposure=1.0,
        shading=shading,
        rng=np.random.default_rng(seed),
    )
    return measure_evenness(resample(Field(rgb, RENDERED_UM_PER_PX), MODEL_UM_PER_PX), shading)


def _format_channels(values: Sequence[Percents], percent: float = 50) -> str:
    return " / ".join(f"{value:.1f}" for value in np.percentile(values, percent, axis=0))


def _make_row(name: str, measured: Sequence[Evenness | None]) -> tuple[object, ...]:
    seen = [one for one in measured if one is not None]
    raw, flat = ([find_spread(levels) for levels in side] for side in _compare_sides(seen))
    wrong = [one.wrong for one in seen if one.wrong is not None]
    even = sum(one.is_even() for one in seen)
    return (
        name,
        f"{len(seen)} of {len(measured)}",
        _format_channels(raw),
        _format_channels(flat),
        _format_channels(flat, 90),
        f"{even} ({100 * even / len(seen):.0f} %)",
        *(
            _format_channels([find_deviation(levels) for levels in side])
            for side in _compare_sides(seen)
        ),
        _format_channels(wrong) if wrong else "–",
    )


def _compare_sides(seen: Sequence[Evenness]) -> tuple[list[Levels], list[Levels]]:
    return [one.raw for one in seen], [one.flat for one in seen]


def average_fields(fields: Sequence[Levels]) -> Levels:
    """Average fields of one size, tile by tile, each over its own median: the effect of the optics, not of the films.

    A tile is NaN if fewer than a quarter of the fields have glass there.
    """
    all_levels = np.array([levels / np.nanmedian(levels, axis=(0, 1)) for levels in fields])
    known = np.isfinite(all_levels)
    number = known.sum(axis=0)
    mean = np.where(known, all_levels, 0).sum(axis=0) / np.maximum(number, 1)
    return np.where(4 * number >= len(fields), mean, np.nan)


def _make_slide_row(
    name: str, measured: Sequence[Evenness | None], chosen_on: Sequence[bool]
) -> tuple[object, ...]:
    mine = [one for one, chosen in zip(measured, chosen_on, strict=True) if not chosen]
    seen = [one for one in mine if one is not None]
    return (
        name + ("" if any(chosen_on) else " (none chosen on)"),
        *_make_row(name, mine)[1:6],
        *(_format_channels([find_spread(average_fields(side))]) for side in _compare_sides(seen)),
    )


def tabulate_shading(data: Path, workers: ProcessPoolExecutor) -> tuple[str, str]:
    """Tabulate the spread of the background by set, and of chula-pi by slide; R / G / B in percent."""
    rows, slides = [], []
    for name, fields in list_sets(data).items():
        measured = list(workers.map(_read_field, fields, chunksize=8))
        if name != "chula-pi":
            rows.append(_make_row(name, measured))
            continue
        chosen_on = [any(i % n == 0 for n in CHOSEN_ON_EVERY) for i in range(len(fields))]
        for part, chosen in (("chosen on", True), ("**not chosen on**", False)):
            mine = [m for m, c in zip(measured, chosen_on, strict=True) if c is chosen]
            rows.append(_make_row(f"{name}, {part}", mine))
        for slide in sorted({field.group for field in fields}):
            at = [i for i, field in enumerate(fields) if field.group == slide]
            mine, flags = [measured[i] for i in at], [chosen_on[i] for i in at]
            if not all(flags):
                slides.append(_make_slide_row(slide, mine, flags))
    for amount in SHADINGS:
        tasks = [
            (diagnosis, seed, amount)
            for diagnosis in Diagnosis
            if diagnosis is not Diagnosis.EMPTY
            for seed in RENDERED_SEEDS
        ]
        rows.append(
            _make_row(f"rendered, shading {amount:g}", list(workers.map(_render_field, tasks)))
        )
    head = (
        "fields",
        "with enough glass",
        "raw spread, %",
        "corrected, %",
        "90th percentile, %",
        f"all three ≤ {EVEN_PERCENT:g} %",
    )
    deviations = ("raw deviation, %", "corrected, %", "estimate off the truth by, %")
    means = ("mean of the slide's fields, raw spread, %", "corrected, %")
    return markdown_table((*head, *deviations), rows), markdown_table((*head, *means), slides)
