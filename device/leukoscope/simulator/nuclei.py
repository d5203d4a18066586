"""Shapes of nuclei, in micrometres. Each is made of circles whose outlines merge, and of thin strands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leukoscope.simulator.texture import Plane

Circles = npt.NDArray[np.float64]
"""x and y from the cell's centre, and radius, of each circle in µm: shape (n, 3)."""


@dataclass(frozen=True)
class Nucleus:
    """A nucleus: circles whose outlines merge, and strands that join them.

    Attributes:
        circles: The circles, shape (n, 3).
        strands: x0, y0, x1, y1 and radius of each strand, µm, shape (m, 5).
        blend_um: Distance, µm, over which the outlines of two circles merge.
    """

    circles: Circles
    strands: npt.NDArray[np.float64]
    blend_um: float

    def depth(self, x_um: Plane, y_um: Plane) -> Plane:
        """Return the depth inside the outline in µm, negative outside. It is exact for one circle.

        Args:
            x_um: x of each pixel from the cell's centre, shape (height, width), float32.
            y_um: y of each pixel from the cell's centre, same shape.
        """
        blend = np.float32(self.blend_um)
        total = np.zeros(x_um.shape, dtype=np.float32)
        for x, y, radius in self.circles.astype(np.float32):
            inside = radius - np.sqrt((x_um - x) ** 2 + (y_um - y) ** 2)
            total += np.exp(np.maximum(inside / blend, np.float32(-40.0)))
        result = blend * np.log(total + np.float32(1e-18))
        for x0, y0, x1, y1, radius in self.strands.astype(np.float32):
            dx, dy = x1 - x0, y1 - y0
            length = max(float(dx * dx + dy * dy), 1e-6)
            along = np.clip(((x_um - x0) * dx + (y_um - y0) * dy) / np.float32(length), 0.0, 1.0)
            gap = np.sqrt((x_um - x0 - along * dx) ** 2 + (y_um - y0 - along * dy) ** 2)
            result = np.maximum(result, radius - gap)
        return np.asarray(result, dtype=np.float32)


_NO_STRANDS = np.zeros((0, 5))


def _turn(circles: Circles, rng: np.random.Generator) -> Circles:
    """Turn a shape by a random angle about the cell's centre."""
    angle = rng.uniform(0.0, 2.0 * np.pi)
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = circles.copy()
    turned[:, 0] = circles[:, 0] * cosine - circles[:, 1] * sine
    turned[:, 1] = circles[:, 0] * sine + circles[:, 1] * cosine
    return turned


def make_oval(
    radius_um: float, stretch: float, offset_um: float, rng: np.random.Generator
) -> Nucleus:
    """Make one round or oval lobe.

    Args:
        radius_um: Its radius.
        stretch: Ratio of its axes.
        offset_um: Distance from the cell's centre.
        rng: Decides directions.
    """
    half = radius_um * (stretch - 1.0) / 2 * 1.2
    size = radius_um - half * 0.4
    along = np.linspace(-half, half, 3)
    circles = np.column_stack([along, np.full(3, 0.0), np.full(3, size)])
    circles = _turn(circles, rng)
    direction = rng.uniform(0.0, 2.0 * np.pi)
    circles[:, 0] += offset_um * np.cos(direction)
    circles[:, 1] += offset_um * np.sin(direction)
    blend = 0.35
    circles[:, 2] -= blend * np.log(
        2.2
    )  # merging makes three circles in one place larger by blend * log 3
    return Nucleus(circles, _NO_STRANDS, blend)


def make_bent(
    span: float, path_um: float, half_width_um: float, taper: float, rng: np.random.Generator
) -> Nucleus:
    """Make a kidney, horseshoe or band: circles along an arc.

    Args:
        span: Angle of the arc, radians.
        path_um: Radius of the arc.
        half_width_um: Half the thickness of the nucleus.
        taper: How much thinner the middle is than the ends, 0..1.
        rng: Decides lumps and direction.
    """
    steps = max(5, int(span * path_um / (0.55 * half_width_um)) + 1)
    angle = np.linspace(-span / 2, span / 2, steps)
    middle = 1.0 - taper * np.cos(angle / span * np.pi) ** 2
    lumps = 1.0 + rng.normal(0.0, 0.05, steps)
    circles = np.column_stack(
        [path_um * np.cos(angle), path_um * np.sin(angle), half_width_um * middle * lumps]
    )
    # Move the middle of the arc near to the cell's centre.
    circles[:, 0] -= path_um * (0.25 + 0.6 * max(0.0, 1.0 - span / np.pi))
    blend = 0.3
    circles[:, 2] -= blend * 0.9  # merging with their neighbours makes circles larger by about this
    return Nucleus(_turn(circles, rng), _NO_STRANDS, blend)


def make_lobed(
    lobes: int, path_um: float, lobe_um: float, strand_um: float, rng: np.random.Generator
) -> Nucleus:
    """Make lobes along an arc, joined by thin strands.

    Args:
        lobes: Number of lobes, 2..5.
        path_um: Radius of the arc.
        lobe_um: Mean half-width of a lobe.
        strand_um: Half the thickness of a strand.
        rng: Decides sizes and places.
    """
    sizes = lobe_um * rng.uniform(0.85, 1.18, lobes)
    # The distance between neighbours is a little more than their width.
    steps = (sizes[:-1] + sizes[1:]) * rng.uniform(1.05, 1.3, lobes - 1) / path_um
    angle = np.concatenate([[0.0], np.cumsum(np.minimum(steps, 2.6))])
    reach = path_um * rng.uniform(0.75, 1.2, lobes)
    x, y = reach * np.cos(angle), reach * np.sin(angle)
    x, y = x - x.mean() * 0.8, y - y.mean() * 0.8
    circles, centres = [], []
    for i in range(lobes):
        # Each lobe is two circles side by side, in a random direction, so that it is oval and not round.
        slant = rng.uniform(0.0, np.pi)
        half = sizes[i] * rng.uniform(0.2, 0.5)
        dx, dy = half * np.cos(slant), half * np.sin(slant)
        circles.append((x[i] - dx, y[i] - dy, sizes[i] * 0.8))
        circles.append((x[i] + dx, y[i] + dy, sizes[i] * 0.8))
        centres.append((x[i], y[i]))
    shape = _turn(np.array([*circles, *((cx, cy, 0.0) for cx, cy in centres)]), rng)
    middles = shape[2 * lobes :, :2]
    strands = np.column_stack([middles[:-1], middles[1:], np.full(lobes - 1, strand_um)])
    return Nucleus(shape[: 2 * lobes], strands, 0.16)
