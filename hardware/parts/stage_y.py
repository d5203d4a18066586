"""Stage y: the bar that moves the slide to front and back. A key guides it in the plate's groove, near its screw.

Its left end reaches around the plate's edge, so that a hand on the x knob can't tip it.
"""

from build123d import Part

from hardware.dimensions import STAGE_Z
from hardware.printed import ON_BACK, Printed
from hardware.shapes import block, nut_slot, profile_x, rod, screw_hole

Y = (34.0, 74.0)
TOP_Z = STAGE_Z + 6.0
# One key alone, beside the screw: a second one far from it would jam like a drawer.
KEY_X, KEY_HALF, KEY_DEPTH = 38.0, 2.5, 3.0
# The hook around the plate's left edge, and its lip under the rib there.
HOOK_X, LIP_X, LIP_Z = (-54.0, -49.0), -45.0, (-24.5, -20.3)
# Its own screw runs along y beside the plate; its nut hangs from the bar's right end.
SCREW_Y_X, SCREW_Y_Z = 58.0, -12.0
BEARING_X = (49.0, 67.0)
NUT_Y = 48.0
# The x screw's bearing stands on the bar.
SCREW_X_Y, SCREW_X_Z = 53.0, 8.8
LUG_X, LUG_FRONT_Y, LUG_TOP_Z = (20.0, 28.0), 45.5, 14.5
# The groove for stage_x's key: (y, z) of a trapezoid.
GROOVE = ((35.5, TOP_Z), (37.5, TOP_Z - 2.5), (40.5, TOP_Z - 2.5), (43.0, TOP_Z))


def stage_y() -> Part:
    shape = block((HOOK_X[0], BEARING_X[1]), Y, (STAGE_Z, TOP_Z))
    shape += block((KEY_X - KEY_HALF, KEY_X + KEY_HALF), Y, (STAGE_Z - KEY_DEPTH, STAGE_Z))
    shape += block(HOOK_X, Y, (LIP_Z[0], STAGE_Z))
    shape += block((HOOK_X[0], LIP_X), Y, LIP_Z)
    shape += block(BEARING_X, Y, (SCREW_Y_Z - 8, STAGE_Z))
    # Wider than a screw's hole: the ring that it leaves of the nut's slot is printed on air.
    shape -= rod((SCREW_Y_X, Y[0] - 1, SCREW_Y_Z), "+y", 5.0, Y[1] - Y[0] + 2)
    shape -= nut_slot((SCREW_Y_X, NUT_Y, SCREW_Y_Z), "y", "-z", 4.0, 9)
    shape += block(LUG_X, (LUG_FRONT_Y, Y[1]), (TOP_Z, LUG_TOP_Z))
    shape -= screw_hole((LUG_X[0] - 1, SCREW_X_Y, SCREW_X_Z), "+x", 4.0, 10)
    # Room for the x knob's stem.
    stem_x = (LUG_X[1] + 0.5, BEARING_X[1] + 1)
    shape -= block(stem_x, (LUG_FRONT_Y + 0.5, Y[1] + 1), (TOP_Z - 1, TOP_Z + 1))
    shape -= profile_x(GROOVE, (HOOK_X[0] - 1, BEARING_X[1] + 1))
    return shape


PART = Printed("stage_y", stage_y, lie=ON_BACK, colour="#c98f5a")
