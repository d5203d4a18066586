"""The STL files that a user prints: are they whole, as the source says, and printable?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

WHY = "needs the extra hardware"
build123d = pytest.importorskip("build123d", reason=WHY)
trimesh = pytest.importorskip("trimesh", reason=WHY)

from hardware import dimensions  # noqa: E402
from hardware.all_parts import PARTS  # noqa: E402
from hardware.make import write_stl  # noqa: E402
from hardware.printability import overhangs, thin_walls  # noqa: E402
from hardware.printed import Printed  # noqa: E402

# In the RMS thread the turns are thin by nature, and overhang by less than a printed line.
THREADED = {"objective_holder", "rms_gauge"}
THREAD_RADIUS = 10.6

every_part = pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)


def committed(hardware: Path, part: Printed) -> trimesh.Trimesh:
    return trimesh.load_mesh(hardware / "stl" / f"{part.name}.stl")


@every_part
def test_ok__the_mesh_is_one_watertight_body(hardware: Path, part: Printed) -> None:
    mesh = committed(hardware, part)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.body_count == 1
    assert mesh.volume > 0


@every_part
def test_ok__the_files_are_what_the_source_makes(
    hardware: Path, part: Printed, tmp_path: Path
) -> None:
    mesh = committed(hardware, part)
    shape = part.on_bed()
    assert len(shape.solids()) == 1
    box = shape.bounding_box()
    np.testing.assert_allclose(mesh.bounds, [tuple(box.min), tuple(box.max)], atol=0.03)
    assert mesh.volume == pytest.approx(shape.volume, rel=0.005)
    write_stl(shape, tmp_path / "again.stl")
    again = trimesh.load_mesh(tmp_path / "again.stl")
    # Both ways, so that neither has anything that the other lacks.
    for one, other in ((mesh, again), (again, mesh)):
        points, _ = trimesh.sample.sample_surface(one, 1500, seed=1)
        _, distance, _ = trimesh.proximity.closest_point(other, points)
        assert distance.max() < 0.02
    step = build123d.import_step(hardware / "step" / f"{part.name}.step")
    assert step.volume == pytest.approx(shape.volume, rel=1e-4)


@every_part
def test_ok__fits_the_bed_as_it_lies(hardware: Path, part: Printed) -> None:
    mesh = committed(hardware, part)
    assert np.all(mesh.extents <= dimensions.BED)
    assert mesh.bounds[0][2] == pytest.approx(0, abs=1e-3)


@every_part
def test_ok__nothing_is_printed_on_air(hardware: Path, part: Printed) -> None:
    hanging, bridge = overhangs(committed(hardware, part))
    assert hanging == []
    assert bridge <= dimensions.LONGEST_BRIDGE


@every_part
def test_ok__lies_on_the_bed_with_a_face(hardware: Path, part: Printed) -> None:
    mesh = committed(hardware, part)
    lying = mesh.triangles_center[:, 2] < 0.01
    footprint = mesh.area_faces[lying].sum()
    assert footprint >= 35
    # A tower topples: five times as high as the root of its foot is wide.
    assert mesh.extents[2] <= 5.5 * np.sqrt(footprint)


@every_part
def test_ok__no_wall_is_too_thin(hardware: Path, part: Printed) -> None:
    thin = thin_walls(committed(hardware, part), dimensions.LEAST_WALL - 0.01)
    if part.name in THREADED:
        thin = [(wall, at) for wall, at in thin if np.hypot(at[0], at[1]) > THREAD_RADIUS]
    assert thin == []


def test_ok__every_file_belongs_to_a_part(hardware: Path) -> None:
    names = {part.name for part in PARTS}
    assert {path.stem for path in (hardware / "stl").iterdir()} == names
    assert {path.stem for path in (hardware / "step").iterdir()} == names | {"leukoscope"}


def thread_profile(mesh: trimesh.Trimesh, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """Heights, and the distance from the axis to the thread there, looking out at an angle."""
    heights = np.arange(1.6, 4.4, 0.01)
    out = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0])
    starts = np.column_stack([np.zeros((len(heights), 2)), heights])
    hits, rays, _ = mesh.ray.intersects_location(
        starts, np.tile(out, (len(heights), 1)), multiple_hits=False
    )
    radius = np.full(len(heights), np.nan)
    radius[rays] = hits @ out
    return heights, radius


def crests(heights: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Middles of the turns, where the thread is narrowest."""
    narrow = np.flatnonzero(radius < np.nanmin(radius) + 0.02)
    groups = np.split(narrow, np.flatnonzero(np.diff(narrow) > 5) + 1)
    return np.array([heights[group].mean() for group in groups])


def test_ok__the_objective_screws_in(hardware: Path) -> None:
    """The gauge's thread, as the holder's: 36 turns an inch, 55 degrees, right-handed, wider by the allowance."""
    mesh = trimesh.load_mesh(hardware / "stl" / "rms_gauge.stl")
    heights, radius = thread_profile(mesh, 1.0)
    assert 2 * np.nanmax(radius) == pytest.approx(20.32 + dimensions.RMS_ALLOWANCE, abs=0.03)
    assert 2 * np.nanmin(radius) == pytest.approx(19.416 + dimensions.RMS_ALLOWANCE, abs=0.03)
    turns = crests(heights, radius)
    assert len(turns) >= 3
    np.testing.assert_allclose(np.diff(turns), 25.4 / 36, atol=0.03)
    # On a flank the radius grows by 1 / tan 27.5 degrees to a millimetre of height.
    slope = np.abs(np.gradient(radius, heights))
    middle = np.abs(radius - (np.nanmin(radius) + np.nanmax(radius)) / 2) < 0.12
    assert np.median(slope[middle]) == pytest.approx(1 / np.tan(np.radians(27.5)), rel=0.05)
    # A quarter turn on, a right-handed thread is a quarter of the pitch higher.
    quarter = crests(*thread_profile(mesh, 91.0))
    rise = (quarter[0] - turns[0]) % (25.4 / 36)
    assert rise == pytest.approx(25.4 / 36 / 4, abs=0.03)


# --- do these checks see what is wrong? -------------------------------------------------------------------------


def box(x: float, y: float, z: float, at: tuple[float, float, float]) -> trimesh.Trimesh:
    shape = trimesh.creation.box((x, y, z))
    shape.apply_translation(np.array(at) + np.array((x, y, z)) / 2)
    return shape


def joined(*boxes: trimesh.Trimesh) -> trimesh.Trimesh:
    shapes = [
        build123d.Pos(*one.bounds.mean(axis=0)) * build123d.Box(*one.extents) for one in boxes
    ]
    whole = shapes[0]
    for shape in shapes[1:]:
        whole += shape
    points, faces = whole.tessellate(0.1)
    return trimesh.Trimesh([tuple(point) for point in points], faces)


def gate(span: float) -> trimesh.Trimesh:
    """Two posts with a beam across."""
    return joined(
        box(5, 10, 10, (0, 0, 0)),
        box(5, 10, 10, (5 + span, 0, 0)),
        box(10 + span, 10, 3, (0, 0, 10)),
    )


def test_ok__a_short_bridge_holds() -> None:
    hanging, bridge = overhangs(gate(15))
    assert hanging == []
    assert bridge == pytest.approx(15, abs=0.2)


def test_fail__a_long_bridge_hangs() -> None:
    hanging, _ = overhangs(gate(25))
    assert hanging


def test_fail__a_shelf_hangs() -> None:
    shelf = joined(box(5, 10, 20, (0, 0, 0)), box(12, 10, 3, (0, 0, 12)))
    hanging, _ = overhangs(shelf)
    assert hanging
    assert hanging[0].z == pytest.approx(12.1, abs=0.15)


def test_fail__an_island_begins_in_the_air() -> None:
    hook = joined(box(5, 10, 20, (0, 0, 0)), box(12, 10, 3, (0, 0, 17)), box(3, 10, 10, (9, 0, 8)))
    hanging, _ = overhangs(hook)
    assert hanging
    assert hanging[0].z == pytest.approx(8.1, abs=0.15)


@pytest.mark.parametrize(("degrees", "holds"), [(40, True), (47, True), (55, False), (70, False)])
def test_ok__a_slope_holds_up_to_fifty_degrees(degrees: float, holds: bool) -> None:
    reach = 10 * np.tan(np.radians(degrees))
    profile = build123d.Polyline((0, 0), (0, 10), (5 + reach, 10), (5, 0), close=True)
    face = build123d.make_face(build123d.Plane.XZ * profile)
    points, faces = build123d.extrude(face, 10).tessellate(0.1)
    hanging, _ = overhangs(trimesh.Trimesh([tuple(point) for point in points], faces))
    assert (hanging == []) == holds


@pytest.mark.parametrize(("thickness", "thick"), [(1.0, False), (1.3, True)])
def test_ok__a_thin_wall_is_seen(thickness: float, thick: bool) -> None:
    assert (thin_walls(box(20, thickness, 20, (0, 0, 0)), 1.19) == []) == thick
