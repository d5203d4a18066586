"""Stage plate: the flat on which the slide holder glides. Printed face down, so that it is as flat as the bed."""

from build123d import Part

from hardware.dimensions import (
    COLUMN_FRONT_Y,
    LAMP_PLAY,
    LEAST_CLEARANCE,
    POST_SCREWS,
    STAGE_BOTTOM_Z,
    STAGE_SCREWS,
    STAGE_Z,
    TRAVEL_Y,
)
from hardware.parts.lamp import HEAD_DIAMETER
from hardware.parts.stage_y import BEARING_X, KEY_DEPTH, KEY_HALF, KEY_X, SCREW_Y_X, SCREW_Y_Z
from hardware.parts.stage_y import Y as STAGE_Y
from hardware.printed import UPSIDE_DOWN, Printed
from hardware.shapes import block, nut_pocket, profile_x, rod, screw_hole

HALF_X, FRONT = 48.0, -42.0
# Room for the lamp's head, wherever it is centred.
LIGHT_HOLE = HEAD_DIAMETER + 2 * LAMP_PLAY + 0.4
RIB = 5.0
RIB_Z = -20.0
FLANGE = 6.0
FLANGE_Z = -44.0
# The y screw's bearing at the right edge.
BEARING_Y = (12.0, 20.0)


def stage_plate() -> Part:
    back = COLUMN_FRONT_Y
    shape = block((-HALF_X, HALF_X), (FRONT, back), (STAGE_BOTTOM_Z, STAGE_Z))
    for x in (-HALF_X, HALF_X - RIB):
        shape += block((x, x + RIB), (FRONT + 20, back), (RIB_Z, STAGE_BOTTOM_Z))
    for y in (FRONT + 20, 26):
        shape += block((-HALF_X, HALF_X), (y, y + RIB), (RIB_Z, STAGE_BOTTOM_Z))
    shape += block((-HALF_X, HALF_X), (back - FLANGE, back), (FLANGE_Z, STAGE_BOTTOM_Z))
    gusset = [
        (back - FLANGE, STAGE_BOTTOM_Z),
        (back - FLANGE - 30, STAGE_BOTTOM_Z),
        (back - FLANGE, FLANGE_Z),
    ]
    # Not at the edges, where stage y reaches under the rib.
    for x in (-35.0, -2.5, 30.0):
        shape += profile_x(gusset, (x, x + RIB))
    shape += block((HALF_X, BEARING_X[1]), BEARING_Y, (SCREW_Y_Z - 8, STAGE_Z))
    shape -= screw_hole((SCREW_Y_X, BEARING_Y[0] - 1, SCREW_Y_Z), "+y", 4.0, 12)
    shape -= rod((0, 0, STAGE_BOTTOM_Z - 1), "+z", LIGHT_HOLE, 10)
    groove_half = KEY_HALF + LEAST_CLEARANCE
    shape -= block(
        (KEY_X - groove_half, KEY_X + groove_half),
        (STAGE_Y[0] - TRAVEL_Y - 0.5, STAGE_Y[1] + TRAVEL_Y + 0.5),
        (STAGE_Z - KEY_DEPTH - 0.3, STAGE_Z + 1),
    )
    for x, y in POST_SCREWS:
        shape -= screw_hole((x, y, STAGE_Z + 1), "-z", 3.0, 12)
    for x, z in STAGE_SCREWS:
        shape -= screw_hole((x, back + 1, z), "-y", 3.0, FLANGE + 2)
        shape -= nut_pocket((x, back - FLANGE - 1, z), "+y", 3.0, 1 + 2.4)
    return shape


PART = Printed("stage_plate", stage_plate, lie=UPSIDE_DOWN, colour="#8fa3b5")
