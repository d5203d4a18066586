"""Camera holder for Camera Module v2 without its lens: the board lies on it, its sensor over the bore."""

from build123d import Part

from hardware.dimensions import (
    SENSOR_Z,
    TUBE_TOP_Z,
    V2_HOLE_LINE,
    V2_HOLES_X,
    V2_HOLES_Y,
    V2_HOUSING,
    V2_HOUSING_HEIGHT,
    V2_SENSOR_HEIGHT,
)
from hardware.parts.camera_hq import HALF, SPIGOT_DIAMETER, SPIGOT_LENGTH
from hardware.printed import UPSIDE_DOWN, Printed
from hardware.shapes import block, nut_slot, rod, rounded_block, screw_hole

BOARD_Z = SENSOR_Z + V2_SENSOR_HEIGHT
BORE = 9.0
HOUSING_HALF = V2_HOUSING / 2 + 0.5
# The sensor's flat connector beside the housing: to either side, towards the board's free edge, from the board's face.
CONNECTOR_HALF_X, CONNECTOR_Y, CONNECTOR_DEPTH = 7.3, -12.0, 2.2
NUT_DEPTH = 5.0


def camera_v2() -> Part:
    shape = rounded_block((-HALF, HALF), (-HALF, HALF), (TUBE_TOP_Z, BOARD_Z), 4)
    shape += rod((0, 0, TUBE_TOP_Z - SPIGOT_LENGTH), "+z", SPIGOT_DIAMETER, SPIGOT_LENGTH)
    depth = V2_HOUSING_HEIGHT + 0.6
    shape -= rod((0, 0, TUBE_TOP_Z - SPIGOT_LENGTH - 1), "+z", BORE, 60)
    shape -= block(
        (-HOUSING_HALF, HOUSING_HALF), (-HOUSING_HALF, HOUSING_HALF), (BOARD_Z - depth, BOARD_Z + 1)
    )
    shape -= block(
        (-CONNECTOR_HALF_X, CONNECTOR_HALF_X),
        (CONNECTOR_Y, -HOUSING_HALF + 0.01),
        (BOARD_Z - CONNECTOR_DEPTH, BOARD_Z + 1),
    )
    for x, y in v2_holes():
        shape -= screw_hole((x, y, BOARD_Z + 1), "-z", 2.0, 14)
        out = "+x" if x > 0 else "-x"
        shape -= nut_slot((x, y, BOARD_Z - NUT_DEPTH), "z", out, 2.0, HALF)
    return shape


def v2_holes() -> list[tuple[float, float]]:
    """The board's holes from the sensor, (x, y), its ribbon to the back."""
    rows = (V2_HOLE_LINE, V2_HOLE_LINE - V2_HOLES_Y)
    return [(side * V2_HOLES_X / 2, y) for side in (-1, 1) for y in rows]


PART = Printed("camera_v2", camera_v2, lie=UPSIDE_DOWN, colour="#8a5fa8")
