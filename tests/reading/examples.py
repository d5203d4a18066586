"""Rendered fields to read, with what is truly in them, and a model that needs no runtime."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
from leukoscope.field import Field, Rgb
from leukoscope.reading.results import LABELS, WhiteCell
from leukoscope.reading.thresholds import Thresholds
from leukoscope.reading.window_reader import WindowReader
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, WhiteCellTruth, render_field

MODEL_UM_PER_PX, SIDE = 0.34, 200
DEVICE_UM_PER_PX, DEVICE_SHAPE = 0.155, (760, 1014)
THRESHOLDS = Thresholds(label=0.6, pattern=0.7)
DISEASES = [diagnosis for diagnosis in Diagnosis if diagnosis is not Diagnosis.EMPTY]


@dataclass(frozen=True)
class StubWindowModel:
    """Answers the same to every picture, and keeps the pictures."""

    answer: tuple[float, ...] = (0.1, 0.2, 0.3, 0.25, 0.15)
    um_per_px: float = MODEL_UM_PER_PX
    runtime: str = "stub"
    card: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(name="stub", version="1", sha256="ab" * 32)
    )
    pictures: list[Rgb] = field(default_factory=list)

    def run(self, picture: Rgb, geometry: tuple[float, ...] = ()) -> tuple[float, ...]:
        self.pictures.append(picture)
        return self.answer


def window_reader(model: StubWindowModel | None = None) -> WindowReader:
    """A reader of windows by this model."""
    return WindowReader(model or StubWindowModel(), SIDE, THRESHOLDS)


@functools.lru_cache(maxsize=32)
def rendered(
    diagnosis: Diagnosis = Diagnosis.AML,
    seed: int = 700,
    index: int = 0,
    *,
    defocus_um: float = 0.0,
    exposure: float = 1.0,
    led_level: float = 1.0,
    um_per_px: float = DEVICE_UM_PER_PX,
    shape: tuple[int, int] = DEVICE_SHAPE,
) -> tuple[Field, tuple[WhiteCellTruth, ...]]:
    """A field as the simulated microscope delivers it, and its white cells (in its pixels)."""
    smear = render_field(SmearSlide(diagnosis, seed), index, um_per_px=um_per_px, shape=shape)
    light = defocus(smear.transmittance, defocus_um, um_per_px)
    rng = np.random.default_rng(seed)
    on, off = (
        expose(light, led_level=level, exposure=exposure, shading=0.15, rng=rng)
        for level in (led_level, 0.0)
    )
    return Field(on, um_per_px, off_level=float(off.mean()), simulated=True), smear.white_cells


def glass(
    *cells: tuple[int, int, int],
    shape: tuple[int, int] = (300, 400),
    red_cells: bool = True,
    um_per_px: float = MODEL_UM_PER_PX,
) -> Rgb:
    """Pale glass with red cells of 6.8 µm in rows and, on them, sharp purple discs: (x, y, radius) in pixels."""
    rgb = np.full((*shape, 3), (225, 220, 228), np.uint8)
    y, x = np.mgrid[: shape[0], : shape[1]]
    if red_cells:
        pitch, radius = 9.52 / um_per_px, 3.4 / um_per_px
        apart = (x % pitch - pitch / 2) ** 2 + (y % pitch - pitch / 2) ** 2
        rgb[apart <= radius**2] = (205, 165, 170)
    for cx, cy, cell_px in cells:
        rgb[(x - cx) ** 2 + (y - cy) ** 2 <= cell_px**2] = (110, 60, 150)
    return rgb


def holds(cell: WhiteCell, x: float, y: float) -> bool:
    return cell.x0 <= x < cell.x1 and cell.y0 <= y < cell.y1


def is_found(truth: WhiteCellTruth, cells: Sequence[WhiteCell], um_per_px: float) -> bool:
    """Whether a found nucleus lies in the cell: its middle in the cell, or the cell's in its box."""
    radius = truth.diameter_um / um_per_px / 2
    return any(
        np.hypot((c.x0 + c.x1) / 2 - truth.x_px, (c.y0 + c.y1) / 2 - truth.y_px) < radius
        or holds(c, truth.x_px, truth.y_px)
        for c in cells
    )


def certain(label: str, confidence: float = 0.9) -> tuple[float, ...]:
    """Probabilities that leave the rest to the other classes alike."""
    rest = (1 - confidence) / (len(LABELS) - 1)
    return tuple(confidence if name == label else rest for name in LABELS)
