"""Focus block: a carriage for the objective on two leaves, in one piece with the block that is screwed to the column.

Printed on its side, so that the leaves are drawn in the bed's plane. hardware.focus has step, force and strain.
"""

from functools import partial

from build123d import Part

from hardware.dimensions import (
    COLUMN_FRONT_Y,
    FOCUS_SCREWS,
    LEAF_FRONT_Y,
    LEAF_LENGTH,
    LEAF_THICKNESS,
    LEAF_WIDTH,
    LEAF_Z,
    LEVER_PIVOT_XZ,
    LIFT_NOMINAL,
    SHOULDER_Z,
)
from hardware.focus import leaf_rise, sideways
from hardware.printed import ON_LEFT, Printed
from hardware.shapes import block, nut_slot, profile_x, profile_z, rod, screw_hole

HALF_X = LEAF_WIDTH / 2
BLOCK_Y = (LEAF_FRONT_Y + LEAF_LENGTH, COLUMN_FRONT_Y)
BLOCK_Z = (50.0, 91.0)
# The carriage at the nominal focus.
CARRIAGE_BOTTOM_Z = SHOULDER_Z + 8.0
CARRIAGE_TOP_Z = 80.6
CARRIAGE_FRONT_Y = -18.0
CARRIAGE_BORE = 22.4
HOLDER_SCREWS = ((-15.0, -13.0), (15.0, -13.0), (-15.0, 13.0), (15.0, 13.0))
# The carriage's tongue lies over the lever, and over the arm for the stop.
TONGUE_Z = (95.0, 101.0)
TONGUE_Y = 30.0
COARSE_SCREW = (0.0, 24.0)
STOP_SCREW = (-7.0, 38.0)
# The arm that carries the lever's pivot.
ARM_Y, ARM_Z = 30.8, (80.8, 91.0)
SEGMENTS = 24


def focus_block(lift: float = LIFT_NOMINAL) -> Part:
    """The block with its leaves bent up by `lift` mm; 0 is as printed."""
    x = (-HALF_X, HALF_X)
    shape = block(x, BLOCK_Y, BLOCK_Z)
    shape += block(x, (ARM_Y, BLOCK_Y[0] + 1), ARM_Z)
    for z in LEAF_Z:
        shape += _leaf(z, lift)
    shape += _carriage().translate((0, sideways(lift), lift - LIFT_NOMINAL))
    pivot_x, pivot_z = LEVER_PIVOT_XZ
    shape -= rod((pivot_x, ARM_Y - 1, pivot_z), "+y", 3.2, 22)
    shape -= nut_slot((pivot_x, ARM_Y + 12, pivot_z), "y", "+x", 3.0, HALF_X)
    for screw_x, z in FOCUS_SCREWS:
        out = "+x" if screw_x > 0 else "-x"
        shape -= screw_hole((screw_x, BLOCK_Y[1] + 1, z), "-y", 3.0, 17)
        shape -= nut_slot((screw_x, BLOCK_Y[1] - 10, z), "y", out, 3.0, 10)
    return shape


def _leaf(z: float, lift: float) -> Part:
    back, length = BLOCK_Y[0], LEAF_LENGTH - sideways(lift) - 0.6 * LIFT_NOMINAL**2 / LEAF_LENGTH
    upper, lower = [], []
    for number in range(SEGMENTS + 1):
        along = number / SEGMENTS
        middle = z + lift * leaf_rise(along)
        y = back - along * length
        upper.append((y, middle + LEAF_THICKNESS / 2))
        lower.append((y, middle - LEAF_THICKNESS / 2))
    # Into the solid at both ends.
    ends = [(y - 1, height) for y, height in (upper[-1], lower[-1])]
    roots = [(back + 1, z - LEAF_THICKNESS / 2), (back + 1, z + LEAF_THICKNESS / 2)]
    return profile_x([*upper, *ends, *reversed(lower), *roots], (-HALF_X, HALF_X))


def _carriage() -> Part:
    x, y = (-HALF_X, HALF_X), (CARRIAGE_FRONT_Y, LEAF_FRONT_Y)
    shape = block(x, y, (CARRIAGE_BOTTOM_Z, CARRIAGE_TOP_Z))
    shape += block((-HALF_X, 5), (12, LEAF_FRONT_Y), (CARRIAGE_TOP_Z - 1, TONGUE_Z[1]))
    shape += block((-HALF_X, 5), (12, TONGUE_Y), TONGUE_Z)
    shape += block((-HALF_X, -2), (12, 45), TONGUE_Z)
    # Round for the objective holder's chimney, with a roof of 45 degrees for printing on its side.
    radius = CARRIAGE_BORE / 2
    shape -= rod((0, 0, CARRIAGE_BOTTOM_Z - 1), "+z", CARRIAGE_BORE, 60)
    reach = radius * 2**0.5
    roof = [(radius / 2**0.5, -radius / 2**0.5), (reach, 0.0), (radius / 2**0.5, radius / 2**0.5)]
    shape -= profile_z(roof, (CARRIAGE_BOTTOM_Z - 1, CARRIAGE_TOP_Z + 1))
    for screw_x, screw_y in HOLDER_SCREWS:
        out = "+x" if screw_x > 0 else "-x"
        shape -= rod((screw_x, screw_y, CARRIAGE_BOTTOM_Z - 1), "+z", 3.4, 13)
        shape -= nut_slot((screw_x, screw_y, CARRIAGE_BOTTOM_Z + 7.5), "z", out, 3.0, 8)
    for screw_x, screw_y in (COARSE_SCREW, STOP_SCREW):
        shape -= rod((screw_x, screw_y, TONGUE_Z[0] - 1), "+z", 3.4, 20)
        shape -= nut_slot((screw_x, screw_y, TONGUE_Z[0] + 3), "z", "-x", 3.0, screw_x + HALF_X + 1)
    return shape


PART = Printed(
    "focus_block", focus_block, lie=ON_LEFT, colour="#5b7fb0", bent=partial(focus_block, 0.0)
)
