"""Panel: the housing of OLED and button on the front of the base, its face at 45 degrees. One for each OLED."""

from functools import partial

from build123d import Part, Plane, Rot

from hardware.dimensions import (
    BASE_BOTTOM_Z,
    BUTTON_HOLE,
    HOLE,
    OLED_GLASS,
    OLED_HOLES,
    OLED_WINDOW,
    OLED_WINDOW_UP,
)
from hardware.parts.base import FRONT, PANEL_SCREWS
from hardware.printed import Printed
from hardware.shapes import block, nut_slot, profile_x, rod, screw_hole

HALF_X, WALL = 46.0, 3.0
TOP_Z, NOSE_Y, BOTTOM_Z = -78.0, -94.0, BASE_BOTTOM_Z + 1
TOP_Y = FRONT - 4.0
FACE_LOW_Z = TOP_Z - (TOP_Y - NOSE_Y)
BUTTON_AT, OLED_AT_X = (22.0, 0.0), -15.0
# The face: x to the right, y up along it, z out of it; its origin in its middle.
FACE = Plane(
    origin=(0, (TOP_Y + NOSE_Y) / 2, (TOP_Z + FACE_LOW_Z) / 2),
    x_dir=(1, 0, 0),
    z_dir=(0, -1, 1),
)


def panel(oled: str) -> Part:
    """The housing for "oled096" or "oled13"."""
    outside = [
        (FRONT, BOTTOM_Z), (NOSE_Y, BOTTOM_Z), (NOSE_Y, FACE_LOW_Z), (TOP_Y, TOP_Z), (FRONT, TOP_Z),
    ]  # fmt: skip
    shape = profile_x(outside, (-HALF_X, HALF_X))
    slant = WALL * 2**0.5
    inside = [
        (FRONT + 1, BOTTOM_Z + WALL), (NOSE_Y + WALL, BOTTOM_Z + WALL),
        (NOSE_Y + WALL, FACE_LOW_Z + WALL - slant), (TOP_Y + slant - WALL, TOP_Z - WALL),
        (FRONT + 1, TOP_Z - WALL),
    ]  # fmt: skip
    shape -= profile_x(inside, (-HALF_X + WALL, HALF_X - WALL))
    for x, z in PANEL_SCREWS:
        side = 1 if x > 0 else -1
        ends = sorted((side * (HALF_X - 1), x - side * 5))
        # Down to the face, for in printing that lies below.
        boss = block((ends[0], ends[1]), (NOSE_Y, FRONT), (z - 5, z + 5))
        boss &= profile_x(outside, (-HALF_X, HALF_X))
        boss -= screw_hole((x, FRONT + 1, z), "-y", 3.0, 11)
        boss -= nut_slot((x, FRONT - 7, z), "y", "-x" if side > 0 else "+x", 3.0, 6)
        shape += boss
    shape += _on_face(_pads(oled))
    return shape - _on_face(_openings(oled))


def _on_face(shape: Part) -> Part:
    return FACE.location * shape


def _pads(oled: str) -> Part:
    pads = Part()
    for x, y in oled_holes(oled):
        pads += rod((x, y, -WALL + 0.5), "-z", 5, OLED_GLASS + 0.5)
    return pads


def _openings(oled: str) -> Part:
    wide, high = OLED_WINDOW[oled]
    up = OLED_WINDOW_UP[oled]
    openings = block(
        (OLED_AT_X - wide / 2, OLED_AT_X + wide / 2), (up - high / 2, up + high / 2), (-WALL - 1, 1)
    )
    for x, y in oled_holes(oled):
        openings += rod((x, y, 1), "-z", HOLE[2.0], 12)
    return openings + rod((*BUTTON_AT, 1), "-z", BUTTON_HOLE, WALL + 2)


def oled_holes(oled: str) -> list[tuple[float, float]]:
    """On the face, (x, y)."""
    half_x, half_y = (size / 2 for size in OLED_HOLES[oled])
    return [(OLED_AT_X + x, y) for x in (-half_x, half_x) for y in (-half_y, half_y)]


# The face lies on the bed.
FACE_DOWN = Rot(180, 0, 0) * FACE.location.inverse()
PART_OLED096 = Printed("panel_oled096", partial(panel, "oled096"), lie=FACE_DOWN, colour="#4a5560")
PART_OLED13 = Printed("panel_oled13", partial(panel, "oled13"), lie=FACE_DOWN, colour="#4a5560")
