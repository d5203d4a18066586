"""Floor: closes the base from below and carries the Raspberry Pi and the LED driver's board."""

from build123d import Part

from hardware.dimensions import (
    BASE_BOTTOM_Z,
    PI_HOLE_INSET,
    PI_HOLES_X,
    PI_HOLES_Y,
)
from hardware.printed import Printed
from hardware.shapes import rod, rounded_block, screw_hole

FLOOR_THICKNESS = 3.0
FLOOR_SCREWS = ((-65.0, -48.0), (65.0, -48.0), (-65.0, 122.0), (65.0, 122.0))
FLOOR_TOP_Z = BASE_BOTTOM_Z + FLOOR_THICKNESS
# The board's corner with the SD card and the power plug; its length runs to the back, its width to the left.
PI_CORNER = (58.0, 42.0)
PI_STANDOFF = 6.0
# A board of 30 x 70 mm with holes 26 x 66 apart; its lower left hole.
DRIVER_HOLE = (-58.0, 32.0)
DRIVER_HOLES_X, DRIVER_HOLES_Y = 26.0, 66.0


def pi_holes() -> list[tuple[float, float]]:
    """The Raspberry Pi's four holes, (x, y)."""
    x, y = PI_CORNER[0] - PI_HOLE_INSET, PI_CORNER[1] + PI_HOLE_INSET
    return [(x - across, y + along) for across in (0, PI_HOLES_Y) for along in (0, PI_HOLES_X)]


def driver_holes() -> list[tuple[float, float]]:
    x, y = DRIVER_HOLE
    return [(x + dx, y + dy) for dx in (0, DRIVER_HOLES_X) for dy in (0, DRIVER_HOLES_Y)]


def floor() -> Part:
    shape = rounded_block((-71.7, 71.7), (-54.7, 128.7), (BASE_BOTTOM_Z, FLOOR_TOP_Z), 2.7)
    for x, y in FLOOR_SCREWS:
        shape -= screw_hole((x, y, BASE_BOTTOM_Z - 1), "+z", 3.0, FLOOR_THICKNESS + 2)
    for screw, places in ((2.5, pi_holes()), (2.0, driver_holes())):
        for x, y in places:
            shape += rod((x, y, FLOOR_TOP_Z - 1), "+z", 7, PI_STANDOFF + 1)
            # The screw's head is below, its nut on the board.
            shape -= screw_hole((x, y, BASE_BOTTOM_Z - 1), "+z", screw, 20, head=1 + 2.8)
    return shape


PART = Printed("floor", floor, colour="#4a5560")
