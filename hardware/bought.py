"""The bought parts, as far as the printed ones must fit them: their outlines, where they sit in the instrument."""

from collections.abc import Callable
from dataclasses import dataclass

from build123d import Location, Part, Pos, Sphere

from hardware.dimensions import (
    BUTTON_DEPTH,
    BUTTON_HOLE,
    DIFFUSER_DIAMETER,
    DIFFUSER_THICKNESS,
    FOCUS_SCREW_LENGTH,
    FOCUS_SCREW_XY,
    HEAD,
    HQ_BOARD,
    HQ_BOARD_THICKNESS,
    HQ_FLANGE_TO_SENSOR,
    HQ_HOLE_DIAMETER,
    HQ_HOLES,
    HQ_RING_BORE,
    HQ_RING_DIAMETER,
    HQ_SENSOR_HEIGHT,
    LED_DIAMETER,
    LED_LENGTH,
    LED_RIM_DIAMETER,
    LED_RIM_HEIGHT,
    LEVER_EFFORT_Z,
    LEVER_LOAD_Z,
    LEVER_PIVOT_XZ,
    LIFT_NOMINAL,
    OBJECTIVE_DIAMETER,
    OBJECTIVE_NOSE_DIAMETER,
    OLED_BOARD,
    OLED_BOARD_THICKNESS,
    OLED_GLASS,
    OLED_HOLES,
    PI_BOARD_THICKNESS,
    PI_HEIGHT,
    PI_HOLE_DIAMETER,
    PI_LENGTH,
    PI_USB_OVERHANG,
    PI_WIDTH,
    RMS_DEPTH,
    RMS_MAJOR,
    SCREW_TIP_RADIUS,
    SENSOR_Z,
    SHOULDER_Z,
    SLIDE_LENGTH,
    SLIDE_THICKNESS,
    SLIDE_WIDTH,
    STOP_HEIGHT,
    V2_BOARD_THICKNESS,
    V2_BOARD_X,
    V2_BOARD_Y,
    V2_HOLE_DIAMETER,
    V2_HOUSING,
    V2_HOUSING_HEIGHT,
    V2_RIBBON_EDGE,
    V2_SENSOR_HEIGHT,
    WORKING_DISTANCE,
)
from hardware.focus import screw_travel
from hardware.parts.camera_v2 import v2_holes
from hardware.parts.floor import FLOOR_TOP_Z, PI_CORNER, PI_STANDOFF, pi_holes
from hardware.parts.focus_block import ARM_Z, COARSE_SCREW, STOP_SCREW
from hardware.parts.focus_lever import Y as LEVER_Y
from hardware.parts.lamp import DIFFUSER_Z, LED_SEAT_Z
from hardware.parts.panel import BUTTON_AT, FACE, OLED_AT_X, WALL
from hardware.parts.stage_knob import AT_X, AT_Y, HEIGHT, STEM_LENGTH
from hardware.shapes import block, cone, rod

METAL, GLASS, BOARD, BLACK = "#b9bec4", "#a9cfe0", "#2c7a4b", "#22262a"


@dataclass(frozen=True)
class Bought:
    """A bought part: its name, its outline where it sits, its colour in pictures."""

    name: str
    shape: Callable[[], Part]
    colour: str


def objective() -> Part:
    """The 40x objective; its thread as a cylinder of the minor diameter, for it meshes with the printed one."""
    z = SHOULDER_Z
    shape = rod((0, 0, 15), "+z", OBJECTIVE_DIAMETER, z - 15)
    nose = WORKING_DISTANCE
    shape += cone((0, 0, nose), "+z", (OBJECTIVE_NOSE_DIAMETER, OBJECTIVE_DIAMETER), 15 - nose)
    shape += rod((0, 0, z), "+z", RMS_MAJOR - 2 * RMS_DEPTH, 5)
    shape -= rod((0, 0, nose - 1), "+z", 4, z + 10)
    return shape


def slide(thickness: float = SLIDE_THICKNESS) -> Part:
    """The glass slide, the smear on top."""
    bottom = -SLIDE_THICKNESS
    half_x, half_y = SLIDE_LENGTH / 2, SLIDE_WIDTH / 2
    return block((-half_x, half_x), (-half_y, half_y), (bottom, bottom + thickness))


def led() -> Part:
    shape = rod((0, 0, LED_SEAT_Z), "+z", LED_DIAMETER, LED_LENGTH - LED_RIM_HEIGHT - 2.5)
    top = LED_SEAT_Z + LED_LENGTH - LED_RIM_HEIGHT
    shape += cone((0, 0, top - 2.5), "+z", (LED_DIAMETER, 2), 2.5)
    return shape + rod((0, 0, LED_SEAT_Z), "-z", LED_RIM_DIAMETER, LED_RIM_HEIGHT)


def diffuser() -> Part:
    return rod((0, 0, DIFFUSER_Z), "+z", DIFFUSER_DIAMETER, DIFFUSER_THICKNESS)


def hq_camera() -> Part:
    """The HQ camera: board, mount, sensor."""
    front = SENSOR_Z + HQ_SENSOR_HEIGHT
    half = HQ_BOARD / 2
    shape = block((-half, half), (-half, half), (front, front + HQ_BOARD_THICKNESS))
    for x in (-HQ_HOLES / 2, HQ_HOLES / 2):
        for y in (-HQ_HOLES / 2, HQ_HOLES / 2):
            shape -= rod((x, y, front - 1), "+z", HQ_HOLE_DIAMETER, 5)
    seat = SENSOR_Z - HQ_FLANGE_TO_SENSOR
    mount = rod((0, 0, seat), "+z", HQ_RING_DIAMETER, front - seat)
    mount -= rod((0, 0, seat - 1), "+z", HQ_RING_BORE, front - seat + 1)
    # The tripod's foot, at the edge with the ribbon: towards the column.
    mount += block((-7, 7), (16, half + 11.3), (front - 12, front))
    return shape + mount + sensor(6.287, 4.712)


def v2_camera() -> Part:
    """Camera Module v2 without its lens: board, housing, sensor."""
    front = SENSOR_Z + V2_SENSOR_HEIGHT
    back_y = V2_RIBBON_EDGE
    shape = block(
        (-V2_BOARD_X / 2, V2_BOARD_X / 2),
        (back_y - V2_BOARD_Y, back_y),
        (front, front + V2_BOARD_THICKNESS),
    )
    for x, y in v2_holes():
        shape -= rod((x, y, front - 1), "+z", V2_HOLE_DIAMETER, 5)
    half = V2_HOUSING / 2
    housing = block((-half, half), (-half, half), (front - V2_HOUSING_HEIGHT, front))
    housing -= rod((0, 0, front - 10), "+z", 5.6, 10)
    return shape + housing + sensor(3.674, 2.760)


def sensor(wide: float, high: float) -> Part:
    """A sensor's face at the image plane; behind it whatever carries it."""
    return block((-wide / 2, wide / 2), (-high / 2, high / 2), (SENSOR_Z, SENSOR_Z + 2.5))


def oled(name: str) -> Part:
    """The OLED module behind the panel's face, its glass on the inside of the face."""
    wide, high = OLED_BOARD[name]
    behind = -WALL - OLED_GLASS
    shape = block(
        (OLED_AT_X - wide / 2, OLED_AT_X + wide / 2),
        (-high / 2, high / 2),
        (behind - OLED_BOARD_THICKNESS, behind),
    )
    half_x, half_y = (size / 2 for size in OLED_HOLES[name])
    for x in (-half_x, half_x):
        for y in (-half_y, half_y):
            shape -= rod((OLED_AT_X + x, y, behind - 5), "+z", 2.2, 10)
    # The glass leaves the holes free.
    glass_high = OLED_HOLES[name][1] - 5.2
    half_glass = min(wide, OLED_HOLES[name][0] + 10) / 2 - 0.4
    shape += block(
        (OLED_AT_X - half_glass, OLED_AT_X + half_glass),
        (-glass_high / 2, glass_high / 2),
        (behind, -WALL - 0.01),
    )
    return FACE.location * shape


def button() -> Part:
    shape = rod((*BUTTON_AT, 0), "-z", BUTTON_HOLE - 0.4, BUTTON_DEPTH)
    shape += rod((*BUTTON_AT, 0), "+z", 17, 2) + rod((*BUTTON_AT, 2), "+z", 9, 4)
    return FACE.location * shape


def raspberry_pi() -> Part:
    """Board and the volume that connectors and cooler may fill."""
    bottom = FLOOR_TOP_Z + PI_STANDOFF
    right, front = PI_CORNER
    shape = block(
        (right - PI_WIDTH, right),
        (front, front + PI_LENGTH),
        (bottom, bottom + PI_BOARD_THICKNESS),
    )
    for x, y in pi_holes():
        shape -= rod((x, y, bottom - 1), "+z", PI_HOLE_DIAMETER, 5)
    top = bottom + PI_BOARD_THICKNESS
    back = front + PI_LENGTH
    # USB and network, header, plugs of the long side.
    shape += block(
        (right - 53, right - 3), (back - 18, back + PI_USB_OVERHANG), (top, top + PI_HEIGHT)
    )
    shape += block((right - 55, right - 50), (front + 7, front + 58), (top, top + 8.5))
    return shape + block((right - 8, right + 1.8), (front + 7, front + 57), (top, top + 7))


def focus_screw(lift: float = LIFT_NOMINAL) -> Part:
    """M3 x 40, from the knob down to the lever."""
    x, y = FOCUS_SCREW_XY
    top = LEVER_EFFORT_Z + FOCUS_SCREW_LENGTH
    shape = _rounded_screw((x, y, LEVER_EFFORT_Z), FOCUS_SCREW_LENGTH)
    return Pos(0, 0, -screw_travel(lift)) * (shape + rod((x, y, top), "+z", 5, 2.2))


def pivot_screw() -> Part:
    """M3 x 25, through the lever into the focus block's arm."""
    x, z = LEVER_PIVOT_XZ
    head = LEVER_Y[0] - 0.3
    return rod((x, head, z), "+y", 2.9, 25) + rod((x, head, z), "-y", HEAD[3.0][0], HEAD[3.0][1])


def coarse_screw() -> Part:
    """M3 x 16, from the carriage's tongue down on the lever."""
    return _rounded_screw((*COARSE_SCREW, LEVER_LOAD_Z), 16)


def stop_screw() -> Part:
    """M3 x 16, from the carriage's tongue to just above the arm: it ends the way down."""
    gap = WORKING_DISTANCE - STOP_HEIGHT
    return _rounded_screw((*STOP_SCREW, ARM_Z[1] + gap), 16)


def _rounded_screw(tip: tuple[float, float, float], length: float) -> Part:
    x, y, z = tip
    ball = Pos(x, y, z + SCREW_TIP_RADIUS) * Sphere(SCREW_TIP_RADIUS)
    start = (x, y, z + SCREW_TIP_RADIUS)
    return ball + rod(start, "+z", 2 * SCREW_TIP_RADIUS, length - SCREW_TIP_RADIUS)


def stage_screw(at: Location) -> Part:
    """M4 x 60 in the end of a stage knob's stem."""
    end = HEIGHT + STEM_LENGTH
    shape = rod((0, 0, end - 3.1), "+z", 6.9, 3.0) + rod((0, 0, end - 1), "+z", 3.9, 61)
    return at * shape


def bought_parts(camera: str, oled_name: str, lift: float = LIFT_NOMINAL) -> list[Bought]:
    """All of them, with the camera "hq" or "v2" and the OLED "oled096" or "oled13"."""
    cameras = {"hq": hq_camera, "v2": v2_camera}
    return [
        Bought("raspberry_pi", raspberry_pi, BOARD),
        Bought("led", led, "#f4f1d8"),
        Bought("diffuser", diffuser, "#f7f7f2"),
        Bought("slide", slide, GLASS),
        Bought("objective", objective, METAL),
        Bought("camera", cameras[camera], BOARD),
        Bought("oled", lambda: oled(oled_name), BLACK),
        Bought("button", button, "#b33a3a"),
        Bought("focus_screw", lambda: focus_screw(lift), METAL),
        Bought("pivot_screw", pivot_screw, METAL),
        Bought("coarse_screw", coarse_screw, METAL),
        Bought("stop_screw", stop_screw, METAL),
        Bought("stage_screw_x", lambda: stage_screw(AT_X), METAL),
        Bought("stage_screw_y", lambda: stage_screw(AT_Y), METAL),
    ]
