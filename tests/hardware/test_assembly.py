"""The instrument put together: nothing overlaps, everything lies on the axis, and the slide is met first."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import pytest

WHY = "needs the extra hardware"
build123d = pytest.importorskip("build123d", reason=WHY)

from build123d import Axis, GeomType, Part, Pos  # noqa: E402

from hardware import dimensions as dim  # noqa: E402
from hardware.assembly import Placed, assembly  # noqa: E402
from hardware.parts.lamp import LED_TIP_Z  # noqa: E402
from hardware.shapes import block  # noqa: E402

LOWEST = dim.LIFT_NOMINAL - (dim.WORKING_DISTANCE - dim.STOP_HEIGHT)
# Nearer than this is contact, as of a screw's round end on the lever.
TOUCHING = 1e-3


@cache
def instrument(
    camera: str = "hq",
    oled: str = "oled096",
    lift: float = dim.LIFT_NOMINAL,
    stage: tuple[float, float] = (0.0, 0.0),
) -> dict[str, Part]:
    bodies: list[Placed] = assembly(camera, oled, lift, stage)
    return {body.name: body.shape for body in bodies}


def common_volume(one: Part, other: Part) -> float:
    common = one & other
    if common is None:
        return 0.0
    if isinstance(common, list):
        return sum(shape.volume for shape in common)
    return common.volume


def clashes(bodies: dict[str, Part]) -> list[str]:
    """Pairs that overlap, or that come closer than the least clearance without touching."""
    found = []
    boxes = {name: shape.bounding_box() for name, shape in bodies.items()}
    for (one, first), (other, second) in combinations(bodies.items(), 2):
        low = [max(a, b) for a, b in zip(boxes[one].min, boxes[other].min, strict=True)]
        high = [min(a, b) for a, b in zip(boxes[one].max, boxes[other].max, strict=True)]
        if any(a > b + dim.LEAST_CLEARANCE for a, b in zip(low, high, strict=True)):
            continue
        volume = common_volume(first, second)
        distance = first.distance_to(second)
        if volume > 1e-3:
            found.append(f"{one} and {other} overlap by {volume:.3f} mm3")
        elif TOUCHING < distance < dim.LEAST_CLEARANCE - 1e-6:
            found.append(f"{one} and {other} are {distance:.3f} mm apart")
    return found


@pytest.mark.parametrize(
    ("camera", "oled", "lift", "stage"),
    [
        ("hq", "oled096", dim.LIFT_NOMINAL, (0.0, 0.0)),
        ("v2", "oled13", dim.LIFT_CHANGE, (-dim.TRAVEL_X, -dim.TRAVEL_Y)),
        ("hq", "oled096", LOWEST, (dim.TRAVEL_X, dim.TRAVEL_Y)),
        ("hq", "oled096", LOWEST, (-dim.TRAVEL_X, dim.TRAVEL_Y)),
        ("hq", "oled096", LOWEST, (dim.TRAVEL_X, -dim.TRAVEL_Y)),
    ],
)
def test_ok__no_two_parts_overlap(
    camera: str, oled: str, lift: float, stage: tuple[float, float]
) -> None:
    assert clashes(instrument(camera, oled, lift, stage)) == []


def test_fail__an_overlap_and_a_narrow_gap_are_seen() -> None:
    one = block((0, 10), (0, 10), (0, 10))
    assert "overlap" in clashes({"one": one, "other": Pos(9.9, 0, 0) * one})[0]
    assert "apart" in clashes({"one": one, "other": Pos(10.1, 0, 0) * one})[0]
    assert clashes({"one": one, "other": Pos(10.0, 0, 0) * one}) == []
    assert clashes({"one": one, "other": Pos(10.2, 0, 0) * one}) == []


# --- the optical axis -------------------------------------------------------------------------------------------


def upright_cylinders(shape: Part, diameter: float) -> list[tuple[float, float]]:
    """(x, y) of the axes of all upright cylindrical faces of a diameter."""
    found = []
    for face in shape.faces().filter_by(GeomType.CYLINDER):
        axis = face.axis_of_rotation
        if abs(axis.direction.Z) > 0.9999 and face.radius == pytest.approx(diameter / 2, abs=1e-4):
            found.append((axis.position.X, axis.position.Y))
    return found


def levels(shape: Part) -> list[float]:
    """Heights of all level faces."""
    return sorted({round(face.center().Z, 4) for face in shape.faces().filter_by(Axis.Z)})


@pytest.mark.parametrize("camera", ["hq", "v2"])
def test_ok__everything_lies_on_one_axis(camera: str) -> None:
    bodies = instrument(camera)
    bore = {"hq": 18.0, "v2": 9.0}[camera]
    on_axis = {
        "LED's seat": (bodies["lamp"], dim.LED_DIAMETER + 0.2),
        "objective's bore": (bodies["objective_holder"], dim.RMS_MAJOR + dim.RMS_ALLOWANCE),
        "chimney": (bodies["objective_holder"], 16.0),
        "baffles": (bodies["tube"], 12.0),
        "camera holder": (bodies[f"camera_{camera}"], bore),
    }
    for name, (shape, diameter) in on_axis.items():
        axes = upright_cylinders(shape, diameter)
        assert axes, f"{name}: no such bore"
        for x, y in axes:
            assert abs(x) < 0.05, name
            assert abs(y) < 0.05, name
    for name in ("slide", "led", "objective", "diffuser"):
        centre = bodies[name].center()
        assert abs(centre.X) < 0.05, name
        assert abs(centre.Y) < 0.05, name
    # The board's holes are around the sensor as the maker's drawing has them around it.
    holes = {
        "hq": [(x, y) for x in (-15.0, 15.0) for y in (-15.0, 15.0)],
        "v2": [(x, y) for x in (-10.5, 10.5) for y in (0.1, -12.4)],
    }[camera]
    screw = {"hq": 2.9, "v2": 2.4}[camera]
    drilled = upright_cylinders(bodies[f"camera_{camera}"], screw)
    for x, y in holes:
        assert min(abs(x - hole[0]) + abs(y - hole[1]) for hole in drilled) < 0.05


@pytest.mark.parametrize("lift", [LOWEST, dim.LIFT_NOMINAL, dim.LIFT_HIGHEST])
def test_ok__focusing_keeps_the_objective_on_the_axis(lift: float) -> None:
    """The carriage's bore moves sideways as the leaves bend; the objective goes with it."""
    axes = upright_cylinders(instrument(lift=lift)["focus_block"], 22.4)
    assert axes
    for x, y in axes:
        assert abs(x) < 0.05
        assert abs(y) < 0.11
    at_focus = upright_cylinders(instrument()["focus_block"], 22.4)
    assert all(abs(y) < 0.05 for _, y in at_focus)


@pytest.mark.parametrize(
    ("camera", "seat_to_sensor"),
    [("hq", dim.HQ_FLANGE_TO_SENSOR), ("v2", -dim.V2_SENSOR_HEIGHT)],
)
def test_ok__distances_along_the_axis(camera: str, seat_to_sensor: float) -> None:
    bodies = instrument(camera)
    shoulder = min(levels(bodies["objective_holder"]))
    sensor = max(levels(bodies[f"camera_{camera}"])) + seat_to_sensor
    assert sensor - shoulder == pytest.approx(150.0, abs=0.1)
    # The slide lies on the holder's ledge, which is the floor of its pocket.
    ledge = [z for z in levels(bodies["slide_holder"]) if dim.STAGE_Z < z < -0.4]
    smear = ledge[0] + dim.SLIDE_THICKNESS
    assert shoulder - smear == pytest.approx(45.0, abs=0.1)
    aperture = max(levels(bodies["aperture_open"]))
    assert smear - aperture == pytest.approx(dim.APERTURE_DISTANCE, abs=0.1)
    diffuser = min(levels(bodies["diffuser"]))
    assert pytest.approx(LED_TIP_Z, abs=0.1) == bodies["led"].bounding_box().max.Z
    assert diffuser - LED_TIP_Z == pytest.approx(dim.LED_TO_DIFFUSER, abs=0.1)


def test_ok__the_light_reaches_every_place_of_the_slide() -> None:
    """The cone from the aperture to the smear passes stage plate and slide holder, wherever the slide is moved."""
    bodies = instrument()
    cone = build123d.Cone(
        dim.APERTURE_DIAMETERS["open"] / 2,
        0.1,
        dim.APERTURE_DISTANCE - dim.SLIDE_THICKNESS,
        align=(build123d.Align.CENTER, build123d.Align.CENTER, build123d.Align.MIN),
    )
    cone = Pos(0, 0, -dim.APERTURE_DISTANCE) * cone
    assert common_volume(cone, bodies["stage_plate"]) == 0
    for x in (-dim.TRAVEL_X, 0, dim.TRAVEL_X):
        for y in (-dim.TRAVEL_Y, 0, dim.TRAVEL_Y):
            assert common_volume(cone, Pos(x, y, 0) * bodies["slide_holder"]) == 0


def test_ok__the_picture_passes_the_tube() -> None:
    """From the objective's exit to the HQ sensor's corners (7.9 mm across) nothing is in the way."""
    bodies = instrument()
    z = dim.SHOULDER_Z + 1
    beam = build123d.Cone(
        3.5,
        4.0,
        dim.SENSOR_Z - 0.5 - z,
        align=(build123d.Align.CENTER, build123d.Align.CENTER, build123d.Align.MIN),
    )
    beam = Pos(0, 0, z) * beam
    for name in ("objective_holder", "focus_block", "tube", "camera_hq"):
        assert common_volume(beam, bodies[name]) == 0, name


def test_ok__no_room_light_enters_the_tube() -> None:
    """The chimney of the moving objective stays inside the fixed tube, however low it is."""
    tube = instrument()["tube"].bounding_box()
    for lift in (LOWEST, dim.LIFT_CHANGE):
        chimney = instrument(lift=lift)["objective_holder"].bounding_box()
        assert chimney.max.Z > tube.min.Z + 5


# --- the objective and the slide --------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [-dim.TRAVEL_X, 0.0, dim.TRAVEL_X])
@pytest.mark.parametrize("y", [-dim.TRAVEL_Y, 0.0, dim.TRAVEL_Y])
def test_ok__going_down_the_objective_meets_the_slide_first(x: float, y: float) -> None:
    bodies = instrument()
    down = dim.WORKING_DISTANCE + 0.05
    moved = ("slide", "slide_holder", "slide_clip", "slide_clip_2", "stage_x")
    shift = Pos(x, y, 0)
    fixed = {name: shift * bodies[name] for name in moved}
    fixed |= {name: bodies[name] for name in ("stage_plate", "tube", "column")}
    lowered = [Pos(0, 0, -down) * bodies[name] for name in ("objective", "objective_holder")]
    met = {
        name
        for name, shape in fixed.items()
        if any(common_volume(shape, one) > 1e-4 for one in lowered)
    }
    assert met == {"slide"}


def test_ok__the_objective_can_be_screwed_out() -> None:
    """With the slide holder off: down by its thread's length, then away to the front."""
    bodies = instrument(lift=dim.LIFT_CHANGE)
    objective = bodies["objective"]
    below = Pos(0, 0, -5.2) * objective
    assert below.bounding_box().max.Z < bodies["objective_holder"].bounding_box().min.Z
    others = ("stage_plate", "lamp", "aperture_open", "stage_x", "stage_y", "objective_holder")
    for name in others:
        assert common_volume(below, bodies[name]) == 0, name
        for forward in (10, 20, 40, 60):
            assert common_volume(Pos(0, -forward, 0) * below, bodies[name]) == 0, name


def test_ok__the_pivot_goes_in_before_the_objective_holder() -> None:
    """Its screw comes from the front, where the chimney will be."""
    bodies = instrument()
    bodies.pop("objective_holder")
    for back in range(0, 36, 5):
        screw = Pos(0, -back, 0) * bodies["pivot_screw"]
        for name in ("focus_block", "focus_lever"):
            assert common_volume(screw, bodies[name]) < 1e-3, (name, back)


def test_ok__the_stop_holds_the_front_lens_above_the_thickest_slide() -> None:
    bodies = instrument(lift=LOWEST)
    # The stop's screw stands on the block's arm there.
    gap = bodies["stop_screw"].distance_to(bodies["focus_block"])
    assert gap < 0.02
    front = bodies["objective"].bounding_box().min.Z
    thickest = dim.SLIDE_THICKEST - dim.SLIDE_THICKNESS + dim.COVER_GLASS
    thinnest = dim.SLIDE_THINNEST - dim.SLIDE_THICKNESS
    assert front >= thickest + 0.05
    assert front <= thinnest + dim.WORKING_DISTANCE - 0.05
