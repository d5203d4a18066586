"""Stage post: holds up a front corner of the stage plate."""

from build123d import Part, Pos

from hardware.dimensions import BASE_TOP_Z, POST_SCREWS, STAGE_BOTTOM_Z
from hardware.printed import Printed
from hardware.shapes import nut_slot, rod, rounded_block

HALF = 8.0


def stage_post() -> Part:
    x, y = POST_SCREWS[0]
    z = (BASE_TOP_Z, STAGE_BOTTOM_Z)
    shape = rounded_block((x - HALF, x + HALF), (y - HALF, y + HALF), z, 2)
    for end, towards, nut in ((z[0] - 1, "+z", z[0] + 8), (z[1] + 1, "-z", z[1] - 8)):
        shape -= rod((x, y, end), towards, 3.4, 16)
        shape -= nut_slot((x, y, nut), "z", "-y", 3.0, HALF + 1)
    return shape


PART = Printed(
    "stage_post",
    stage_post,
    copies=(Pos(), Pos(POST_SCREWS[1][0] - POST_SCREWS[0][0], 0, 0)),
    colour="#8fa3b5",
)
