"""Slide clip: a spring that holds a slide's end down; turned aside on its screw to change the slide."""

from build123d import Part, Rot

from hardware.dimensions import HOLE
from hardware.parts.slide_holder import CLIP_SCREWS, WING_Z
from hardware.printed import UPSIDE_DOWN, Printed
from hardware.shapes import block, rod

THICKNESS = 1.6
TIP_X = 31.0
HALF_Y = 5.0
# How far it is bent up when it lies on a slide of 1 mm. Its force: 3 E I / L^3 with E = 2000 N/mm2 (PETG), a width of
# 10, a length of 15 and this thickness, 6 N/mm: about 2 N.
PRELOAD = 0.35


def _clip(tip_z: float) -> Part:
    x = CLIP_SCREWS[1][0]
    shape = block((TIP_X, x), (-HALF_Y, HALF_Y), (WING_Z, WING_Z + THICKNESS))
    shape += rod((x, 0, WING_Z), "+z", 2 * HALF_Y, THICKNESS)
    shape += block((TIP_X, TIP_X + 3), (-HALF_Y, HALF_Y), (tip_z, WING_Z))
    return shape - rod((x, 0, WING_Z - 1), "+z", HOLE[3.0], 5)


def slide_clip() -> Part:
    """On a slide: its tip touches it."""
    return _clip(0.0)


def unbent() -> Part:
    return _clip(-PRELOAD)


PART = Printed(
    "slide_clip",
    slide_clip,
    lie=UPSIDE_DOWN,
    copies=(Rot(), Rot(0, 0, 180)),
    colour="#e0b04c",
    bent=unbent,
)
