"""Draws clutter: random shapes in the colours of stains. Everything that the cell finder finds there is an artefact.

A picture has layers of random shapes, each layer in one dye: islands, fibres, ovals, squares, strokes and stripes. The
shapes are scattered, in heaps, in rows or side by side. Pictures of real things that are not smears (glands, cloth,
text) are in tests/measuring: they are for measuring only, and nothing is trained on them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from leukoscope.simulator.stain import Colour

from leukoscope_training.shared.non_smear_drawing import (
    Drawing,
    Linear,
    Plane,
    StainLook,
    draw_clouds,
    draw_curve,
    scatter_places,
    space_places,
    stain_layers,
)

LAYERS = (1, 2, 3)
"""How many layers a picture may have above its background."""


def draw_clutter(look: StainLook, rng: np.random.Generator) -> Linear:
    """Draw one picture: a background of glass or stain, and some layers above it."""
    ground = rng.choice([0.05, 0.3, 0.7]) * np.maximum(1 + 0.3 * draw_clouds(look, rng, 15, 3), 0)
    layers = [(ground, _choose_dye(look, rng))]
    for _ in range(rng.choice(LAYERS)):
        layer = _LAYERS[int(rng.integers(len(_LAYERS)))]
        amount = np.clip(layer(look, rng), 0, 1) * rng.uniform(0.4, 1.2)
        texture = 1 + rng.uniform(0, 0.35) * draw_clouds(look, rng, rng.uniform(0.8, 6), 2)
        layers.append((np.maximum(amount * texture, 0), _choose_dye(look, rng)))
    return stain_layers(*layers)


def _choose_dye(look: StainLook, rng: np.random.Generator) -> Colour:
    """Choose a dye of the slide's stain, or any colour."""
    stain = look.stain
    dyes = (
        stain.chromatin,
        stain.chromatin,
        stain.red_cell,
        stain.basophilic,
        stain.acidophilic,
        stain.eosinophil,
        stain.basophil,
        rng.uniform(0.1, 1.8, 3).astype(np.float32),
    )
    return dyes[int(rng.integers(len(dyes)))]


def _draw_size(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a size in µm between two limits, uniform in its logarithm."""
    return float(low * (high / low) ** rng.random())


def _draw_islands(look: StainLook, rng: np.random.Generator) -> Plane:
    """Draw islands with soft or sharp edges: clouds that are cut off at a level."""
    cloud = draw_clouds(look, rng, _draw_size(rng, 2, 80), int(rng.integers(1, 7)))
    return (cloud - np.float32(rng.uniform(-0.5, 1.5))) / np.float32(rng.uniform(0.05, 1.5))


def _draw_fibres(look: StainLook, rng: np.random.Generator) -> Plane:
    """Draw clouds that are many times as long as wide."""
    height, width = look.shape
    y, x = np.mgrid[:height, :width] * np.float32(look.um_per_px)
    angle, wide = rng.uniform(0, np.pi), _draw_size(rng, 1.5, 10)
    bend = wide * rng.uniform(0, 3) * draw_clouds(look, rng, _draw_size(rng, 15, 80), 2)
    across = x * np.cos(angle) + y * np.sin(angle) + bend
    along = (y * np.cos(angle) - x * np.sin(angle)) / (wide * _draw_size(rng, 4, 30))
    waves = sum(
        np.sin(across / wide * rng.uniform(1, 3) + along * rng.uniform(-2, 2) + rng.uniform(0, 6))
        for _ in range(3)
    )
    level, rise = rng.uniform(-0.3, 0.5), rng.uniform(0.1, 1)
    return np.asarray((waves / 3 - np.float32(level)) / np.float32(rise))


def _choose_places(
    look: StainLook, rng: np.random.Generator, size: float
) -> npt.NDArray[np.float64]:
    """Choose places for shapes of this size: anywhere, in heaps, in rows or side by side."""
    how = rng.integers(4)
    if how == 0:
        return scatter_places(look, rng, 5 + int(150 * rng.random() ** 2))
    if how == 1:
        heaps = scatter_places(look, rng, int(rng.integers(3, 30)))
        spread = size * rng.uniform(0.5, 3)
        return np.concatenate([heap + rng.normal(0, spread, (8, 2)) for heap in heaps])
    if how == 2:
        step = size * rng.uniform(0.8, 2.5)
        starts = scatter_places(look, rng, int(rng.integers(3, 20)))
        return np.concatenate([draw_curve(rng, start, 40 * step, 1.0) for start in starts])
    return space_places(look, rng, max(2.0, size * rng.uniform(1.2, 4)))


def _draw_ovals(look: StainLook, rng: np.random.Generator) -> Plane:
    """Draw ovals of similar size and shape, sometimes hollow."""
    drawing, inner = Drawing(look), Drawing(look)
    size, flat, hollow = _draw_size(rng, 0.4, 9), rng.uniform(0.2, 1), rng.random() < 0.3
    for at in _choose_places(look, rng, size):
        own = size * rng.uniform(0.7, 1.3)
        angle = rng.uniform(0, np.pi)
        drawing.oval(at, (own, own * flat), angle)
        if hollow:
            inner.oval(at, (own * 0.6, own * 0.6 * flat), angle)
    return drawing.render(_draw_size(rng, 0.15, 1)) - (inner.render() if hollow else 0)


def _draw_squares(look: StainLook, rng: np.random.Generator) -> Plane:
    """Draw squares of random darkness side by side."""
    side = max(1, round(_draw_size(rng, 0.5, 15) / look.um_per_px))
    shades = rng.random(tuple(n // side + 1 for n in look.shape)).astype(np.float32)
    shades = np.maximum(shades - np.float32(rng.uniform(0, 0.8)), 0)
    wide: Plane = shades.repeat(side, 0).repeat(side, 1)[: look.shape[0], : look.shape[1]]
    return wide


def _draw_strokes(look: StainLook, rng: np.random.Generator) -> Plane:
    """Draw bent lines."""
    drawing, wide = Drawing(look), _draw_size(rng, 0.5, 8)
    for at in scatter_places(look, rng, int(rng.integers(4, 50))):
        drawing.line(draw_curve(rng, at, rng.uniform(5, 120), rng.uniform(0, 3)), wide)
    return drawing.render()


def _draw_stripes(look: StainLook, rng: np.random.Generator) -> Plane:
    """Draw even stripes, sometimes crossed by others."""
    y, x = np.mgrid[: look.shape[0], : look.shape[1]] * np.float32(look.um_per_px)
    amount = np.zeros(look.shape, np.float32)
    for angle in rng.uniform(0, np.pi, int(rng.integers(1, 3))):
        turn = (x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / _draw_size(rng, 2, 40))
        amount += np.sin(turn + rng.uniform(0, 6)).astype(np.float32)
    return (amount - np.float32(rng.uniform(-0.5, 0.9))) / np.float32(rng.uniform(0.1, 1.5))


_LAYERS = (
    _draw_islands,
    _draw_fibres,
    _draw_ovals,
    _draw_ovals,
    _draw_squares,
    _draw_strokes,
    _draw_stripes,
)
