"""Column: a closed box, stiff against bending and twisting. The camera's ribbon goes up inside."""

from build123d import Part

from hardware.dimensions import (
    BASE_TOP_Z,
    COLUMN_BACK_Y,
    COLUMN_FOOT_SCREWS,
    COLUMN_FRONT_Y,
    COLUMN_HALF_X,
    COLUMN_TOP_Z,
    COLUMN_WALL,
    FOCUS_SCREWS,
    STAGE_SCREWS,
    TUBE_SCREWS,
)
from hardware.printed import Printed
from hardware.shapes import block, profile_y, screw_hole

FOOT_HALF_X, FOOT = 46.0, 6.0
# Windows in the back wall, through which a hex key reaches the screws of the front: (lowest z, highest z).
WINDOWS = ((-48.0, -8.0), (45.0, 95.0), (101.0, 136.0))
WINDOW_X = (10.0, 25.0)


def column() -> Part:
    y, z = (COLUMN_FRONT_Y, COLUMN_BACK_Y), (BASE_TOP_Z, COLUMN_TOP_Z)
    shape = block((-COLUMN_HALF_X, COLUMN_HALF_X), y, z)
    shape += block((-FOOT_HALF_X, FOOT_HALF_X), y, (z[0], z[0] + FOOT))
    for side in (-1, 1):
        shape += _gusset(side)
    inside = COLUMN_HALF_X - COLUMN_WALL
    shape -= block(
        (-inside, inside), (y[0] + COLUMN_WALL, y[1] - COLUMN_WALL), (z[0] - 1, z[1] + 1)
    )
    for screws in (STAGE_SCREWS, FOCUS_SCREWS, TUBE_SCREWS):
        for x, height in screws:
            shape -= screw_hole((x, y[0] - 1, height), "+y", 3.0, COLUMN_WALL + 2)
    for low, high in WINDOWS:
        for side in (-1, 1):
            ends = sorted(side * x for x in WINDOW_X)
            shape -= block((ends[0], ends[1]), (y[1] - COLUMN_WALL - 1, y[1] + 1), (low, high))
    for x, height in COLUMN_FOOT_SCREWS:
        shape -= screw_hole((x, height, z[0] - 1), "+z", 3.0, FOOT + 2)
    return shape


def _gusset(side: int) -> Part:
    """Between foot and wall, in the middle of the depth, clear of the screws."""
    points = [(COLUMN_HALF_X - 1, 0.0), (FOOT_HALF_X, 0.0), (COLUMN_HALF_X - 1, 30.0)]
    return profile_y([(side * x, BASE_TOP_Z + FOOT + z) for x, z in points], (106.0, 111.0))


PART = Printed("column", column, colour="#6b7786")
