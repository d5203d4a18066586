"""Base: a box over the Raspberry Pi; lamp, stage posts, column and panel stand on it. Printed upside down."""

from build123d import Part

from hardware.dimensions import (
    BASE_BOTTOM_Z,
    BASE_TOP_Z,
    COLUMN_FOOT_SCREWS,
    LAMP_SCREWS,
    POST_SCREWS,
)
from hardware.parts.floor import FLOOR_SCREWS, FLOOR_THICKNESS
from hardware.printed import UPSIDE_DOWN, Printed
from hardware.shapes import block, nut_pocket, nut_slot, rod, rounded_block, screw_hole

X, FRONT, BACK = 75.0, -58.0, 132.0
WALL, TOP = 3.0, 5.0
# Screws through the front wall into the panel, (x, z) each.
PANEL_SCREWS = ((-38.0, -87.0), (38.0, -87.0), (-38.0, -109.0), (38.0, -109.0))


def base() -> Part:
    z = (BASE_BOTTOM_Z, BASE_TOP_Z)
    shape = rounded_block((-X, X), (FRONT, BACK), z, 6)
    shape -= rounded_block(
        (-X + WALL, X - WALL), (FRONT + WALL, BACK - WALL), (z[0], z[1] - TOP), 3
    )
    shape += _corner_posts()
    # Under the front and the back of the column's foot: it must not nod.
    for y in (88.0, BACK - WALL - 4):
        shape += block((-X + 1, X - 1), (y, y + 4), (z[1] - TOP - 12, z[1] - 1))
    shape -= _holes_of_top()
    # The Pi's plugs: power and HDMI to the right, USB and network to the back. Open below, so that nothing is bridged.
    shape -= block((X - WALL - 1, X + 1), (46, 106), (z[0], -99))
    shape -= block((1, 58), (BACK - WALL - 1, BACK + 1), (z[0], -94))
    shape -= _vents()
    # Wires to the panel, and its screws.
    shape -= block((-8, 8), (FRONT - 1, FRONT + WALL + 1), (-104, -92))
    for x, height in PANEL_SCREWS:
        shape -= screw_hole((x, FRONT + WALL + 1, height), "-y", 3.0, WALL + 2)
    return shape


def _corner_posts() -> Part:
    posts = Part()
    bottom = BASE_BOTTOM_Z + FLOOR_THICKNESS
    for x, y in FLOOR_SCREWS:
        inner_x = x - 6 if x > 0 else x + 6
        inner_y = y - 6 if y > 0 else y + 6
        wall_x = X - 1 if x > 0 else -X + 1
        wall_y = BACK - 1 if y > 0 else FRONT + 1
        post = block(
            (min(inner_x, wall_x), max(inner_x, wall_x)),
            (min(inner_y, wall_y), max(inner_y, wall_y)),
            (bottom, BASE_TOP_Z - 1),
        )
        post -= rod((x, y, bottom - 1), "+z", 3.4, 14)
        # From the middle of the box: the nut is pushed in there.
        post -= nut_slot((x, y, bottom + 6), "z", "-x" if x > 0 else "+x", 3.0, 8)
        posts += post
    return posts & rounded_block((-X, X), (FRONT, BACK), (BASE_BOTTOM_Z, BASE_TOP_Z), 6)


def _holes_of_top() -> Part:
    holes = rod((0, 0, BASE_TOP_Z - TOP - 1), "+z", 9, TOP + 2)  # the LED's wires
    # The camera's ribbon goes up inside the column.
    holes += block((-14, 14), (104, 113), (BASE_TOP_Z - TOP - 1, BASE_TOP_Z + 1))
    for x, y in (*COLUMN_FOOT_SCREWS, *LAMP_SCREWS):
        holes += screw_hole((x, y, BASE_TOP_Z + 1), "-z", 3.0, TOP + 2)
        holes += nut_pocket((x, y, BASE_TOP_Z - TOP - 1), "+z", 3.0, 1 + 2.4)
    for x, y in POST_SCREWS:
        holes += screw_hole((x, y, BASE_TOP_Z - TOP - 1), "+z", 3.0, TOP + 2)
    return holes


def _vents() -> Part:
    slots = Part()
    for y in range(-30, 36, 8):
        for side in (-X, X):
            slots += block((side - WALL - 1, side + WALL + 1), (y, y + 3), (-112, -86))
    for y in range(46, 112, 8):
        slots += block((-X - 1, -X + WALL + 1), (y, y + 3), (-112, -86))
    return slots


PART = Printed("base", base, lie=UPSIDE_DOWN, colour="#4a5560")
