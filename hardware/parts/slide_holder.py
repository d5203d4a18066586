"""Slide holder: the tray of the slide; it glides on the stage plate. Lower than the slide where the objective comes."""

from build123d import Part

from hardware.dimensions import (
    SLIDE_BOTTOM_Z,
    SLIDE_LENGTH,
    SLIDE_WIDTH,
    SLIDING_CLEARANCE,
    STAGE_Z,
    TRAVEL_X,
    TRAVEL_Y,
)
from hardware.printed import Printed
from hardware.shapes import block, nut_pocket, rod, screw_hole

HALF_X, FRONT, BACK = 52.0, -18.0, 33.0
RIM_Z = -0.3
WING_X, WING_Z = 39.5, 1.2
BACK_STRIP_Y, BACK_STRIP_Z = 22.0, 3.2
HOLDER_SCREWS = ((-24.0, 27.5), (24.0, 27.5))
CLIP_SCREWS = ((-46.0, 0.0), (46.0, 0.0))
# The light's cone (numerical aperture 0.49) is this wide at the tray's underside, and the tray moves over it.
LIGHT = 3.0


def slide_holder() -> Part:
    shape = block((-HALF_X, HALF_X), (FRONT, BACK), (STAGE_Z, RIM_Z))
    for side in (-1, 1):
        wing = sorted((side * WING_X, side * HALF_X))
        shape += block((wing[0], wing[1]), (FRONT, BACK), (STAGE_Z, WING_Z))
    shape += block((-HALF_X, HALF_X), (BACK_STRIP_Y, BACK), (STAGE_Z, BACK_STRIP_Z))
    half_x = SLIDE_LENGTH / 2 + 1.5 * SLIDING_CLEARANCE
    half_y = SLIDE_WIDTH / 2 + 1.5 * SLIDING_CLEARANCE
    shape -= block((-half_x, half_x), (-half_y, half_y), (SLIDE_BOTTOM_Z, 10))
    window = (TRAVEL_X + LIGHT, TRAVEL_Y + LIGHT)
    shape -= block((-window[0], window[0]), (-window[1], window[1]), (STAGE_Z - 1, 0))
    # Where a finger lifts the slide.
    shape -= rod((0, FRONT, STAGE_Z - 1), "+z", 20, 10)
    for x, y in CLIP_SCREWS:
        shape -= screw_hole((x, y, STAGE_Z - 1), "+z", 3.0, 10)
        shape -= nut_pocket((x, y, STAGE_Z - 1), "+z", 3.0, 1 + 2.6)
    for x, y in HOLDER_SCREWS:
        shape -= screw_hole((x, y, STAGE_Z - 1), "+z", 3.0, 10)
        shape -= nut_pocket((x, y, STAGE_Z - 1), "+z", 3.0, 1 + 2.6)
    return shape


PART = Printed("slide_holder", slide_holder, colour="#5a9c78")
