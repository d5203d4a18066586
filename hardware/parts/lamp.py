"""Lamp: LED, diffuser and aperture close under the slide. Printed in white, which throws back the side light."""

from build123d import Part

from hardware.dimensions import (
    APERTURE_DISTANCE,
    APERTURE_THICKNESS,
    BASE_TOP_Z,
    DIFFUSER_DIAMETER,
    DIFFUSER_THICKNESS,
    LAMP_PLAY,
    LAMP_SCREWS,
    LED_DIAMETER,
    LED_LENGTH,
    LED_RIM_DIAMETER,
    LED_RIM_HEIGHT,
    LED_TO_DIFFUSER,
    SLIDING_CLEARANCE,
)
from hardware.printed import Printed
from hardware.shapes import block, cone, rod

FOOT, FOOT_HALF_X, FOOT_HALF_Y = 5.0, 38.0, 14.0
STEM_DIAMETER, HEAD_DIAMETER = 24.0, 13.6
CHAMBER_DIAMETER = 8.0
WIRES_DIAMETER = LED_RIM_DIAMETER + 0.4
APERTURE_Z = -APERTURE_DISTANCE - APERTURE_THICKNESS
DIFFUSER_Z = APERTURE_Z - DIFFUSER_THICKNESS
LED_TIP_Z = DIFFUSER_Z - LED_TO_DIFFUSER
# The LED is pushed up from below until its rim sits.
LED_SEAT_Z = LED_TIP_Z - (LED_LENGTH - LED_RIM_HEIGHT)
CHAMBER_Z = LED_SEAT_Z + 2.0


def lamp() -> Part:
    shape = block(
        (-FOOT_HALF_X, FOOT_HALF_X), (-FOOT_HALF_Y, FOOT_HALF_Y), (BASE_TOP_Z, BASE_TOP_Z + FOOT)
    )
    taper = (STEM_DIAMETER - HEAD_DIAMETER) / 2
    head_z = CHAMBER_Z - 2
    shape += rod((0, 0, BASE_TOP_Z), "+z", STEM_DIAMETER, head_z - taper - BASE_TOP_Z)
    shape += cone((0, 0, head_z - taper), "+z", (STEM_DIAMETER, HEAD_DIAMETER), taper)
    shape += rod((0, 0, head_z), "+z", HEAD_DIAMETER, -APERTURE_DISTANCE - head_z)
    shape -= rod((0, 0, BASE_TOP_Z - 1), "+z", WIRES_DIAMETER, LED_SEAT_Z - BASE_TOP_Z + 1)
    shape -= rod((0, 0, LED_SEAT_Z - 1), "+z", LED_DIAMETER + 0.2, 10)
    shape -= rod((0, 0, CHAMBER_Z), "+z", CHAMBER_DIAMETER, 30)
    shape -= rod((0, 0, DIFFUSER_Z), "+z", DIFFUSER_DIAMETER + 2 * SLIDING_CLEARANCE, 10)
    # For tweezers, to take the aperture out.
    shape -= block((-HEAD_DIAMETER, HEAD_DIAMETER), (-1.5, 1.5), (APERTURE_Z, 0))
    for x, y in LAMP_SCREWS:
        shape -= rod((x, y, BASE_TOP_Z - 1), "+z", 3.4 + 2 * LAMP_PLAY, FOOT + 2)
    return shape


PART = Printed("lamp", lamp, colour="#e9e2cf")
