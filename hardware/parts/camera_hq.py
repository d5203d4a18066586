"""Camera holder for the HQ camera: its mount's ring rests on it. Three screws in the tube's collar centre it."""

from build123d import Part

from hardware.dimensions import (
    HQ_FLANGE_TO_SENSOR,
    HQ_HOLES,
    SENSOR_Z,
    TUBE_TOP_Z,
)
from hardware.parts.tube import BORE
from hardware.printed import UPSIDE_DOWN, Printed
from hardware.shapes import nut_pocket, rod, rounded_block, screw_hole

HALF = 24.0
SPIGOT_LENGTH = 12.0
# Room to be centred in.
SPIGOT_DIAMETER = BORE - 2.0
LIGHT_BORE = 18.0
SEAT_Z = SENSOR_Z - HQ_FLANGE_TO_SENSOR


def camera_hq() -> Part:
    shape = rounded_block((-HALF, HALF), (-HALF, HALF), (TUBE_TOP_Z, SEAT_Z), 4)
    shape += rod((0, 0, TUBE_TOP_Z - SPIGOT_LENGTH), "+z", SPIGOT_DIAMETER, SPIGOT_LENGTH)
    shape -= rod((0, 0, TUBE_TOP_Z - SPIGOT_LENGTH - 1), "+z", LIGHT_BORE, 60)
    for x in (-HQ_HOLES / 2, HQ_HOLES / 2):
        for y in (-HQ_HOLES / 2, HQ_HOLES / 2):
            shape -= screw_hole((x, y, SEAT_Z + 1), "-z", 2.5, 30)
            shape -= nut_pocket((x, y, TUBE_TOP_Z - 1), "+z", 2.5, 1 + 6)
    return shape


PART = Printed("camera_hq", camera_hq, lie=UPSIDE_DOWN, colour="#8a5fa8")
