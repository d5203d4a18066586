"""Tools to draw pictures that are not smears: a slide's look, masks drawn in µm, clouds, dyes, the camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from leukoscope.field import Field
from leukoscope.simulator.optics import expose
from leukoscope.simulator.stain import Colour, Stain, draw_stain
from PIL import Image, ImageDraw, ImageFilter

Linear = npt.NDArray[np.float32]
"""Linear light, shape (height, width, 3); the background is 1."""

Plane = npt.NDArray[np.float32]
"""Shape (height, width), float32."""

FORMATS = ((0.14, (492, 656)), (0.2, (590, 785)), (0.34, (346, 462)))
"""Scales in µm per pixel, each with height and width in pixels."""
LENS_UM = 0.22
"""Standard deviation of a Gaussian that is about as wide as the image of a point (0.52 µm, Rayleigh)."""
INK: Colour = np.array([2.2, 2.2, 2.1], np.float32)


@dataclass(frozen=True, eq=False)
class StainLook:
    """The look that all fields of one slide have in common.

    Attributes:
        um_per_px: Scale of its fields.
        shape: Height and width of its fields in pixels.
        stain: Its dyes.
        size: Size of the things on it, 0 (small) to 1 (large).
        density: Number of things on it, 0 (few) to 1 (many).
        tint: Red and blue of the light, relative to white.
        shading: Loss of light in the corners, 0..1.
        seed: Seed of the slide.
    """

    um_per_px: float
    shape: tuple[int, int]
    stain: Stain
    size: float
    density: float
    tint: tuple[float, float]
    shading: float
    seed: int

    def between(self, low: float, high: float) -> float:
        """Return a size between two limits, chosen by the slide's `size` on a logarithmic scale."""
        return float(low * (high / low) ** self.size)

    @property
    def extent_um(self) -> tuple[float, float]:
        """Height and width of a field, µm."""
        return self.shape[0] * self.um_per_px, self.shape[1] * self.um_per_px


Maker = Callable[[StainLook, np.random.Generator], Linear]


def draw_look(seed: int) -> StainLook:
    """Choose the look of slide `seed`. Half of the slides have coloured light."""
    rng = np.random.default_rng([seed, 0])
    um_per_px, shape = FORMATS[seed % len(FORMATS)]
    size, density, shading = rng.random(3)
    red, blue = rng.uniform(0.75, 1.1, 2) if seed // 3 % 2 else (1.0, 1.0)
    tint, stain = (float(red), float(blue)), draw_stain(rng)
    return StainLook(um_per_px, shape, stain, size, density, tint, 0.4 * shading, seed)


def photograph(make: Maker, look: StainLook, index: int) -> Field:
    """Draw field `index` of a slide and photograph it with the simulated camera."""
    rng = np.random.default_rng([look.seed, 1, index])
    light = np.ascontiguousarray(make(look, rng), np.float32)
    rgb = expose(
        light, led_level=1.0, exposure=1.0, shading=look.shading, rng=rng, led_tint=look.tint
    )
    return Field(rgb, look.um_per_px, simulated=True)


class Drawing:
    """A mask that is drawn in µm and then blurred as by the lens."""

    def __init__(self, look: StainLook) -> None:
        self._look = look
        self._image = Image.new("L", (look.shape[1], look.shape[0]))
        self.draw = ImageDraw.Draw(self._image)

    def px(self, um: float) -> int:
        """Convert µm to whole pixels, at least 1."""
        return max(1, round(um / self._look.um_per_px))

    def line(self, points_um: npt.ArrayLike, width_um: float, fill: int = 255) -> None:
        points = np.asarray(points_um) / self._look.um_per_px
        self.draw.line(points.ravel().tolist(), fill, self.px(width_um), joint="curve")

    def oval(self, at_um: npt.ArrayLike, radii_um: tuple[float, float], angle: float = 0.0) -> None:
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        x, y = radii_um[0] * np.cos(turn), radii_um[1] * np.sin(turn)
        cosine, sine = np.cos(angle), np.sin(angle)
        points = np.stack([x * cosine - y * sine, x * sine + y * cosine], 1) + np.asarray(at_um)
        self.draw.polygon((points / self._look.um_per_px).ravel().tolist(), 255)

    def render(self, blur_um: float = LENS_UM) -> Plane:
        blurred = self._image.filter(ImageFilter.GaussianBlur(blur_um / self._look.um_per_px))
        return np.asarray(blurred, np.float32) / np.float32(255)


def stain_layers(*layers: tuple[Plane | float, Colour]) -> Linear:
    """Return the light that passes layers of dye.

    Args:
        layers: For each layer its amount, and the absorbance of an amount of 1 (see stain.py). At least one amount
            must be a plane.
    """
    absorbance = sum(np.asarray(amount, np.float32)[..., None] * dye for amount, dye in layers)
    return np.exp(-np.asarray(absorbance, np.float32))


def draw_clouds(
    look: StainLook, rng: np.random.Generator, period_um: float, octaves: int = 1
) -> Plane:
    """Draw clouds of a size. Each further octave has half the size and strength. Mean 0, standard deviation 1."""
    height, width = look.shape
    total = np.zeros(look.shape, np.float32)
    for octave in range(octaves):
        step = max(period_um / 2 / 2**octave, look.um_per_px)
        coarse = tuple(int(n / step) + 2 for n in look.extent_um)
        image = Image.fromarray(rng.standard_normal(coarse).astype(np.float32))
        total += np.asarray(image.resize((width, height), Image.Resampling.BICUBIC)) / 2**octave
    return np.asarray((total - total.mean()) / max(float(total.std()), 1e-6), np.float32)


def scatter_places(
    look: StainLook, rng: np.random.Generator, number: int
) -> npt.NDArray[np.float64]:
    """Choose random places: x, y in µm, shape (number, 2)."""
    return rng.random((number, 2)) * look.extent_um[::-1]


def space_places(
    look: StainLook, rng: np.random.Generator, pitch_um: float
) -> npt.NDArray[np.float64]:
    """Choose places about `pitch_um` apart, on a jittered hexagonal lattice: x, y in µm, shape (n, 2)."""
    height, width = look.extent_um
    y, x = np.mgrid[-1 : height / pitch_um / 0.87 + 1, -1 : width / pitch_um + 1]
    places = np.stack([x + y % 2 / 2, 0.87 * y], -1).reshape(-1, 2)
    return (places + rng.uniform(-0.22, 0.22, places.shape)) * pitch_um


def draw_curve(rng: np.random.Generator, start: npt.ArrayLike, length: float, sway: float) -> Plane:
    """Draw a curve from `start` in a random direction: shape (40, 2), µm."""
    angle = rng.uniform(0, 2 * np.pi) + sway * np.cumsum(rng.standard_normal(40)) / 6
    steps = np.stack([np.cos(angle), np.sin(angle)], 1) * length / 40
    return np.asarray(np.asarray(start) + np.cumsum(steps, 0), np.float32)
