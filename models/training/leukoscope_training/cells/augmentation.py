"""Augments cells: another slide's stain, another angle, another focus. With NumPy and Pillow alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from leukoscope.reading.measurements import GEOMETRY_SPREAD
from PIL import Image, ImageFilter

from leukoscope_training.cells.dataset import Bytes, Flags, Floats

STAIN = 0.7
"""Strength of the changes of colour, 0..1."""

RESTAINED, GREY, BLURRED = 0.7, 0.15, 0.35
"""Shares of the cells that get another slide's stain, that lose their colour, and that are blurred."""

GAIN_LIMITS = (0.35, 2.8)
GAIN_SPREAD, MIXING, GAMMA_SPREAD, SCALE_SPREAD = 0.12, 0.06, 0.12, 0.06
"""Standard deviations: of logarithms, and (MIXING) of the elements of the matrix that mixes colours."""

SHIFT, NOISE, GEOMETRY_NOISE = 0.03, 0.015, 0.08
"""Standard deviations: of the shift in half sides, of the noise in density, and of the noise in the geometry."""

LEAST_COLOUR = 10 / 255


@dataclass(frozen=True, eq=False)
class Palette:
    """Mean densities of slides in R, G, B, 0..1.

    Attributes:
        own: Of each cell's slide, shape (n, 3).
        all: Of each smear, shape (m, 3).
    """

    own: Floats
    all: Floats


def find_palette(colour: Floats, group: npt.NDArray[np.str_], smear: Flags) -> Palette:
    """Find each slide's density: the median of its cells' mean densities.

    Args:
        colour: Mean density of each cell, shape (n, 3).
        group: Each cell's slide, shape (n,).
        smear: Whether a cell is from a smear, whose stain other cells may get; shape (n,).
    """
    own = np.zeros_like(colour)
    for name in np.unique(group):
        own[group == name] = np.median(colour[group == name], axis=0)
    return Palette(own, np.unique(own[smear], axis=0))


def augment(
    picture: Bytes, geometry: Floats, own: Floats, all_slides: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Augment n cells. Everything outside the cells stays 0.

    Args:
        picture: Shape (n, 64, 64, 3), uint8.
        geometry: Shape (n, 5).
        own: Mean density of each cell's slide, shape (n, 3).
        all_slides: Mean density of every smear, shape (m, 3).
        rng: Chooses the changes.

    Returns:
        Pictures, shape (n, 64, 64, 3), 0..1, and geometry, shape (n, 5).
    """
    count = len(picture)
    stained = _restain(picture, own, all_slides, rng)
    scale = np.exp(rng.normal(0, SCALE_SPREAD, count))
    turned = np.stack([_turn(*pair, rng) for pair in zip(stained, scale, strict=True)])
    shown = turned.astype(np.float32) / np.float32(255)
    noise = rng.standard_normal(shown.shape, np.float32) * np.float32(NOISE)
    # No noise outside the cell, because the device's pictures are 0 there.
    shown = np.where(turned > 0, np.clip(shown + noise, 0, 1), np.float32(0))
    noisy = geometry + rng.normal(0, GEOMETRY_NOISE, geometry.shape)
    for number in (0, 1):
        noisy[:, number] -= 2 * np.log(scale) / GEOMETRY_SPREAD[number]
    return shown, noisy.astype(np.float32)


def _restain(picture: Bytes, own: Floats, all_slides: Floats, rng: np.random.Generator) -> Bytes:
    count = len(picture)
    shown = picture.astype(np.float32) / np.float32(255)
    cell = picture.any(axis=3, keepdims=True)
    other = all_slides[rng.integers(len(all_slides), size=count)]
    gain = np.clip(other / np.maximum(own, LEAST_COLOUR), *GAIN_LIMITS)
    gain **= STAIN * (rng.random((count, 1)) < RESTAINED)
    gain *= np.exp(rng.normal(0, GAIN_SPREAD * STAIN, (count, 3)))
    gain *= np.exp(rng.normal(0, GAIN_SPREAD, (count, 1)))
    mixing = np.eye(3) + rng.normal(0, MIXING * STAIN, (count, 3, 3))
    # Mixing and gain are linear, so one matrix per cell does both.
    matrix = (mixing * gain[:, None, :]).astype(np.float32).transpose(0, 2, 1)
    shown = np.maximum(shown.reshape(count, -1, 3) @ matrix, 0).reshape(picture.shape)
    gamma = np.exp(rng.normal(0, GAMMA_SPREAD, (count, 1, 1, 1))).astype(np.float32)
    shown = (shown + np.float32(1e-4)) ** gamma * cell
    grey = rng.random((count, 1, 1, 1)) < GREY
    shown = np.where(grey, shown.mean(axis=3, keepdims=True), shown)
    levels: Bytes = np.clip(shown * 255 + 0.5, 0, 255).astype(np.uint8)
    return levels


def _turn(picture: Bytes, scale: float, rng: np.random.Generator) -> Bytes:
    """Turn, shrink by `scale` and move a little; mirror and blur some."""
    middle = len(picture) / 2
    angle, mirror = rng.uniform(0, 2 * math.pi), rng.choice((-1.0, 1.0))
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    x, y = middle + rng.normal(0, SHIFT, 2) * middle
    # The matrix maps a place in the new picture to one in the old, relative to the centres of both.
    matrix = (
        mirror * cosine,
        -sine,
        x - mirror * cosine * middle + sine * middle,
        mirror * sine,
        cosine,
        y - mirror * sine * middle - cosine * middle,
    )
    image = Image.fromarray(picture)
    image = image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    if rng.random() < BLURRED:
        image = image.filter(ImageFilter.BoxBlur(1))
    return np.asarray(image)
