"""Stage x: moves the slide holder, which is screwed to it, to left and right along stage y."""

from build123d import Part

from hardware.dimensions import SLIDING_CLEARANCE
from hardware.parts.slide_holder import HOLDER_SCREWS
from hardware.parts.stage_y import GROOVE, SCREW_X_Y, SCREW_X_Z, TOP_Z
from hardware.printed import UPSIDE_DOWN, Printed
from hardware.shapes import block, nut_slot, profile_x, screw_hole

HALF_X = 32.0
Y = (22.0, 44.0)
BOTTOM_Z = TOP_Z + SLIDING_CLEARANCE
STAGE_X_TOP_Z = 13.5
EAR_X, EAR_BACK = (-14.0, -2.0), 60.0


def stage_x() -> Part:
    shape = block((-HALF_X, HALF_X), Y, (BOTTOM_Z, STAGE_X_TOP_Z))
    shape += block(EAR_X, (Y[1] - 1, EAR_BACK), (BOTTOM_Z, STAGE_X_TOP_Z))
    # The groove's profile, smaller by the clearance on every side.
    gap = SLIDING_CLEARANCE
    left, low_left, low_right, right = GROOVE
    key = [
        (left[0] + 2 * gap, BOTTOM_Z + 0.01),
        (low_left[0] + 1.4 * gap, low_left[1] + gap),
        (low_right[0] - 1.4 * gap, low_right[1] + gap),
        (right[0] - 2 * gap, BOTTOM_Z + 0.01),
    ]
    shape += profile_x(key, (-HALF_X, HALF_X))
    shape -= screw_hole((EAR_X[0] - 1, SCREW_X_Y, SCREW_X_Z), "+x", 4.0, 14)
    nut_x = (EAR_X[0] + EAR_X[1]) / 2
    shape -= nut_slot((nut_x, SCREW_X_Y, SCREW_X_Z), "x", "+z", 4.0, 6)
    for x, y in HOLDER_SCREWS:
        shape -= screw_hole((x, y, STAGE_X_TOP_Z + 1), "-z", 3.0, 20, head=1 + 3.7)
    return shape


PART = Printed("stage_x", stage_x, lie=UPSIDE_DOWN, colour="#b5646a")
