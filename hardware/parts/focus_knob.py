"""Focus knob: 50 notches around its rim, a step each; the head of the focus screw sits in it."""

from math import cos, radians, sin

from build123d import Part

from hardware.dimensions import (
    FOCUS_NOTCHES,
    FOCUS_SCREW_LENGTH,
    FOCUS_SCREW_XY,
    LEVER_EFFORT_Z,
    LIFT_CHANGE,
)
from hardware.focus import screw_travel
from hardware.parts.tube import WING_TOP_Z
from hardware.printed import Printed
from hardware.shapes import nut_pocket, rod

DIAMETER, HEIGHT = 42.0, 14.0
# It rests on the tube's wing when the objective is highest: that ends the travel.
BOTTOM_Z = WING_TOP_Z + screw_travel(LIFT_CHANGE) + 0.3
HEAD_Z = LEVER_EFFORT_Z + FOCUS_SCREW_LENGTH


def focus_knob() -> Part:
    x, y = FOCUS_SCREW_XY
    shape = rod((x, y, BOTTOM_Z), "+z", DIAMETER, HEIGHT)
    for notch in range(FOCUS_NOTCHES):
        angle = radians(360 / FOCUS_NOTCHES * notch)
        at = (x + DIAMETER / 2 * cos(angle), y + DIAMETER / 2 * sin(angle), BOTTOM_Z - 1)
        shape -= rod(at, "+z", 1.2, HEIGHT + 2)
    shape -= rod((x, y, BOTTOM_Z - 1), "+z", 3.4, HEIGHT + 2)
    return shape - nut_pocket((x, y, HEAD_Z), "+z", 3.0, HEIGHT)


PART = Printed("focus_knob", focus_knob, colour="#2e3338")
