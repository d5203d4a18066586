"""Tube: light-tight, with two baffles, from above the objective to the camera; its wing holds the focus screw's nut."""

from build123d import Part

from hardware.dimensions import (
    COLUMN_FRONT_Y,
    FOCUS_SCREW_XY,
    TUBE_BOTTOM_Z,
    TUBE_SCREWS,
    TUBE_TOP_Z,
)
from hardware.printed import Printed
from hardware.shapes import block, cone, nut_pocket, nut_slot, rod, screw_hole

DIAMETER, BORE = 34.0, 26.0
# The light that belongs to the picture is 10 mm wide here at most.
BAFFLE_OPENING, BAFFLES_Z = 12.0, (124.0, 142.0)
# Around the top: three screws that centre the camera.
COLLAR_DIAMETER, COLLAR_HEIGHT = 46.0, 16.0
CENTRING_ANGLES = (90.0, 210.0, 330.0)
WEB_X = (12.0, 18.0)
WEB_TOP_Z = 140.0
BACK_HALF_X, BACK_THICKNESS = 30.0, 6.0
WING_TOP_Z = TUBE_BOTTOM_Z + 10.0


def tube() -> Part:
    bottom = TUBE_BOTTOM_Z
    shape = rod((0, 0, bottom), "+z", DIAMETER, TUBE_TOP_Z - bottom)
    collar_z = TUBE_TOP_Z - COLLAR_HEIGHT
    flare = (COLLAR_DIAMETER - DIAMETER) / 2
    shape += cone((0, 0, collar_z - flare), "+z", (DIAMETER, COLLAR_DIAMETER), flare)
    shape += rod((0, 0, collar_z), "+z", COLLAR_DIAMETER, COLLAR_HEIGHT)
    back = COLUMN_FRONT_Y
    for side in (-1, 1):
        web = sorted(side * x for x in WEB_X)
        shape += block((web[0], web[1]), (0, back), (bottom, WEB_TOP_Z))
    shape += block((-BACK_HALF_X, BACK_HALF_X), (back - BACK_THICKNESS, back), (bottom, WEB_TOP_Z))
    shape += _wing()
    shape -= rod((0, 0, bottom - 1), "+z", BORE, TUBE_TOP_Z - bottom + 2)
    for z in BAFFLES_Z:
        shape += _baffle(z)
    for x, z in TUBE_SCREWS:
        shape -= screw_hole((x, back + 1, z), "-y", 3.0, BACK_THICKNESS + 2)
        shape -= nut_pocket((x, back - BACK_THICKNESS - 1, z), "+y", 3.0, 1 + 2.4)
    return shape - _centring_screws()


def _wing() -> Part:
    x, y = FOCUS_SCREW_XY
    z = (TUBE_BOTTOM_Z, WING_TOP_Z)
    wing = block((WEB_X[0], x + 8), (y - 10, y + 10), z)
    wing += block((WEB_X[0], x - 20), (y, y + 34), z)
    # The pointer at the knob's notches.
    wing += block((x - 1.5, x + 1.5), (y - 26, y - 22.5), (z[0], z[1] + 18))
    wing += block((x - 5, x + 5), (y - 26, y), z)
    wing -= screw_hole((x, y, z[0] - 1), "+z", 3.0, 20)
    return wing - nut_slot((x, y, z[0] + 4), "z", "+x", 3.0, 9)


def _baffle(z: float) -> Part:
    """A ring whose underside rises at 45 degrees, for printing and so that no light comes straight back."""
    depth = (BORE - BAFFLE_OPENING) / 2
    ring = rod((0, 0, z), "+z", BORE + 1, depth + 1.5)
    ring -= cone((0, 0, z - 0.01), "+z", (BORE, BAFFLE_OPENING), depth)
    return ring - rod((0, 0, z), "+z", BAFFLE_OPENING, 20)


def _centring_screws() -> Part:
    from build123d import Rot

    z = TUBE_TOP_Z - 6
    one = rod((0, 0, z), "+x", 3.4, 30)
    one += nut_slot((18.5, 0, z), "x", "+z", 3.0, 7)
    holes = Part()
    for angle in CENTRING_ANGLES:
        holes += Rot(0, 0, angle) * one
    return holes


PART = Printed("tube", tube, colour="#3c434b")
