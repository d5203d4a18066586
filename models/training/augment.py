"""Training windows: a square around a white cell, turned, mirrored, zoomed, and its colours changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from .cache import WINDOW_PX


@dataclass(frozen=True)
class Augmentation:
    """How far windows vary.

    zoom: largest enlargement or reduction, as a share. jitter_px: largest shift each way.
    colour: strength of changes of stain, light and white balance; 0 is none, 1 is strong.
    blur_px: largest standard deviation of a blur.
    """

    zoom: float
    jitter_px: float
    colour: float
    blur_px: float


PAPER = Augmentation(zoom=0.2, jitter_px=0, colour=0, blur_px=0)
"""Rotation, flips and zoom, as in the paper, whose ranges are not stated."""

CELL_STRONG = Augmentation(zoom=0.15, jitter_px=12, colour=0.8, blur_px=1.0)
CELL = Augmentation(zoom=0.15, jitter_px=12, colour=0.5, blur_px=0.8)
FIELD = Augmentation(zoom=0.15, jitter_px=60, colour=0.5, blur_px=0.8)


def window(
    picture: npt.NDArray[np.uint8],
    centre: tuple[float, float],
    augmentation: Augmentation,
    rng: np.random.Generator,
    side: int = WINDOW_PX,
) -> torch.Tensor:
    """A window of a picture, shape (3, side, side), float32, 0..1.

    picture: shape (height, width, 3), uint8; centre: x and y in its pixels, moved so that the
    square lies inside where the picture is large enough; beyond its edge the picture is mirrored.
    """
    height, width = picture.shape[:2]
    jitter = rng.uniform(-augmentation.jitter_px, augmentation.jitter_px, 2)
    x, y = (
        _inside(place + shift, length, side)
        for place, shift, length in zip(centre, jitter, (width, height), strict=True)
    )
    angle = rng.uniform(0, 2 * np.pi)
    step = float(np.exp(rng.uniform(-1, 1) * np.log1p(augmentation.zoom)))
    mirror = rng.choice((-1.0, 1.0))
    cosine, sine = step * np.cos(angle), step * np.sin(angle)
    picture, x, y = _around(picture, x, y, reach=round(side * step))
    height, width = picture.shape[:2]
    # From window to picture, both in -1..1 with the edges of the outermost pixels at the ends.
    turn = torch.tensor(
        [
            [cosine * mirror * side / width, -sine * side / width, 2 * x / width - 1],
            [sine * mirror * side / height, cosine * side / height, 2 * y / height - 1],
        ],
        dtype=torch.float32,
    )
    grid = functional.affine_grid(turn[None], [1, 3, side, side], align_corners=False)
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    seen = functional.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)[0]
    if augmentation.blur_px:
        seen = _blurred(seen, float(rng.uniform(0, augmentation.blur_px)))
    if augmentation.colour:
        seen = _recoloured(seen, augmentation.colour, rng)
    return seen


def _inside(place: float, length: int, side: int) -> float:
    half = side / 2
    return float(np.clip(place, half, length - half)) if length > side else length / 2


def _around(
    picture: npt.NDArray[np.uint8], x: float, y: float, reach: int
) -> tuple[npt.NDArray[np.uint8], float, float]:
    """The part of a picture within `reach` px of a place, and the place in it."""
    top, left = max(0, int(y) - reach), max(0, int(x) - reach)
    return picture[top : int(y) + reach, left : int(x) + reach], x - left, y - top


def _blurred(seen: torch.Tensor, sigma: float) -> torch.Tensor:
    if sigma < 0.3:
        return seen
    reach = torch.arange(-4, 5, dtype=torch.float32)
    kernel = torch.exp(-(reach**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    padded = functional.pad(seen[:, None], (4, 4, 4, 4), mode="reflect")
    rows = functional.conv2d(padded, kernel[None, None, None, :])
    return functional.conv2d(rows, kernel[None, None, :, None])[:, 0]


def _recoloured(seen: torch.Tensor, strength: float, rng: np.random.Generator) -> torch.Tensor:
    """Another stain (optical densities mixed and scaled), light, shading, and noise.

    Stain and shading give away the laboratory and the camera, so none may go with a class.
    """
    density = -torch.log(seen.clamp_min(1 / 255))
    mix = np.eye(3) + strength * rng.normal(0, 0.12, (3, 3))
    scale = np.exp(strength * rng.normal(0, 0.35))
    density = torch.einsum("dc,chw->dhw", torch.tensor(mix * scale, dtype=torch.float32), density)
    along = torch.linspace(-1, 1, seen.shape[-1])
    tilt = strength * rng.normal(0, 0.08, (3, 3))
    light = strength * (rng.normal(0, 0.15) + rng.normal(0, 0.10, 3))
    for channel in range(3):
        a, b, c = (float(v) for v in tilt[channel])
        shade = a * along[None, :] + b * along[:, None]
        shade = shade + c * (along[None, :] ** 2 + along[:, None] ** 2)
        density[channel] += shade - float(light[channel])
    noise = torch.from_numpy(rng.standard_normal(seen.shape, dtype=np.float32))
    return (torch.exp(-density) + strength * float(rng.uniform(0, 0.02)) * noise).clamp(0, 1)
