"""Pictures of the instrument: whole, exploded, cut open, and one for every step of the assembly."""

from collections.abc import Iterable
from functools import cache
from math import cos, radians, sin
from pathlib import Path

import numpy as np
import pyvista
from build123d import Part
from PIL import Image, ImageChops, ImageOps

from hardware.assembly import Placed, assembly
from hardware.dimensions import APERTURE_DISTANCE, SENSOR_Z, SHOULDER_Z
from hardware.parts.lamp import DIFFUSER_Z, LED_TIP_Z
from hardware.shapes import block
from hardware.steps import STEPS, Offset, Step

# Rendered, then cut to what is seen.
SIZE = (1400, 1400)
MARGIN = 20
DONE_COLOUR = "#d5d9dd"
# How far each body is drawn from its place in the exploded view, mm.
EXPLODED: dict[str, Offset] = {
    "floor": (0, 0, -150), "raspberry_pi": (0, 0, -105), "panel_oled096": (0, -70, -20),
    "oled": (0, -45, -45), "button": (0, -110, 15), "led": (0, 0, 20), "lamp": (0, 0, 55),
    "diffuser": (0, 0, 72), "aperture_open": (0, 0, 80), "stage_post": (0, -20, 50),
    "stage_post_2": (0, -20, 50), "stage_plate": (0, -20, 110), "stage_y": (0, -10, 140),
    "stage_knob_2": (0, -70, 140), "stage_screw_y": (0, -50, 140), "slide_holder": (0, -20, 165),
    "slide": (0, -20, 180), "slide_clip": (0, -20, 195), "slide_clip_2": (0, -20, 195),
    "stage_x": (0, -10, 195), "stage_knob": (70, -10, 195), "stage_screw_x": (55, -10, 195),
    "column": (0, 90, 60), "objective": (0, -30, 210), "objective_holder": (0, -30, 240),
    "focus_block": (0, -30, 300), "focus_lever": (70, -30, 310), "pivot_screw": (0, -90, 310),
    "coarse_screw": (0, -30, 330), "stop_screw": (0, -30, 330), "tube": (0, -30, 390),
    "focus_screw": (0, -30, 430), "focus_knob": (0, -30, 440), "camera_hq": (0, -30, 430),
    "camera": (0, -30, 470),
}  # fmt: skip


def write_all(folder: Path) -> None:
    """Writes every picture as PNG."""
    bodies = assembly()
    every = [(body, (0.0, 0.0, 0.0), body.colour) for body in bodies]
    _save(folder / "instrument.png", every, 35, 20)
    _save(folder / "instrument-back.png", every, 150, 25)
    apart = [(body, EXPLODED.get(body.name, (0.0, 0.0, 0.0)), body.colour) for body in bodies]
    _save(folder / "exploded.png", apart, 40, 18)
    _section(folder / "section.png", bodies)
    for number, step in enumerate(STEPS, start=1):
        _save(
            folder / f"step-{number:02}.png", _of_step(bodies, step), step.azimuth, step.elevation
        )


def _of_step(bodies: list[Placed], step: Step) -> list[tuple[Placed, Offset, str]]:
    """What is there already in grey, and what the step adds in its colour, on its way."""
    shown = []
    done: set[str] = set()
    for earlier in STEPS[: STEPS.index(step)]:
        if not earlier.alone:
            done |= earlier.added.keys()
    for body in bodies:
        if body.name in step.added:
            shown.append((body, step.added[body.name], body.colour))
        elif body.name in done and not step.alone:
            shown.append((body, (0.0, 0.0, 0.0), DONE_COLOUR))
    return shown


@cache
def _mesh(shape: Part) -> pyvista.PolyData:
    points, triangles = shape.tessellate(0.05, 0.3)
    corners = np.array([(point.X, point.Y, point.Z) for point in points])
    faces = np.hstack([(3, *triangle) for triangle in triangles])
    return pyvista.PolyData(corners, faces).clean()


def _plotter() -> pyvista.Plotter:
    plotter = pyvista.Plotter(off_screen=True, window_size=SIZE)
    plotter.set_background("white")
    plotter.enable_parallel_projection()
    plotter.enable_anti_aliasing("ssaa")
    return plotter


def _add(plotter: pyvista.Plotter, mesh: pyvista.PolyData, colour: str) -> None:
    plotter.add_mesh(mesh, color=colour, smooth_shading=True, split_sharp_edges=True)
    edges = mesh.extract_feature_edges(
        feature_angle=35, boundary_edges=False, manifold_edges=False, non_manifold_edges=False
    )
    if edges.n_points:
        plotter.add_mesh(edges, color="#1c2126", line_width=1.2)


def _save(
    path: Path,
    shown: Iterable[tuple[Placed, Offset, str]],
    azimuth: float,
    elevation: float,
) -> None:
    plotter = _plotter()
    for body, offset, colour in shown:
        _add(plotter, _mesh(body.shape).translate(offset), colour)
    around, up = radians(azimuth), radians(elevation)
    towards = (sin(around) * cos(up), -cos(around) * cos(up), sin(up))
    plotter.view_vector(towards, viewup=(0, 0, 1))
    _write(plotter, path)


def _section(path: Path, bodies: list[Placed]) -> None:
    """The instrument cut through its axis, seen from the right, with the optical path named."""
    plotter = _plotter()
    left = block((-300, 0), (-300, 300), (-300, 300))
    for body in bodies:
        half = body.shape & left
        if half is not None and half.volume:
            _add(plotter, _mesh(half), body.colour)
    names = {
        "sensor": SENSOR_Z, "baffle": 129.0, "chimney": 108.0,
        "shoulder": SHOULDER_Z, "smear": 0.0, "aperture": -APERTURE_DISTANCE,
        "diffuser": DIFFUSER_Z, "LED": LED_TIP_Z - 4,
    }  # fmt: skip
    heights = _spread(list(names.values()), 13.0)
    for (name, z), label_z in zip(names.items(), heights, strict=True):
        plotter.add_mesh(pyvista.Line((1, -1, z), (1, -62, label_z)), color="#c0392b", line_width=2)
        plotter.add_point_labels(
            [(1, -64, label_z)], [f"{name}  {z:+.1f}"], font_size=22, text_color="#c0392b",
            shape=None, show_points=False, always_visible=True, justification_horizontal="right",
            justification_vertical="center",
        )  # fmt: skip
    plotter.add_mesh(pyvista.Line((1, 0, -40), (1, 0, SENSOR_Z)), color="#c0392b", line_width=2)
    plotter.view_vector((1, 0, 0), viewup=(0, 0, 1))
    _write(plotter, path)


def _spread(values: list[float], least: float) -> list[float]:
    """Heights, from the highest down, moved apart so that labels don't touch."""
    placed: list[float] = []
    for value in values:
        placed.append(min(value, placed[-1] - least) if placed else value)
    return placed


def _write(plotter: pyvista.Plotter, path: Path) -> None:
    picture = Image.fromarray(plotter.screenshot(return_img=True))
    plotter.close()
    seen = ImageChops.invert(picture.convert("L")).getbbox()
    picture = ImageOps.expand(picture.crop(seen), MARGIN, fill="white")
    # 128 colours are enough here, and a third of the bytes.
    picture.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
