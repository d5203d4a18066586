"""Stage knob: on a long stem, the head of an M4 screw in its end; one turns x, one y."""

from math import cos, radians, sin

from build123d import Part, Pos, Rot

from hardware.dimensions import POCKET_ALLOWANCE
from hardware.parts.stage_y import LUG_X, SCREW_X_Y, SCREW_X_Z, SCREW_Y_X, SCREW_Y_Z
from hardware.printed import Printed
from hardware.shapes import nut_pocket, rod

DIAMETER, HEIGHT = 18.0, 14.0
STEM_DIAMETER, STEM_LENGTH = 12.0, 40.0
# Between the stem and its bearing: a washer.
WASHER = 1.0
HEAD_HEIGHT = 3.0  # M4, ISO 4017


def standing_knob() -> Part:
    """Knob below, stem up, from the origin."""
    shape = rod((0, 0, 0), "+z", DIAMETER, HEIGHT) + rod(
        (0, 0, 0), "+z", STEM_DIAMETER, HEIGHT + STEM_LENGTH
    )
    for step in range(9):
        angle = radians(40 * step)
        radius = DIAMETER / 2 + 1
        shape -= rod((radius * cos(angle), radius * sin(angle), -1), "+z", 4, HEIGHT + 2)
    top = HEIGHT + STEM_LENGTH
    depth = HEAD_HEIGHT + POCKET_ALLOWANCE
    return shape - nut_pocket((0, 0, top - depth), "+z", 4.0, depth + 1)


_LENGTH = HEIGHT + STEM_LENGTH
# The x knob, and from it to the y knob.
AT_X = Pos(LUG_X[1] + WASHER + _LENGTH, SCREW_X_Y, SCREW_X_Z) * Rot(0, -90, 0)
AT_Y = Pos(SCREW_Y_X, 12.0 - WASHER - _LENGTH, SCREW_Y_Z) * Rot(-90, 0, 0)


def stage_knob() -> Part:
    return AT_X * standing_knob()


PART = Printed(
    "stage_knob",
    stage_knob,
    lie=AT_X.inverse(),
    copies=(Rot(), AT_Y * AT_X.inverse()),
    colour="#2e3338",
)
