"""Draws the small things between the cells: platelets, stain deposit and dust."""

from __future__ import annotations

import numpy as np

from leukoscope.simulator.sheet import Sheet
from leukoscope.simulator.stain import Colour, Stain
from leukoscope.simulator.texture import spots

PER_FIELD = 11.0
"""Mean number in a standard field of normal blood: one to every 10-30 red cells (Bain ch. 3)."""


def draw_platelets(
    sheet: Sheet,
    stage_um: tuple[float, float],
    mean: float,
    giant_share: float,
    stain: Stain,
    rng: np.random.Generator,
) -> None:
    """Scatter Poisson(`mean`) platelets over the stage, some of them in clumps.

    Normal ones are 1.5-3.5 µm wide, giant ones 5-8 µm (Bain ch. 3). They have a purple granulomere in pale blue.
    """
    count = int(rng.poisson(mean))
    for seed in rng.integers(0, 2**63, count):
        one = np.random.default_rng(int(seed))
        x, y = one.uniform(-0.5, 0.5, 2) * np.array(stage_um)
        members = int(one.integers(2, 6)) if one.random() < 0.06 else 1
        for _ in range(members):
            size = one.uniform(4.5, 7.5) if one.random() < giant_share else one.uniform(1.7, 3.3)
            if members > 1:
                x, y = x + one.normal(0.0, 1.8), y + one.normal(0.0, 1.8)
            _draw_platelet(sheet, float(x), float(y), size / 2, stain, one)


def _draw_platelet(
    sheet: Sheet, x_um: float, y_um: float, radius: float, stain: Stain, rng: np.random.Generator
) -> None:
    stretch, slant = rng.uniform(1.0, 1.5), rng.uniform(0.0, np.pi)
    strength = rng.uniform(0.5, 1.1)
    window = sheet.window(x_um, y_um, 1.9 * radius)
    if window is None:
        return
    cosine, sine = np.float32(np.cos(slant)), np.float32(np.sin(slant))
    u = (window.x_um * cosine + window.y_um * sine) / np.float32(radius * stretch)
    v = (window.y_um * cosine - window.x_um * sine) * np.float32(stretch / radius)
    ragged = 1.0 + np.float32(0.16) * spots(window.x_um, window.y_um, 1.6, rng)
    distance = np.sqrt(u * u + v * v) * ragged
    soft = np.float32(0.25 / radius)
    body = 1.0 / (1.0 + np.exp(np.clip((distance - 1.0) / (soft * 0.5), -30, 30)))
    core = np.exp(-((distance / np.float32(0.72)) ** 4))
    grain = np.clip(1.0 + np.float32(0.45) * spots(window.x_um, window.y_um, 0.8, rng), 0.2, 2.0)
    sheet.add(window, body * np.float32(0.3 * strength), stain.basophilic)
    sheet.add(window, core * grain * np.float32(0.8 * strength), stain.azurophil)


def draw_specks(
    sheet: Sheet,
    stage_um: tuple[float, float],
    mean: float,
    colour: Colour,
    rng: np.random.Generator,
) -> None:
    """Scatter Poisson(`mean`) specks of `colour`, 0.4-1.4 µm wide: stain deposit, or dust on bare glass."""
    count = int(rng.poisson(mean))
    places = rng.uniform(-0.5, 0.5, (count, 2)) * np.array(stage_um)
    sizes, amounts = rng.uniform(0.2, 0.7, count), rng.uniform(0.2, 0.9, count)
    for (x, y), size, amount in zip(places, sizes, amounts, strict=True):
        window = sheet.window(float(x), float(y), 2.0 * float(size))
        if window is None:
            continue
        square = (window.x_um**2 + window.y_um**2) / np.float32(size**2)
        sheet.add(window, np.exp(-square) * np.float32(amount), colour)
