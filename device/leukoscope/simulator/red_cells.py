"""Draws red cells: their places on the film, and the thickness of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leukoscope.simulator.sheet import Sheet
from leukoscope.simulator.stain import Colour

DIAMETER_UM = 7.5
"""Mean diameter on a dried film: 6.0-8.5 µm, mean about 7.2-7.5 (Bain ch. 3)."""

OVERLAP = 0.3
"""Where two red cells overlap, the thinner one adds this share of its absorbance.

Two full layers of dye would have twice the absorbance of one, but dried cells are thinner where they overlap. In 246
pairs of overlapping red cells in the real fields of BCCD (MIT licence) the overlap has 1.19 times the mean absorbance
of its two cells in green and 1.32 times in blue (medians; quartiles 1.03 to 1.40 and 1.13 to 1.59). The cells' own
absorbance was measured at points mirrored at each cell's centre. Rendered pairs have 1.33 in both
(`python -m tests.measuring.measure_looks`).
"""

_TABLE = 512
_REACH = 1.2
"""A cell is drawn up to 1.2 of its radius, where the bright line around it ends."""


@dataclass(frozen=True)
class RedCellLook:
    """How the red cells of one slide look. It depends only on the slide's seed, not on its diagnosis.

    Attributes:
        cover: Share of the glass that red cells of normal density cover, 0.2..0.5.
        radius_um: Mean radius.
        size_spread: Coefficient of variation of the radius (anisocytosis).
        elongation: Mean of the ratio of axes minus 1; 0 is round.
        pallor: Depth of the central pallor: 0 a flat disc, 1 as deep as in suspension.
        sharp: Edge of the pallor: 0 smooth as in suspension, 1 marked as after drying.
        flat: Share of the cells without pallor.
        rim: Dark edge of a cell, caused by refraction, in cell thicknesses.
        halo: Bright line around that edge, likewise.
        chained: Chance that a cell begins a rouleau of 2 to 6 cells.
        crenated: Share of the cells with scalloped edges, an artefact of slow drying.
    """

    cover: float
    radius_um: float
    size_spread: float
    elongation: float
    pallor: float
    sharp: float
    flat: float
    rim: float
    halo: float
    chained: float
    crenated: float


def draw_look(rng: np.random.Generator) -> RedCellLook:
    """Choose how the red cells of one slide look."""
    rouleaux = rng.random() < 0.15
    return RedCellLook(
        cover=rng.uniform(0.27, 0.48),
        radius_um=DIAMETER_UM / 2 * rng.uniform(0.94, 1.06),
        size_spread=rng.uniform(0.04, 0.10),
        elongation=rng.uniform(0.04, 0.18),
        pallor=rng.uniform(0.3, 1.2),
        sharp=rng.uniform(0.0, 1.0),
        flat=rng.uniform(0.0, 0.4),
        rim=rng.uniform(0.0, 0.25),
        halo=rng.uniform(0.0, 0.06),
        chained=rng.uniform(0.2, 0.5) if rouleaux else rng.uniform(0.0, 0.04),
        crenated=rng.uniform(0.1, 0.5) if rng.random() < 0.12 else 0.0,
    )


def thickness(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the thickness of a resting red cell along its radius; the thickest place is 1.

    Evans & Fung, "Improved measurements of the erythrocyte geometry", Microvasc. Res. 4, 1972:
    sqrt(1 - r^2) (0.81 + 7.83 r^2 - 4.39 r^4) µm.

    Args:
        share: Distance from the middle over the radius, 0..1.
    """
    square = np.minimum(share, 1.0) ** 2
    height = np.sqrt(1.0 - square) * (0.81 + 7.83 * square - 4.39 * square**2)
    return np.asarray(height / 2.565)


@dataclass(frozen=True)
class RedCells:
    """The red cells of one field, one entry per cell; all shape (n,), float64.

    Attributes:
        x_um: x of the centre from the middle of the field, µm.
        y_um: y of the centre, likewise.
        radius_um: Radius, µm.
        stretch: Ratio of axes, >= 1.
        angle: Direction of the long axis, radians.
        corner: Depth of a threefold bulge, in radii.
        corner_angle: Direction of that bulge, radians.
        scallops: Number of scallops at the edge, 0 for none.
        pallor: Depth of the pallor, 0..1.3 (see `RedCellLook`).
        shift_x: Shift of the pallor in x, in radii.
        shift_y: Shift of the pallor in y, in radii.
        amount: Amount of dye, 1 is usual.
    """

    x_um: npt.NDArray[np.float64]
    y_um: npt.NDArray[np.float64]
    radius_um: npt.NDArray[np.float64]
    stretch: npt.NDArray[np.float64]
    angle: npt.NDArray[np.float64]
    corner: npt.NDArray[np.float64]
    corner_angle: npt.NDArray[np.float64]
    scallops: npt.NDArray[np.float64]
    pallor: npt.NDArray[np.float64]
    shift_x: npt.NDArray[np.float64]
    shift_y: npt.NDArray[np.float64]
    amount: npt.NDArray[np.float64]


def lay(
    look: RedCellLook,
    density: float,
    stage_um: tuple[float, float],
    obstacles: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> RedCells:
    """Place the red cells of one field around its white cells.

    Args:
        look: How the slide's red cells look.
        density: Number of cells relative to normal, 0 for none.
        stage_um: Width and height of the area to cover.
        obstacles: x, y, radius of each white cell, µm, shape (m, 3). Red cells are moved away from them.
        rng: Decides everything else.
    """
    width, height = stage_um
    cover = look.cover * density * float(np.clip(rng.normal(1.0, 0.15), 0.65, 1.35))
    count = round(cover * width * height / (np.pi * look.radius_um**2))
    centres = rng.uniform(-0.5, 0.5, (count, 2)) * np.array([width, height])
    chain = np.arange(count)
    gaps = np.zeros(count)
    index = 0
    while index < count:
        # A rouleau: cells that overlap like fallen coins, along a bent line.
        length = 1
        if rng.random() < look.chained:
            length = min(int(rng.integers(2, 7)), count - index)
        heading = rng.uniform(0.0, 2.0 * np.pi)
        for member in range(index + 1, index + length):
            heading += rng.normal(0.0, 0.35)
            gaps[member] = look.radius_um * rng.uniform(1.05, 1.75)
            step = gaps[member] * np.array([np.cos(heading), np.sin(heading)])
            centres[member] = centres[member - 1] + step
            chain[member] = chain[index]
        index += length
    radius = look.radius_um * np.clip(rng.normal(1.0, look.size_spread, count), 0.7, 1.3)
    closeness = rng.uniform(0.86, 1.06)
    _spread_out(centres, radius, chain, gaps, obstacles, closeness)
    flat = rng.random(count) < look.flat
    pallor = look.pallor * np.clip(rng.normal(1.0, 0.2, count), 0.3, 1.5)
    return RedCells(
        x_um=centres[:, 0],
        y_um=centres[:, 1],
        radius_um=radius,
        stretch=1.0 + np.minimum(rng.gamma(1.5, look.elongation / 1.5, count), 0.6),
        angle=rng.uniform(0.0, np.pi, count),
        corner=np.abs(rng.normal(0.0, 0.035, count)).clip(0.0, 0.08),
        corner_angle=rng.uniform(0.0, 2.0 * np.pi, count),
        scallops=np.where(rng.random(count) < look.crenated, rng.integers(9, 15, count), 0.0),
        pallor=np.where(flat, 0.1 * pallor, pallor).clip(0.0, 1.3),
        shift_x=rng.normal(0.0, 0.08, count).clip(-0.2, 0.2),
        shift_y=rng.normal(0.0, 0.08, count).clip(-0.2, 0.2),
        amount=np.clip(rng.normal(1.0, 0.07, count), 0.75, 1.25),
    )


def _spread_out(
    centres: npt.NDArray[np.float64],
    radius: npt.NDArray[np.float64],
    chain: npt.NDArray[np.int_],
    gaps: npt.NDArray[np.float64],
    obstacles: npt.NDArray[np.float64],
    closeness: float,
) -> None:
    """Push cells apart, in place, until most of them only touch, as in a monolayer.

    Some overlaps stay, because this stops after a few rounds.

    Args:
        centres: x, y of each cell, shape (n, 2); changed in place.
        radius: Radius of each cell, shape (n,).
        chain: Number of each cell's rouleau, shape (n,).
        gaps: Least distance, µm, of each cell of a rouleau from the one before it, shape (n,). Without it other
            cells would push them onto each other.
        obstacles: x, y, radius of each white cell, shape (m, 3).
        closeness: Two cells are not pushed apart beyond this share of the sum of their radii.
    """
    count = len(centres)
    if count == 0:
        return
    points = centres.astype(np.float32)
    reach = ((radius[:, None] + radius[None, :]) * closeness).astype(np.float32)
    neighbours = np.nonzero(chain[1:] == chain[:-1])[0]
    reach[neighbours, neighbours + 1] = reach[neighbours + 1, neighbours] = gaps[neighbours + 1]
    np.fill_diagonal(reach, 0.0)
    for round_ in range(18):
        # The first rounds keep cells further apart, which makes the density even. Then only cells that overlap move.
        berth = np.float32(1.35 if round_ < 7 else 1.0)
        across = points[:, None, 0] - points[None, :, 0]
        down = points[:, None, 1] - points[None, :, 1]
        first, second = np.nonzero((across * across + down * down) < (reach * berth) ** 2)
        dx, dy = across[first, second], down[first, second]
        distance = np.sqrt(dx * dx + dy * dy) + np.float32(1e-3)
        push = np.float32(0.35) / berth * (reach[first, second] * berth - distance) / distance
        points[:, 0] += np.bincount(first, push * dx, count).astype(np.float32)
        points[:, 1] += np.bincount(first, push * dy, count).astype(np.float32)
        for x, y, white in obstacles:
            dx, dy = points[:, 0] - x, points[:, 1] - y
            distance = np.sqrt(dx * dx + dy * dy) + np.float32(1e-3)
            gap = np.maximum(white + radius * 0.97 - distance, 0.0) / distance
            points[:, 0] += gap * dx
            points[:, 1] += gap * dy
    centres[:] = points


def draw(sheet: Sheet, cells: RedCells, look: RedCellLook, colour: Colour) -> None:
    """Draw the red cells of one field. For places where two overlap see `OVERLAP`."""
    height, width = sheet.absorbance.shape[:2]
    layer = np.zeros((height, width), dtype=np.float32)
    share = np.linspace(0.0, _REACH, _TABLE)
    hollow = np.maximum(1.0 - thickness(share), 0.0).astype(np.float32)
    hollow[share > 0.72] = 0.0  # outside its thickest ring a dried cell is flat on the glass
    part = hollow / hollow[0]
    marked = part * part * (3.0 - 2.0 * part)
    marked = marked * marked * (3.0 - 2.0 * marked)
    hollow = hollow[0] * (part + np.float32(look.sharp) * (marked - part))
    soft = max(0.035, 0.35 * sheet.um_per_px / look.radius_um)
    disc = 1.0 / (1.0 + np.exp(np.clip((share - 1.0) / (0.4 * soft), -30, 30)))
    rim = look.rim * np.exp(-0.5 * ((share - 0.93) / 0.045) ** 2)
    halo = look.halo * np.exp(-0.5 * ((share - 1.09) / 0.04) ** 2)
    edge = (disc * (1.0 + rim) - halo).astype(np.float32)
    steps = np.float32((_TABLE - 1) / _REACH)
    for i in range(len(cells.x_um)):
        radius = cells.radius_um[i]
        stretch = np.sqrt(cells.stretch[i])
        window = sheet.window(cells.x_um[i], cells.y_um[i], radius * stretch * 1.25)
        if window is None:
            continue
        cosine, sine = np.cos(cells.angle[i]), np.sin(cells.angle[i])
        along, over = 1.0 / (radius * stretch), stretch / radius
        # Coordinates in radii, in which the ellipse is a circle.
        u = window.x_um * np.float32(cosine * along) + window.y_um * np.float32(sine * along)
        v = window.y_um * np.float32(cosine * over) - window.x_um * np.float32(sine * over)
        square = u * u + v * v
        distance = np.sqrt(square)
        # cos(3 t - a) from cos t and sin t: a threefold bulge of the outline.
        three_c = u * (u * u - 3.0 * v * v)
        three_s = v * (3.0 * u * u - v * v)
        corner = cells.corner[i] / (distance * square + np.float32(0.05))
        bulge = three_c * np.float32(np.cos(cells.corner_angle[i]))
        bulge += three_s * np.float32(np.sin(cells.corner_angle[i]))
        outline = 1.0 - corner.astype(np.float32) * bulge
        if cells.scallops[i]:
            around = np.arctan2(v, u) * np.float32(cells.scallops[i])
            outline += np.float32(0.045) * np.cos(around)
        at = distance * outline * steps
        amount = edge[np.minimum(at, _TABLE - 1).astype(np.int32)]
        u -= np.float32(cells.shift_x[i])
        v -= np.float32(cells.shift_y[i])
        at = np.sqrt(u * u + v * v) * steps
        amount *= (
            1.0 - np.float32(cells.pallor[i]) * hollow[np.minimum(at, _TABLE - 1).astype(np.int32)]
        )
        amount *= np.float32(cells.amount[i])
        under = layer[window.rows, window.columns]
        # Halos have a negative absorbance. They do not change the cells below them.
        shared = np.minimum(under, amount)
        np.maximum(shared, 0.0, out=shared)
        shared *= np.float32(1.0 - OVERLAP)
        amount -= shared
        under += amount
    for channel in range(3):
        sheet.absorbance[:, :, channel] += layer * colour[channel]
