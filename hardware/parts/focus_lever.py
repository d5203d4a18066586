"""Focus lever: the screw presses its long arm down, its short arm lifts the objective's carriage."""

from math import degrees

from build123d import Location, Part, Pos, Rot

from hardware.dimensions import (
    FOCUS_SCREW_XY,
    LEVER_EFFORT_Z,
    LEVER_LOAD_Z,
    LEVER_PIVOT_XZ,
    LIFT_NOMINAL,
)
from hardware.focus import lever_angle
from hardware.printed import ON_FRONT, Printed
from hardware.shapes import profile_y, rod

Y = (20.0, 30.0)


def focus_lever(lift: float = LIFT_NOMINAL) -> Part:
    pivot_x, pivot_z = LEVER_PIVOT_XZ
    end = FOCUS_SCREW_XY[0] + 5
    points = [
        (-5.0, LEVER_LOAD_Z - 8), (3.0, LEVER_LOAD_Z - 8), (6.0, pivot_z - 3.1), (12.0, pivot_z - 3.1),
        (16.0, pivot_z - 2.4), (44.0, LEVER_EFFORT_Z - 9), (end, LEVER_EFFORT_Z - 9),
        (end, LEVER_EFFORT_Z), (48.0, LEVER_EFFORT_Z), (20.0, LEVER_LOAD_Z), (-5.0, LEVER_LOAD_Z),
    ]  # fmt: skip
    shape = profile_y(points, Y)
    shape -= rod((pivot_x, Y[0] - 1, pivot_z), "+y", 3.2, Y[1] - Y[0] + 2)
    return _turned(lift) * shape


def _turned(lift: float) -> Location:
    """About its pivot, as it is when the objective is lifted so far."""
    pivot_x, pivot_z = LEVER_PIVOT_XZ
    turn = Rot(0, degrees(lever_angle(lift)), 0)
    return Pos(pivot_x, 0, pivot_z) * turn * Pos(-pivot_x, 0, -pivot_z)


PART = Printed("focus_lever", focus_lever, lie=ON_FRONT, colour="#e0b04c")
