"""Can a part be printed without support? Its mesh is sliced as a printer does, and measured by rays. Lengths in mm."""

from collections import deque
from dataclasses import dataclass
from math import radians, tan

import numpy as np
import trimesh
from shapely import affinity
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from hardware.dimensions import LONGEST_BRIDGE, LONGEST_LEDGE, STEEPEST_OVERHANG_DEG

LAYER = 0.2
# Smaller than this is the mesh's rounding, not the part's shape.
TRIFLE = 0.03
# Width of a printed line.
EXTRUSION = 0.45
# Layers over which a slope is told from a ledge.
SLOPE = 10


@dataclass(frozen=True)
class Unsupported:
    """A place that would be printed on air: its height, its middle, and its area in mm2."""

    z: float
    x: float
    y: float
    area: float


def layers(mesh: trimesh.Trimesh) -> list[tuple[float, BaseGeometry]]:
    """(height, outline) of every layer's middle."""
    low, high = mesh.bounds[0][2], mesh.bounds[1][2]
    heights = np.arange(low + LAYER / 2, high, LAYER)
    sections = mesh.section_multiplane([0, 0, 0], [0, 0, 1], heights)
    outlines = []
    for z, section in zip(heights, sections, strict=True):
        outline = unary_union(section.polygons_full) if section is not None else Polygon()
        # section_multiplane gives each layer in the plane's own axes, which here are the bed's.
        outlines.append((float(z), outline.buffer(0)))
    return outlines


def overhangs(mesh: trimesh.Trimesh) -> tuple[list[Unsupported], float]:
    """What hangs in the air, and the longest bridge that does not.

    A layer may reach over the one below by its height times the tangent of 50 degrees; further only as a bridge that
    lies on both sides, in some direction, or as a ledge of at most LONGEST_LEDGE. Many small ledges are a slope: over
    SLOPE layers together none may reach further than 50 degrees, but for what a bridge carries.
    """
    one = LAYER * tan(radians(STEEPEST_OVERHANG_DEG)) + TRIFLE
    many = SLOPE * LAYER * tan(radians(STEEPEST_OVERHANG_DEG)) + 3 * TRIFLE
    found, longest = [], 0.0
    outlines = layers(mesh)
    bridges: deque[BaseGeometry] = deque(maxlen=SLOPE)
    for number, (z, outline) in enumerate(outlines[1:], start=1):
        below = outlines[number - 1][1]
        beyond = _solid(outline.difference(below.buffer(one)))
        held = []
        for ceiling in polygons(outline.difference(below)):
            if not ceiling.intersects(beyond):
                continue
            hanging, carried, span = _bridged(ceiling, below)
            longest = max(longest, span)
            held.append(carried)
            # Less than a dot of plastic is no feature.
            if hanging.area > EXTRUSION**2:
                found.append(_unsupported(z, hanging))
        bridges.append(unary_union(held))
        if number >= SLOPE:
            firm = outlines[number - SLOPE][1].buffer(many)
            steep = _solid(
                outline.difference(firm).difference(unary_union(bridges).buffer(EXTRUSION))
            )
            if not steep.is_empty:
                found.append(_unsupported(z, steep))
    return found, longest


def _solid(shape: BaseGeometry) -> BaseGeometry:
    """Without slivers."""
    return shape.buffer(-TRIFLE).buffer(TRIFLE)


def _unsupported(z: float, shape: BaseGeometry) -> Unsupported:
    middle = shape.representative_point()
    return Unsupported(z, middle.x, middle.y, shape.area)


def _bridged(ceiling: Polygon, below: BaseGeometry) -> tuple[BaseGeometry, BaseGeometry, float]:
    """What hangs of a ceiling, what bridges carry of it, and the longest of them: in the direction that holds best."""
    beyond_ledge = ceiling.difference(below.buffer(LONGEST_LEDGE))
    tries = []
    for angle in range(0, 180, 15):
        carried, span = _carried_along(ceiling, below, angle)
        # A line of plastic beside a bridge holds on to it.
        hanging = _solid(beyond_ledge.difference(carried.buffer(EXTRUSION)))
        tries.append((hanging, carried, span))
    return min(tries, key=lambda one: (one[0].area, -one[1].area))


def _carried_along(
    ceiling: Polygon, below: BaseGeometry, angle: float
) -> tuple[BaseGeometry, float]:
    """The strips of a ceiling that lie on both ends when it is printed at an angle, and the longest."""
    ground = affinity.rotate(below, -angle, origin=(0, 0)).buffer(2 * TRIFLE)
    # Without the rim along the ground: a line there would seem to lie on it at both ends.
    turned = affinity.rotate(ceiling, -angle, origin=(0, 0)).difference(ground)
    if turned.is_empty:
        return turned, 0.0
    ground = ground.buffer(TRIFLE)
    left, low, right, high = turned.bounds
    span, strips, width = 0.0, [], 0.2
    for y in np.arange(low + width / 2, high, width):
        cut = turned.intersection(LineString([(left - 1, y), (right + 1, y)]))
        for line in getattr(cut, "geoms", [cut]):
            if line.geom_type != "LineString" or not TRIFLE < line.length <= LONGEST_BRIDGE:
                continue
            if all(ground.covers(line.interpolate(end)) for end in (0.0, line.length)):
                span = max(span, line.length)
                strips.append(line.buffer(width / 2, cap_style="flat"))
    return affinity.rotate(unary_union(strips), angle, origin=(0, 0)), span


def polygons(shape: BaseGeometry) -> list[Polygon]:
    """The areas of a shape, without lines and points."""
    if isinstance(shape, Polygon):
        return [] if shape.is_empty else [shape]
    if isinstance(shape, MultiPolygon) or hasattr(shape, "geoms"):
        return [piece for one in shape.geoms for piece in polygons(one)]
    return []


def thin_walls(
    mesh: trimesh.Trimesh, least: float
) -> list[tuple[float, tuple[float, float, float]]]:
    """(thickness, place) wherever a wall is thinner than `least`.

    From points all over the surface a ray goes straight in; what it meets counts when it faces the other way.
    """
    points, faces = trimesh.sample.sample_surface(mesh, int(mesh.area / 1.5) + 500, seed=1)
    normals = mesh.face_normals[faces]
    starts = points - normals * 1e-4
    hits, rays, others = mesh.ray.intersects_location(starts, -normals, multiple_hits=False)
    thickness = np.linalg.norm(hits - starts[rays], axis=1)
    facing = np.einsum("ij,ij->i", mesh.face_normals[others], normals[rays])
    thin = (thickness < least) & (facing < -0.9)
    return [
        (float(t), tuple(np.round(p, 1)))
        for t, p in zip(thickness[thin], points[rays][thin], strict=True)
    ]
