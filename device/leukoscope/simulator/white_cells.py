"""Draws one white cell from its look: cytoplasm, nucleus and granules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leukoscope.simulator.hematology import RenderedCellType
from leukoscope.simulator.looks_by_type import draw_look
from leukoscope.simulator.sheet import Sheet, SheetWindow
from leukoscope.simulator.stain import Colour, Stain
from leukoscope.simulator.texture import Plane, spots
from leukoscope.simulator.white_cell_look import Granules, WhiteCellLook


@dataclass(frozen=True)
class RenderedWhiteCell:
    """A white cell on the film.

    Attributes:
        cell_type: Its type.
        x_um: Centre, to the right of the middle of the field.
        y_um: Centre, below the middle of the field.
        diameter_um: Diameter of the cell.
        seed: Decides everything else about it.
    """

    cell_type: RenderedCellType
    x_um: float
    y_um: float
    diameter_um: float
    seed: int


def _smooth_step(depth_um: Plane, soft_um: float) -> Plane:
    """Return 0 outside and 1 inside the outline, with a smooth edge that is `soft_um` wide."""
    rise = np.clip(depth_um * np.float32(1.0 / soft_um) + np.float32(0.5), 0.0, 1.0)
    return np.asarray(rise * rise * (3.0 - 2.0 * rise), dtype=np.float32)


def draw(sheet: Sheet, cell: RenderedWhiteCell, stain: Stain, auer_rods: float) -> None:
    """Draw one white cell, unless all of it is outside the sheet.

    Args:
        sheet: The sheet to draw on.
        cell: The cell.
        stain: The slide's stain.
        auer_rods: Chance that a myeloblast or promyelocyte has Auer rods.
    """
    radius = cell.diameter_um / 2
    window = sheet.window(cell.x_um, cell.y_um, 1.45 * radius)
    if window is None:
        return
    rng = np.random.default_rng(cell.seed)
    look = draw_look(cell.cell_type, radius, auer_rods, rng)
    soft = max(0.3, 1.2 * sheet.um_per_px)
    x, y = np.broadcast_arrays(window.x_um, window.y_um)
    warp = np.float32(look.ragged_um)
    warp_x, warp_y = spots(x, y, 6.0, rng) * warp, spots(x, y, 6.0, rng) * warp
    if cell.cell_type is RenderedCellType.SMUDGE_CELL:
        spread = look.nucleus.depth(x + warp_x, y + warp_y)
        _draw_smudge(sheet, window, look, stain, spread, rng)
        return
    body_depth = _measure_depth(x, y, radius, look, rng)
    body = _smooth_step(body_depth, 1.3 * soft)
    # The nucleus stays inside the cell: even a blast with little cytoplasm shows a thin seam of it.
    nucleus_depth = np.minimum(
        look.nucleus.depth(x + warp_x, y + warp_y),
        body_depth - np.float32(0.25),
    )
    nucleus = _smooth_step(nucleus_depth, 1.2 * soft)
    outside = body * (1.0 - nucleus)
    _draw_cytoplasm(sheet, window, look, stain, body_depth, outside, radius, rng)
    _draw_chromatin(sheet, window, look, stain, nucleus, nucleus_depth, rng)
    for granules in look.granules:
        shown = outside + np.float32(granules.over_nucleus) * nucleus * body
        colour: Colour = getattr(stain, granules.kind.value)
        _scatter(sheet, window, granules, colour, shown, radius, rng)
    for _ in range(look.auer_rods):
        _draw_auer_rod(sheet, window, stain, look, radius, outside, rng)


def _measure_depth(
    x: Plane, y: Plane, radius: float, look: WhiteCellLook, rng: np.random.Generator
) -> Plane:
    """Return the depth in µm inside the cell's outline, which is an ellipse with bulges of order 2 to 5."""
    turn = rng.uniform(0.0, np.pi)
    cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    root = np.float32(np.sqrt(look.stretch))
    along, across = (x * cosine + y * sine) / root, (y * cosine - x * sine) * root
    distance = np.sqrt(along * along + across * across)
    angle = np.arctan2(across, along)
    edge = np.full(angle.shape, 1.0, dtype=np.float32)
    for order in (2, 3, 4, 5):
        height = look.outline * rng.uniform(0.2, 1.0) * 2.0 / order
        edge += np.float32(height) * np.cos(
            np.float32(order) * angle + np.float32(rng.uniform(0.0, 2.0 * np.pi))
        )
    return np.asarray(edge * np.float32(radius) - distance, dtype=np.float32)


def _draw_cytoplasm(
    sheet: Sheet,
    window: SheetWindow,
    look: WhiteCellLook,
    stain: Stain,
    body_depth: Plane,
    outside: Plane,
    radius: float,
    rng: np.random.Generator,
) -> None:
    x, y = window.x_um, window.y_um
    texture = (
        1.0 + np.float32(0.10) * spots(x, y, 1.6, rng) + np.float32(0.08) * spots(x, y, 0.8, rng)
    )
    amount = outside * texture
    if look.hof > 0.0:
        # The Golgi zone is in the half of the cell that is opposite the nucleus.
        middle = -look.nucleus.circles[:, :2].mean(axis=0) * 0.45
        gap = (x - np.float32(middle[0])) ** 2 + (y - np.float32(middle[1])) ** 2
        amount *= 1.0 - np.float32(look.hof) * np.exp(-gap / np.float32((0.33 * radius) ** 2))
    for _ in range(look.vacuoles):
        far, angle = radius * rng.uniform(0.3, 0.9), rng.uniform(0.0, 2.0 * np.pi)
        size = rng.uniform(0.35, 0.8)
        gap = (x - np.float32(far * np.cos(angle))) ** 2 + (
            y - np.float32(far * np.sin(angle))
        ) ** 2
        amount *= 1.0 - np.float32(0.75) * np.exp(-((gap / np.float32(size**2)) ** 2))
    rim = 1.0 + np.float32(look.rim * 2.0) * np.exp(
        -np.maximum(body_depth, 0.0) / np.float32(0.12 * radius)
    )
    # The membrane is seen edge-on, as a thin darker line.
    amount *= 1.0 + np.float32(0.55) * np.exp(
        -(((body_depth - np.float32(0.25)) / np.float32(0.28)) ** 2)
    )
    sheet.add(window, amount * rim * np.float32(look.basophilia), stain.basophilic)
    sheet.add(window, amount * np.float32(look.acidophilia), stain.acidophilic)


def _draw_texture(x: Plane, y: Plane, look: WhiteCellLook, rng: np.random.Generator) -> Plane:
    """Return the density of the chromatin, mean about 1: fine grains, or blocks with pale lines between them."""
    coarse = spots(x, y, look.clump_um, rng)
    fine = spots(x, y, 0.75, rng)
    wide = spots(x, y, 4.5, rng)
    blocks = np.tanh(1.6 * coarse)
    larger = spots(x, y, 1.8 * look.clump_um, rng)
    pattern = np.float32(1.0 - look.blocky) * coarse + np.float32(look.blocky) * blocks
    pattern += np.float32(0.7) * larger
    contrast = np.float32(look.contrast)
    texture = 1.0 + contrast * (pattern + np.float32(0.4) * fine) + np.float32(0.06) * wide
    return np.asarray(np.clip(texture, 0.3, 1.8), dtype=np.float32)


def _draw_chromatin(
    sheet: Sheet,
    window: SheetWindow,
    look: WhiteCellLook,
    stain: Stain,
    nucleus: Plane,
    nucleus_depth: Plane,
    rng: np.random.Generator,
) -> None:
    x, y = window.x_um, window.y_um
    density = nucleus * _draw_texture(x, y, look, rng)
    # Thinner towards the edge, like a flattened ball, with the fine dark line of the membrane.
    inner = np.clip(nucleus_depth / np.float32(1.6), 0.0, 1.0)
    density *= np.float32(0.84) + np.float32(0.16) * inner
    density += (
        nucleus
        * np.float32(0.18)
        * np.exp(-(((nucleus_depth - np.float32(0.3)) / np.float32(0.25)) ** 2))
    )
    left = np.zeros_like(density)
    reach = float(np.max(look.nucleus.circles[:, 2])) * 0.75
    middle = look.nucleus.circles[:, :2].mean(axis=0)
    turn = rng.uniform(0.0, 2.0 * np.pi)
    for nth in range(look.nucleoli):
        # In different directions from the middle of the nucleus, so that they do not cover each other.
        angle = turn + (nth + rng.uniform(-0.25, 0.25)) * 2.0 * np.pi / look.nucleoli
        far = reach * rng.uniform(0.35, 0.9)
        size = look.nucleolus_um / 2 * rng.uniform(0.75, 1.25)
        gap = np.sqrt(
            (x - np.float32(middle[0] + far * np.cos(angle))) ** 2
            + (y - np.float32(middle[1] + far * np.sin(angle))) ** 2
        )
        left = np.maximum(left, _smooth_step(np.float32(size) - gap, 0.5))
        # Chromatin gathers around a nucleolus.
        density += (
            nucleus
            * np.float32(0.18 * look.nucleolus_depth)
            * np.exp(-(((gap - np.float32(size + 0.15)) / np.float32(0.22)) ** 2))
        )
    left = left * nucleus * np.float32(look.nucleolus_depth)
    density *= (1.0 - left) * np.float32(look.chromatin)
    sheet.add(window, density, stain.chromatin)
    if look.nucleoli:
        sheet.add(window, left, stain.nucleolus)


def _scatter(
    sheet: Sheet,
    window: SheetWindow,
    granules: Granules,
    colour: Colour,
    shown: Plane,
    radius: float,
    rng: np.random.Generator,
) -> None:
    """Scatter granules evenly over the cell. `shown` (0..1) is how visible they are at each place.

    All granules are added with one bincount, because a loop over hundreds of them would be slow.
    """
    count = granules.count
    if count == 0:
        return
    far = radius * np.sqrt(rng.uniform(0.0, 0.92, count))
    angle = rng.uniform(0.0, 2.0 * np.pi, count)
    size = granules.diameter_um / 2 * rng.uniform(0.75, 1.3, count)
    amount = granules.amount * rng.uniform(0.7, 1.3, count)
    pitch = sheet.um_per_px
    height, width = shown.shape
    half = max(1, round(2.0 * granules.diameter_um / 2 * 1.3 / pitch))
    # In pixels of the window.
    column = (far * np.cos(angle) - float(window.x_um[0, 0])) / pitch
    row = (far * np.sin(angle) - float(window.y_um[0, 0])) / pitch
    base_column, base_row = np.rint(column).astype(np.intp), np.rint(row).astype(np.intp)
    offsets = np.arange(-half, half + 1)
    columns, rows = base_column[:, None] + offsets, base_row[:, None] + offsets
    # exp(-d^4) has a flat top and the crisp edge of a granule.
    reach = (size / pitch)[:, None, None]
    across = (columns - column[:, None])[:, None, :] / reach
    down = (rows - row[:, None])[:, :, None] / reach
    square = across * across + down * down
    spot = amount[:, None, None] * np.exp(-(square * square))
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[
        :, None, :
    ]
    flat = rows[:, :, None] * width + columns[:, None, :]
    total = np.bincount(flat[inside], spot[inside], height * width).reshape(height, width)
    # Granules overlap in depth, but a cell full of them is not opaque. So the sum is limited.
    level = np.float32(2.2 * granules.amount)
    sheet.add(window, level * np.tanh(total.astype(np.float32) / level) * shown, colour)


def _draw_auer_rod(
    sheet: Sheet,
    window: SheetWindow,
    stain: Stain,
    look: WhiteCellLook,
    radius: float,
    outside: Plane,
    rng: np.random.Generator,
) -> None:
    """Draw a red-purple needle of fused azurophil granules, 3-6 µm by 0.4 µm, in the cytoplasm."""
    middle = look.nucleus.circles[:, :2].mean(axis=0)
    away = np.arctan2(-middle[1], -middle[0]) + rng.normal(0.0, 0.35)
    far = radius * rng.uniform(0.76, 0.86)
    x = window.x_um - np.float32(far * np.cos(away))
    y = window.y_um - np.float32(far * np.sin(away))
    # Its direction is roughly that of the membrane.
    slant = away + np.pi / 2 + rng.normal(0.0, 0.3)
    along = x * np.float32(np.cos(slant)) + y * np.float32(np.sin(slant))
    across = y * np.float32(np.cos(slant)) - x * np.float32(np.sin(slant))
    half = np.float32(rng.uniform(0.9, 2.0))
    beyond = np.maximum(np.abs(along) - half, 0.0)
    gap = np.sqrt(across * across + beyond * beyond)
    sheet.add(window, _smooth_step(np.float32(0.22) - gap, 0.3) * outside, stain.azurophil)


def _draw_smudge(
    sheet: Sheet,
    window: SheetWindow,
    look: WhiteCellLook,
    stain: Stain,
    depth: Plane,
    rng: np.random.Generator,
) -> None:
    """Draw a nucleus that burst when the film was spread: a pale, blurred and streaked smear of chromatin."""
    x, y = window.x_um, window.y_um
    spread = _smooth_step(depth + np.float32(0.35) * spots(x, y, 2.4, rng), 0.9)
    slant = rng.uniform(0.0, np.pi)
    cosine, sine = np.float32(np.cos(slant)), np.float32(np.sin(slant))
    # The streaks are noise that is stretched along the direction of spreading.
    along = ((x * cosine + y * sine) / np.float32(3.0)).astype(np.float32)
    across = (y * cosine - x * sine).astype(np.float32)
    streaks = 1.0 + np.float32(0.10) * spots(along, across, 1.5, rng)
    density = spread * streaks * _draw_texture(x, y, look, rng) * np.float32(look.chromatin)
    sheet.add(window, density, stain.chromatin)
