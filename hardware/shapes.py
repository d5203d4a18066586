"""The few shapes that every part is made of. All lengths in mm, in the instrument's own axes (dimensions.py)."""

from collections.abc import Sequence
from typing import Literal

from build123d import (
    Align,
    Axis,
    Box,
    Cone,
    Cylinder,
    Location,
    Part,
    Plane,
    Polyline,
    Pos,
    RegularPolygon,
    Rot,
    extrude,
    make_face,
)

from hardware.dimensions import HEAD, HOLE, NUT, POCKET_ALLOWANCE

Direction = Literal["+x", "-x", "+y", "-y", "+z", "-z"]

# A shape that is made along +z from the origin, turned that way.
_TURNS: dict[Direction, Location] = {
    "+x": Rot(0, 90, 0),
    "-x": Rot(0, -90, 0),
    "+y": Rot(-90, 0, 0),
    "-y": Rot(90, 0, 0),
    "+z": Location(),
    "-z": Rot(180, 0, 0),
}
_STANDING = (Align.CENTER, Align.CENTER, Align.MIN)


def block(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> Part:
    """A cuboid between these coordinates."""
    size = Box(x[1] - x[0], y[1] - y[0], z[1] - z[0], align=(Align.MIN, Align.MIN, Align.MIN))
    return Pos(x[0], y[0], z[0]) * size


def rounded_block(
    x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], radius: float
) -> Part:
    """A cuboid whose four upright edges are rounded."""
    whole = block(x, y, z)
    return whole.fillet(radius, whole.edges().filter_by(Axis.Z))


def turn(shape: Part, at: Sequence[float], towards: Direction) -> Part:
    """A shape made along +z from the origin, laid at a point and turned to a direction."""
    return Pos(*at) * _TURNS[towards] * shape


def rod(at: Sequence[float], towards: Direction, diameter: float, length: float) -> Part:
    """A cylinder that begins at a point."""
    return turn(Cylinder(diameter / 2, length, align=_STANDING), at, towards)


def cone(
    at: Sequence[float], towards: Direction, diameters: tuple[float, float], length: float
) -> Part:
    """A frustum from the first diameter, at a point, to the second."""
    shape = Cone(diameters[0] / 2, diameters[1] / 2, length, align=_STANDING)
    return turn(shape, at, towards)


def profile_x(points: Sequence[tuple[float, float]], x: tuple[float, float]) -> Part:
    """A closed polygon of (y, z) points, drawn out between two x."""
    face = make_face(Plane.YZ * Polyline(*points, close=True))
    return Pos(x[0], 0, 0) * extrude(face, x[1] - x[0], dir=(1, 0, 0))


def profile_y(points: Sequence[tuple[float, float]], y: tuple[float, float]) -> Part:
    """A closed polygon of (x, z) points, drawn out between two y."""
    face = make_face(Plane.XZ * Polyline(*points, close=True))
    return Pos(0, y[0], 0) * extrude(face, y[1] - y[0], dir=(0, 1, 0))


def profile_z(points: Sequence[tuple[float, float]], z: tuple[float, float]) -> Part:
    """A closed polygon of (x, y) points, drawn out between two z."""
    face = make_face(Polyline(*points, close=True))
    return Pos(0, 0, z[0]) * extrude(face, z[1] - z[0], dir=(0, 0, 1))


def screw_hole(
    at: Sequence[float], towards: Direction, screw: float, length: float, head: float = 0.0
) -> Part:
    """What to cut for a cap screw: a clearance hole from a point on, its head sunk `head` deep there."""
    hole = rod(at, towards, HOLE[screw], length)
    if head:
        hole += rod(at, towards, HEAD[screw][0] + 2 * POCKET_ALLOWANCE, head)
    return hole


def nut_pocket(
    at: Sequence[float],
    towards: Direction,
    screw: float,
    depth: float | None = None,
    spin: float = 0.0,
) -> Part:
    """What to cut for a nut that is put in along its screw's axis; spin turns its flats, in degrees."""
    flats, height = NUT[screw]
    outline = RegularPolygon((flats + POCKET_ALLOWANCE) / 2, 6, major_radius=False, rotation=spin)
    return turn(extrude(outline, depth or height + POCKET_ALLOWANCE), at, towards)


def nut_slot(
    at: Sequence[float], axis: Literal["x", "y", "z"], out: Direction, screw: float, length: float
) -> Part:
    """What to cut for a nut that is pushed in from the side.

    Args:
        at: The nut's middle.
        axis: The screw's direction.
        out: Where the slot comes out of the part.
        screw: The screw's nominal diameter.
        length: From the nut's middle to the outside.
    """
    flats, height = NUT[screw]
    wide, high = flats + POCKET_ALLOWANCE, height + POCKET_ALLOWANCE
    # To the far corner of the nut, half of flats / cos 30.
    behind = wide / 2 / 0.866
    size = {"x": wide, "y": wide, "z": wide}
    size[axis] = high
    sign = 1 if out[0] == "+" else -1
    low = {key: at["xyz".index(key)] - size[key] / 2 for key in "xyz"}
    high_end = {key: at["xyz".index(key)] + size[key] / 2 for key in "xyz"}
    key = out[1]
    ends = sorted((at["xyz".index(key)] - sign * behind, at["xyz".index(key)] + sign * length))
    low[key], high_end[key] = ends
    return block((low["x"], high_end["x"]), (low["y"], high_end["y"]), (low["z"], high_end["z"]))
