"""Draws pictures that are not smears, in the colours of real stains: glass, text, noise. (tissues.py draws tissue.)

Each function takes the look that a slide's fields have in common and the field's own generator, and returns linear
light. Sizes are in µm, so that a speck or part of a letter may be as large as a nucleus.
"""

from __future__ import annotations

import numpy as np
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.smear import SmearSlide, render_field
from leukoscope.simulator.stain import Colour
from leukoscope_training.shared.non_smear_drawing import (
    INK,
    Drawing,
    Linear,
    StainLook,
    draw_clouds,
    draw_curve,
    scatter_places,
    stain_layers,
)
from PIL import ImageFont

# --- empty


def dust(look: StainLook, rng: np.random.Generator) -> Linear:
    """Specks of dirt and scratches on glass."""
    specks, scratches = Drawing(look), Drawing(look)
    for at in scatter_places(look, rng, 4 + int(60 * look.density)):
        radius = rng.gamma(1.5, look.between(0.4, 2.5))
        specks.oval(at, (radius, radius * rng.uniform(0.3, 1)), rng.uniform(0, np.pi))
    for at in scatter_places(look, rng, int(rng.integers(6))):
        scratches.line(draw_curve(rng, at, rng.uniform(20, 200), 0.1), rng.uniform(0.3, 1.5))
    return stain_layers(
        (specks.render(rng.uniform(0.2, 0.6)), INK), (0.3 * scratches.render(), INK)
    )


def uneven_light(look: StainLook, rng: np.random.Generator) -> Linear:
    """Only uneven light."""
    return stain_layers(
        (0.15 + 0.08 * draw_clouds(look, rng, look.between(30, 150), 2), INK * np.float32(0.5))
    )


def precipitate(look: StainLook, rng: np.random.Generator) -> Linear:
    """Specks of stain deposit, single and in heaps."""
    drawing = Drawing(look)
    for heap in scatter_places(look, rng, 3 + int(40 * look.density)):
        for at in heap + rng.normal(0, rng.gamma(2, 1.5), (int(rng.geometric(0.12)), 2)):
            radius = rng.gamma(2.0, look.between(0.15, 0.6))
            drawing.oval(at, (radius, radius * rng.uniform(0.6, 1)), rng.uniform(0, np.pi))
    return stain_layers((drawing.render(), look.stain.azurophil), (1.0, look.stain.film))


def stain_drop(look: StainLook, rng: np.random.Generator) -> Linear:
    """Drops of dried stain with a dark rim."""
    drawing = Drawing(look)
    for at in scatter_places(look, rng, 1 + int(6 * look.density)):
        radius = rng.uniform(0.5, 1.5) * look.between(6, 60)
        drawing.oval(at, (radius, radius * rng.uniform(0.7, 1)), rng.uniform(0, np.pi))
    drop = drawing.render(0.5)
    rim = drop * (1 - drawing.render(look.between(1, 6)))
    thickness = drop * (0.35 + 0.08 * draw_clouds(look, rng, 20, 3)) + rim
    return stain_layers((np.maximum(thickness, 0), look.stain.chromatin))


def bubbles(look: StainLook, rng: np.random.Generator) -> Linear:
    """Air under the cover glass: dark rings, bright inside."""
    outer, inner = Drawing(look), Drawing(look)
    for at in scatter_places(look, rng, 2 + int(25 * look.density)):
        radius = rng.gamma(3, look.between(1.5, 12) / 3)
        outer.oval(at, (radius, radius))
        inner.oval(at, (radius * 0.8, radius * 0.8))
    ring = np.maximum(outer.render() - inner.render(0.5), 0)
    return stain_layers((ring, INK), (rng.uniform(0, 3), look.stain.film))


def cover_glass_edge(look: StainLook, rng: np.random.Generator) -> Linear:
    """A straight dark edge, mounting medium on one side, dust."""
    height, width = look.extent_um
    y, x = np.mgrid[: look.shape[0], : look.shape[1]] * np.float32(look.um_per_px)
    angle = rng.uniform(0, np.pi)
    across = (x - rng.uniform(0.2, 0.8) * width) * np.cos(angle)
    across = across + (y - rng.uniform(0.2, 0.8) * height) * np.sin(angle)
    edge = np.exp(-((across / look.between(0.8, 6)) ** 2))
    medium = 0.1 / (1 + np.exp(np.clip(-across, -50, 50)))
    return stain_layers((edge + medium, INK)) * dust(look, rng)


def rendered_glass(look: StainLook, rng: np.random.Generator) -> Linear:
    """The simulator's slide without a specimen."""
    slide = SmearSlide(Diagnosis.EMPTY, look.seed)
    index = int(rng.integers(1000))
    return render_field(slide, index, um_per_px=look.um_per_px, shape=look.shape).transmittance


# --- text

_LETTERS = "aeonrtisldhcumpgbvykwfzxjq"


def _words(rng: np.random.Generator, number: int) -> str:
    letters = rng.choice(list(_LETTERS + "aeonrtis" + "0689.:O8"), number)
    letters[rng.random(number) < 0.16] = " "
    return "".join(letters)


def _font(drawing: Drawing, height_um: float) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(max(6, drawing.px(height_um)))


def _ink(look: StainLook) -> Colour:
    """Return black for every second look, else the purple of nuclei."""
    return INK if look.seed % 2 else 1.3 * look.stain.chromatin


def small_print(look: StainLook, rng: np.random.Generator) -> Linear:
    """Lines of small print over the whole field."""
    drawing, size = Drawing(look), look.between(4, 25)
    font, step = _font(drawing, size), size * rng.uniform(1.0, 1.6)
    for line in range(int(look.extent_um[0] / step) + 1):
        drawing.draw.text((0, drawing.px(line * step + 0.1)), _words(rng, 90), 255, font)
    return stain_layers((drawing.render(), _ink(look)), (rng.uniform(0, 3), look.stain.film))


def label(look: StainLook, rng: np.random.Generator) -> Linear:
    """A few words in a frame."""
    drawing, size = Drawing(look), look.between(8, 40)
    height, width = look.extent_um
    frame = np.array([[4, 4], [width - 4, 4], [width - 4, height - 4], [4, height - 4], [4, 4]])
    drawing.line(frame, rng.uniform(0.5, 3))
    for at in scatter_places(look, rng, 1 + int(5 * look.density)) * 0.7:
        x, y = (drawing.px(um) for um in at)
        drawing.draw.text((x, y), _words(rng, int(rng.integers(1, 12))), 255, _font(drawing, size))
    return stain_layers((drawing.render(), _ink(look)), (rng.uniform(0, 3), look.stain.film))


def ruler(look: StainLook, rng: np.random.Generator) -> Linear:
    """Marks of a scale in rows, every tenth with its number."""
    drawing, pitch = Drawing(look), look.between(2, 12)
    height, width = look.extent_um
    font = _font(drawing, 2.5 * pitch)
    for row in np.arange(rng.uniform(0, 20), height, look.between(12, 60)):
        for mark, x in enumerate(np.arange(rng.uniform(0, pitch), width, pitch)):
            long = pitch * (2.5 if mark % 10 == 0 else 1.2)
            drawing.line([[x, row], [x, row + long]], pitch / 6)
            if mark % 10 == 0:
                place = (drawing.px(x), drawing.px(row + long))
                drawing.draw.text(place, str(mark), 255, font)
    return stain_layers((drawing.render(), _ink(look)), (rng.uniform(0, 3), look.stain.film))


def handwriting(look: StainLook, rng: np.random.Generator) -> Linear:
    """Strokes of a pen, with dots."""
    drawing, size = Drawing(look), look.between(6, 40)
    for at in scatter_places(look, rng, 3 + int(30 * look.density)):
        drawing.line(draw_curve(rng, at, 4 * size, 2.0), size * rng.uniform(0.08, 0.25))
        if rng.random() < 0.3:
            drawing.oval(at, (size / 6, size / 6))
    return stain_layers((drawing.render(), _ink(look)), (rng.uniform(0, 3), look.stain.film))


# --- noise


def white_noise(look: StainLook, rng: np.random.Generator) -> Linear:
    """Independent grey pixels."""
    return np.repeat(rng.uniform(look.density * 0.8, 1, (*look.shape, 1)), 3, axis=2)


def coloured_noise(look: StainLook, rng: np.random.Generator) -> Linear:
    """Single pixels, or small squares of pixels, of any colour."""
    side = max(1, round(look.between(0.1, 6) / look.um_per_px))
    colours = rng.uniform(look.density * 0.8, 1, (*(n // side + 1 for n in look.shape), 3))
    return np.asarray(colours.repeat(side, 0).repeat(side, 1)[: look.shape[0], : look.shape[1]])


def clouds(look: StainLook, rng: np.random.Generator) -> Linear:
    """1/f noise of two dyes."""
    red, blue = (draw_clouds(look, rng, look.between(10, 150), 8) for _ in range(2))
    dyes = look.stain.red_cell, look.stain.chromatin
    return stain_layers(
        *((np.maximum(0.5 * n, 0), dye) for n, dye in zip((red, blue), dyes, strict=True))
    )


def salt_and_pepper(look: StainLook, rng: np.random.Generator) -> Linear:
    """Black and white pixels on a stained background."""
    light = stain_layers((np.full(look.shape, rng.uniform(0, 1), np.float32), look.stain.red_cell))
    share = 0.3 * look.density
    light[rng.random(look.shape) < share] = 0.02
    light[rng.random(look.shape) < share] = 1.0
    return light


def blobs(look: StainLook, rng: np.random.Generator) -> Linear:
    """Islands of noise, purple on pink or on glass."""
    blob = draw_clouds(look, rng, look.between(4, 40), 2) - (1.6 - 1.4 * look.density)
    ground = rng.choice([0.0, 0.3]) * (1 + 0.3 * draw_clouds(look, rng, 3))
    island = np.clip(blob / rng.uniform(0.05, 0.6), 0, 1)
    return stain_layers(
        (island, look.stain.chromatin), (np.maximum(ground, 0), look.stain.red_cell)
    )


def plain(look: StainLook, rng: np.random.Generator) -> Linear:
    """One colour."""
    dyes = (look.stain.chromatin, look.stain.red_cell, look.stain.basophilic, INK)
    dye = dyes[int(rng.integers(len(dyes)))]
    return stain_layers((np.full(look.shape, look.density, np.float32), dye))


def gradient(look: StainLook, rng: np.random.Generator) -> Linear:
    """A gradient from one dye to another."""
    y, x = np.mgrid[: look.shape[0], : look.shape[1]].astype(np.float32)
    ramp = (x / look.shape[1] + y / look.shape[0]) / 2
    ramp = ramp if rng.random() < 0.5 else 1 - ramp
    return stain_layers(
        (ramp, look.stain.chromatin), (1 - ramp, look.stain.red_cell * np.float32(0.5))
    )


def checkerboard(look: StainLook, rng: np.random.Generator) -> Linear:
    """Squares of two colours."""
    side = look.between(1, 40)
    shift = rng.uniform(0, side, 2)[:, None, None]
    y, x = (np.mgrid[: look.shape[0], : look.shape[1]] * look.um_per_px + shift) // side
    dark = ((x + y) % 2).astype(np.float32)
    return stain_layers(
        (dark, look.stain.chromatin), (rng.choice([0, 1]) * (1 - dark), look.stain.red_cell)
    )


def colour_bars(look: StainLook, rng: np.random.Generator) -> Linear:
    """The test pattern of a sensor, at a random place."""
    wide = round(look.between(6, 20) / look.um_per_px)
    bar = (np.arange(look.shape[1]) + int(rng.integers(wide * 8))) // wide % 8
    colours = np.where((bar[:, None] >> np.arange(3)) & 1, 0.95, 0.05)
    return np.broadcast_to(colours, (*look.shape, 3))


EMPTY = (dust, uneven_light, precipitate, stain_drop, bubbles, cover_glass_edge, rendered_glass)
TEXT = (small_print, label, ruler, handwriting)
NOISE = (
    white_noise,
    coloured_noise,
    clouds,
    salt_and_pepper,
    blobs,
    plain,
    gradient,
    checkerboard,
    colour_bars,
)
