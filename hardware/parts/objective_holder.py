"""Objective holder: the RMS thread, and a chimney that keeps room light out between it and the tube."""

from bd_warehouse.thread import Thread
from build123d import Part, Pos

from hardware.dimensions import (
    RMS_ALLOWANCE,
    RMS_ANGLE_DEG,
    RMS_DEPTH,
    RMS_LENGTH,
    RMS_MAJOR,
    RMS_PITCH,
    SHOULDER_Z,
)
from hardware.parts.focus_block import (
    CARRIAGE_BORE,
    CARRIAGE_BOTTOM_Z,
    CARRIAGE_FRONT_Y,
    HALF_X,
    HOLDER_SCREWS,
    LEAF_FRONT_Y,
)
from hardware.printed import Printed
from hardware.shapes import block, cone, rod, screw_hole

CHIMNEY_DIAMETER, CHIMNEY_BORE, CHIMNEY_TOP_Z = CARRIAGE_BORE - 0.6, 16.0, 115.0
BORE = RMS_MAJOR + RMS_ALLOWANCE


def rms_thread(shape: Part, z: float) -> Part:
    """The shape with the objective's thread cut into it from below, from z upward."""
    from math import radians, tan

    shape -= rod((0, 0, z - 1), "+z", BORE, RMS_LENGTH + 1)
    # A flat of an eighth of the pitch in place of the crest's rounding; the flanks are the standard's.
    crest = RMS_PITCH / 8
    thread = Thread(
        apex_radius=BORE / 2 - RMS_DEPTH,
        apex_width=crest,
        root_radius=BORE / 2,
        root_width=crest + 2 * RMS_DEPTH * tan(radians(RMS_ANGLE_DEG / 2)),
        pitch=RMS_PITCH,
        length=RMS_LENGTH - 2 * RMS_PITCH,
        end_finishes=("fade", "fade"),
    )
    return shape + Pos(0, 0, z + RMS_PITCH) * thread


def objective_holder() -> Part:
    shape = block(
        (-HALF_X, HALF_X), (CARRIAGE_FRONT_Y, LEAF_FRONT_Y), (SHOULDER_Z, CARRIAGE_BOTTOM_Z)
    )
    height = CHIMNEY_TOP_Z - CARRIAGE_BOTTOM_Z
    shape += rod((0, 0, CARRIAGE_BOTTOM_Z), "+z", CHIMNEY_DIAMETER, height)
    for x, y in HOLDER_SCREWS:
        shape -= screw_hole((x, y, SHOULDER_Z - 1), "+z", 3.0, 12, head=1 + 3.3)
    shape -= rod((0, 0, SHOULDER_Z), "+z", CHIMNEY_BORE, 80)
    narrowing = (BORE - CHIMNEY_BORE) / 2
    shape -= cone((0, 0, SHOULDER_Z + RMS_LENGTH - 0.01), "+z", (BORE, CHIMNEY_BORE), narrowing)
    return rms_thread(shape, SHOULDER_Z)


PART = Printed("objective_holder", objective_holder, colour="#2e3338")
