"""Draws stained textures that are not smears: sections of tissue, germs, cloth. Functions as in not_smears.py."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from leukoscope.simulator.stain import AZURE_B, EOSIN, Colour
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

HAEMATOXYLIN: Colour = np.array([1.50, 1.62, 0.67], np.float32)
"""Dyes in the proportions of Ruifrok & Johnston, Anal Quant Cytol Histol 23, 2001, table 1."""


def _nuclear(look: StainLook) -> Colour:
    """Return haematoxylin for every second look, else the smear's chromatin."""
    return HAEMATOXYLIN if look.seed % 2 else look.stain.chromatin


def _pink(look: StainLook) -> Colour:
    return EOSIN.astype(np.float32) if look.seed % 2 else look.stain.red_cell


def _nuclei(
    drawing: Drawing, rng: np.random.Generator, places: npt.NDArray[np.float64], radius: float
) -> None:
    """Ovals of about one radius."""
    for at in places:
        own = radius * rng.uniform(0.75, 1.25)
        drawing.oval(at, (own, own * rng.uniform(0.6, 1.0)), rng.uniform(0, np.pi))


def _chromatin(look: StainLook, rng: np.random.Generator, mask: Plane) -> Plane:
    return np.maximum(mask * (0.8 + 0.2 * draw_clouds(look, rng, 1.6, 2)), 0)


def _ground(look: StainLook, rng: np.random.Generator, least: float = 0.2) -> Plane:
    """Uneven pink."""
    level = least + 0.5 * look.density
    return np.asarray(np.maximum(level * (1 + 0.25 * draw_clouds(look, rng, 12, 4)), 0))


def packed_nuclei(look: StainLook, rng: np.random.Generator) -> Linear:
    """A section crowded with round nuclei, like a lymph node."""
    drawing, radius = Drawing(look), look.between(2.2, 5.5)
    places = space_places(look, rng, radius * (2.2 + 2.5 * (1 - look.density)))
    _nuclei(drawing, rng, places[rng.random(len(places)) < 0.9], radius)
    mask = _chromatin(look, rng, drawing.render())
    return stain_layers((mask, _nuclear(look)), (_ground(look, rng), _pink(look)))


def fibres(look: StainLook, rng: np.random.Generator) -> Linear:
    """Wavy pink fibres in one direction, with long nuclei between them and some glass."""
    nuclei, angle = Drawing(look), rng.uniform(0, np.pi)
    height, width = look.shape
    y, x = np.mgrid[:height, :width] * np.float32(look.um_per_px)
    across = x * np.cos(angle) + y * np.sin(angle) + 2.5 * draw_clouds(look, rng, 40, 2)
    thick = 0.5 + 0.5 * np.sin(across * (2 * np.pi / look.between(2.5, 12)))
    thick *= 0.9 + 0.4 * draw_clouds(look, rng, 15, 3)
    for at in scatter_places(look, rng, 4 + int(60 * look.density)):
        long = rng.uniform(3, 9)
        nuclei.oval(at, (long, long * rng.uniform(0.15, 0.4)), angle + np.pi / 2)
    mask = _chromatin(look, rng, nuclei.render())
    return stain_layers((mask, _nuclear(look)), (np.maximum(thick, 0), _pink(look)))


def glands(look: StainLook, rng: np.random.Generator) -> Linear:
    """Rings of nuclei, white inside and pink outside."""
    nuclei, walls, holes = Drawing(look), Drawing(look), Drawing(look)
    radius, nucleus = look.between(10, 30), rng.uniform(2.2, 4.0)
    for centre in space_places(look, rng, radius * 2.7):
        own = radius * rng.uniform(0.75, 1.15)
        walls.oval(centre, (own + 6, own + 6))
        holes.oval(centre, (own * 0.7, own * 0.7))
        turn = np.arange(0, 2 * np.pi, 2.4 * nucleus / own)
        ring = centre + own * np.stack([np.cos(turn), np.sin(turn)], 1)
        _nuclei(nuclei, rng, ring + rng.normal(0, 0.5, ring.shape), nucleus)
    pink = _ground(look, rng) * (1 + walls.render()) * (1 - holes.render())
    return stain_layers(
        (_chromatin(look, rng, nuclei.render()), _nuclear(look)), (pink, _pink(look))
    )


def germs(look: StainLook, rng: np.random.Generator) -> Linear:
    """Rods and cocci, single, in chains and in heaps."""
    drawing, radius, rods = Drawing(look), look.between(0.3, 0.9), rng.random() < 0.5
    for heap in scatter_places(look, rng, 10 + int(150 * look.density)):
        number = int(rng.geometric(0.15))
        for at in heap + rng.normal(0, 1.2 * radius * number**0.5, (number, 2)):
            long = radius * (rng.uniform(2, 5) if rods else 1)
            drawing.oval(at, (long, radius), rng.uniform(0, np.pi))
    dye = look.stain.chromatin if look.seed % 2 else 1.5 * AZURE_B.astype(np.float32)
    return stain_layers((drawing.render(), dye), (rng.uniform(0, 4), look.stain.film))


def yeasts(look: StainLook, rng: np.random.Generator) -> Linear:
    """Ovals of 3 to 7 µm with buds and a dark wall."""
    whole, inner = Drawing(look), Drawing(look)
    for at in scatter_places(look, rng, 6 + int(100 * look.density)):
        radius, angle = look.between(1.5, 3.5) * rng.uniform(0.8, 1.2), rng.uniform(0, np.pi)
        bud = at + 1.3 * radius * np.array([np.cos(angle), np.sin(angle)])
        for place, size in ((at, radius), (bud, 0.5 * radius * rng.integers(2))):
            whole.oval(place, (size, 0.75 * size), angle)
            inner.oval(place, (0.75 * size, 0.5 * size), angle)
    amount = whole.render() - rng.uniform(0, 0.8) * inner.render()
    return stain_layers((amount, look.stain.chromatin), (rng.uniform(0, 4), look.stain.film))


def hairs(look: StainLook, rng: np.random.Generator) -> Linear:
    """Hairs and threads, tangled and stained."""
    drawing = Drawing(look)
    for at in scatter_places(look, rng, 4 + int(60 * look.density)):
        drawing.line(draw_curve(rng, at, rng.uniform(40, 250), 0.5), look.between(0.6, 8))
    thickness = drawing.render() * (0.8 + 0.2 * draw_clouds(look, rng, 3, 2))
    return stain_layers((np.maximum(thickness, 0), look.stain.chromatin))


def cloth(look: StainLook, rng: np.random.Generator) -> Linear:
    """Crossing threads of two colours, with the moiré of two such layers."""
    y, x = np.mgrid[: look.shape[0], : look.shape[1]] * np.float32(look.um_per_px)
    pitch = look.between(3, 30)
    amount = []
    for turn in rng.uniform(0, np.pi) + np.array([0, np.pi / 2]):
        fine = np.sin((x * np.cos(turn) + y * np.sin(turn)) * (2 * np.pi / pitch))
        tilted = turn + 0.1
        other = np.sin((x * np.cos(tilted) + y * np.sin(tilted)) * (2.1 * np.pi / pitch))
        amount.append(np.clip(0.4 * (fine + other * look.density), 0, 1).astype(np.float32))
    return stain_layers((amount[0], look.stain.chromatin), (amount[1], _pink(look)))


TISSUES = (packed_nuclei, fibres, glands, germs, yeasts, hairs, cloth)
