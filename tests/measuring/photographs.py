"""Draws pictures like photographs and screens, which are not smears. Functions as in not_smears.py.

No photograph is at hand that may be published. These drawings have what natural pictures are known for: a spectrum of
1/f (Field, J. Opt. Soc. Am. A 4, 1987, 2379-2394), objects that cover each other with sizes of every scale (dead
leaves: Lee, Mumford & Huang, Int. J. Comput. Vision 41, 2001, 35-59), shading, and any colour.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from leukoscope_training.shared.non_smear_drawing import (
    Drawing,
    Linear,
    Plane,
    StainLook,
    draw_clouds,
    draw_curve,
    scatter_places,
)
from PIL import ImageFont

Palette = npt.NDArray[np.float64]
"""Linear light of some colours, 0..1, shape (colours, 3)."""


def _draw_palette(rng: np.random.Generator, number: int) -> Palette:
    """Choose colours around one colour, as in most photographs, or any colours."""
    spread = rng.choice([0.15, 0.5])
    return np.clip(rng.uniform(0.1, 0.9, 3) + rng.normal(0, spread, (number, 3)), 0.02, 0.98)


def _mix(low: Palette, high: Palette, share: Plane) -> Linear:
    """Mix two colours by a plane of shares."""
    bounded = np.clip(share, 0, 1)[..., None]
    return np.asarray(low * (1 - bounded) + high * bounded, np.float32)


def drifting_clouds(look: StainLook, rng: np.random.Generator) -> Linear:
    """Smooth clouds of any colour, a cloud of its own for each channel."""
    period = look.between(8, 120)
    channels = [0.5 + 0.25 * draw_clouds(look, rng, period, 2) for _ in range(3)]
    return np.clip(np.stack(channels, axis=-1), 0.01, 0.99)


def cut_clouds(look: StainLook, rng: np.random.Generator) -> Linear:
    """Clouds of any colour in steps with sharp edges, as an animation of few colours shows them."""
    steps = int(rng.integers(2, 7))
    period = look.between(8, 80)
    channels = [0.5 + 0.25 * draw_clouds(look, rng, period, 2) for _ in range(3)]
    levels = np.round(np.stack(channels, axis=-1) * steps) / steps
    return np.asarray(np.clip(levels, 0.02, 0.98), np.float32)


def natural_noise(look: StainLook, rng: np.random.Generator) -> Linear:
    """1/f noise in colour: common to the channels, and a part of each channel's own."""
    common = draw_clouds(look, rng, look.between(60, 250), 9)
    own = np.stack([draw_clouds(look, rng, look.between(60, 250), 9) for _ in range(3)], axis=-1)
    levels = _draw_palette(rng, 1)[0] + 0.2 * common[..., None] + 0.12 * look.density * own
    return np.asarray(np.clip(levels, 0.01, 0.99), np.float32)


def dead_leaves(look: StainLook, rng: np.random.Generator) -> Linear:
    """Round and oval objects of every size that cover each other, shaded and textured."""
    colours = _draw_palette(rng, 2)
    light = _mix(colours[0], colours[1], 0.5 + 0.3 * draw_clouds(look, rng, 80, 4))
    least = look.between(1.5, 8)
    for _ in range(30 + int(250 * look.density)):
        own, radius = Drawing(look), min(least / rng.uniform(0.05, 1) ** 0.5, 60.0)
        at = scatter_places(look, rng, 1)[0]
        own.oval(at, (radius, radius * rng.uniform(0.4, 1)), rng.uniform(0, np.pi))
        reach = (at[::-1, None] + np.array([[-1, 1], [-1, 1]]) * (radius + 2)) / look.um_per_px
        rows, columns = (slice(max(0, int(low)), max(0, int(high) + 1)) for low, high in reach)
        colour = _draw_palette(rng, 1)[0] * rng.uniform(0.5, 1)
        mask = own.render()[rows, columns, None]
        light[rows, columns] = light[rows, columns] * (1 - mask) + mask * colour
    texture = 1 + 0.1 * rng.random() * draw_clouds(look, rng, 8, 4)
    return np.asarray(np.clip(light * texture[..., None], 0.01, 0.99), np.float32)


def fur(look: StainLook, rng: np.random.Generator) -> Linear:
    """An animal: hairs in one direction on a soft body, two eyes, an unsharp background."""
    back, coat, eye = _draw_palette(rng, 3)
    body, hairs, eyes = Drawing(look), Drawing(look), Drawing(look)
    height, width = look.extent_um
    middle = np.array([width, height]) * rng.uniform(0.35, 0.65, 2)
    body.oval(middle, (0.45 * width, 0.45 * height), rng.uniform(0, np.pi))
    for at in scatter_places(look, rng, 600):
        hairs.line(draw_curve(rng, at, look.between(8, 40), 0.2), look.between(0.4, 1.5))
    radius = look.between(3, 12)
    for side in (-1, 1):
        eyes.oval(middle + np.array([side * 2.5 * radius, 0]), (radius, 0.8 * radius))
    light = _mix(back, 0.5 * back, 0.5 + 0.3 * draw_clouds(look, rng, 100, 2))
    strands = 0.7 + 0.3 * hairs.render() + 0.1 * draw_clouds(look, rng, 30, 5)
    inside = body.render(3.0)[..., None]
    light = light * (1 - inside) + inside * coat * strands[..., None]
    seen = eyes.render()[..., None]
    return np.asarray(np.clip(light * (1 - seen) + seen * 0.3 * eye, 0.01, 0.99), np.float32)


def landscape(look: StainLook, rng: np.random.Generator) -> Linear:
    """A bright sky with clouds above dark, rough ground."""
    sky, cloud, ground = _draw_palette(rng, 3)
    height = look.shape[0]
    ridge = 0.5 + 0.1 * draw_clouds(look, rng, 80, 6)[height // 2]
    y = np.arange(height, dtype=np.float32)[:, None] / height
    above = np.clip((ridge - y) * height / 2, 0, 1)[..., None]
    light = _mix(0.5 + 0.5 * sky, 0.7 + 0.3 * cloud, draw_clouds(look, rng, 60, 5))
    rough = 0.4 + 0.2 * draw_clouds(look, rng, look.between(5, 40), 7)
    return np.asarray(
        np.clip(light * above + (1 - above) * ground * rough[..., None], 0.01, 0.99), np.float32
    )


def fruit(look: StainLook, rng: np.random.Generator) -> Linear:
    """Shaded balls with a highlight side by side: berries, beads, eggs."""
    ground, ball = _draw_palette(rng, 2)
    light = _mix(ground, 0.7 * ground, draw_clouds(look, rng, 60, 4))
    y, x = np.mgrid[: look.shape[0], : look.shape[1]] * np.float32(look.um_per_px)
    radius = look.between(5, 40)
    for at in scatter_places(look, rng, 4 + int(25 * look.density)):
        apart = np.hypot(x - at[0], y - at[1]) / (radius * rng.uniform(0.8, 1.2))
        shade = np.clip(1.1 - 0.4 * ((x - at[0]) + (y - at[1])) / radius - 0.5 * apart, 0.1, 1)
        inside = np.clip((1 - apart) * radius / 0.5, 0, 1)[..., None]
        light = light * (1 - inside) + inside * ball * rng.uniform(0.8, 1.1) * shade[..., None]
    return np.asarray(np.clip(light, 0.01, 0.99), np.float32)


def screen_text(look: StainLook, rng: np.random.Generator) -> Linear:
    """Coloured print on a coloured page, with a picture beside it."""
    page, ink, other = _draw_palette(rng, 3)
    print_, size = Drawing(look), look.between(3, 20)
    font = ImageFont.load_default(max(6, print_.px(size)))
    for line in range(int(look.extent_um[0] / size / 1.3) + 1):
        words = "".join(rng.choice(list("aeonrtisldhcumpg O08  "), 60))
        print_.draw.text((4, print_.px(line * size * 1.3 + 0.1)), words, 255, font)
    light = _mix(0.5 + 0.5 * page, 0.4 * ink, print_.render(0.1))
    right = look.shape[1] * 2 // 3
    light[:, right:] = _mix(other, ink, 0.5 + 0.3 * draw_clouds(look, rng, 30, 5))[:, right:]
    return light


def broad_bars(look: StainLook, rng: np.random.Generator) -> Linear:
    """Stripes of any colours and widths, upright or lying, sharp or soft."""
    along = int(rng.integers(2))
    number = 3 + int(20 * (1 - look.size))
    colours = _draw_palette(rng, number)
    edges = np.sort(rng.uniform(0, look.shape[along], number - 1))
    soft = rng.choice([0.5, 4.0])
    place = np.arange(look.shape[along])[:, None]
    line = colours[0] + (
        np.diff(colours, axis=0)[None]
        / (1 + np.exp(np.clip((edges - place) / soft, -50, 50)))[..., None]
    ).sum(axis=1)
    shown = line[:, None] if along == 0 else line[None]
    return np.asarray(np.broadcast_to(shown, (*look.shape, 3)), np.float32)


def rainbow(look: StainLook, rng: np.random.Generator) -> Linear:
    """Waves of colour in one direction, one for each channel."""
    y, x = np.mgrid[: look.shape[0], : look.shape[1]] * np.float32(look.um_per_px)
    angle = rng.uniform(0, np.pi)
    across = (x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / look.between(15, 200))
    waves = [0.5 + 0.45 * np.sin(rng.uniform(0.7, 1.4) * across + turn) for turn in (0, 2, 4)]
    return np.asarray(np.stack(waves, axis=-1), np.float32)


PHOTOGRAPHS = (
    drifting_clouds,
    cut_clouds,
    natural_noise,
    dead_leaves,
    fur,
    landscape,
    fruit,
    screen_text,
    broad_bars,
    rainbow,
)
