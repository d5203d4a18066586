"""The focus on paper: step, range, force and strain. `python -m hardware.focus` prints the table of the guide.

The objective hangs on two leaves that are held at one end and guided at the other (a parallelogram). A screw turns a
lever, whose short arm lifts them; they are always bent upward a little, and so press down on the lever without play.
"""

from math import cos, tan

from hardware.dimensions import (
    COVER_GLASS,
    FOCUS_NOTCHES,
    FOCUS_SCREW_PITCH,
    FOCUS_SCREW_XY,
    LEAF_LENGTH,
    LEAF_THICKNESS,
    LEAF_WIDTH,
    LEVER_EFFORT_Z,
    LEVER_LOAD_Z,
    LEVER_PIVOT_XZ,
    LIFT_CHANGE,
    LIFT_HIGHEST,
    LIFT_LOWEST,
    LIFT_NOMINAL,
    PARFOCAL_TOLERANCE,
    SCREW_TIP_RADIUS,
    SLIDE_THICKEST,
    SLIDE_THICKNESS,
    SLIDE_THINNEST,
    STOP_HEIGHT,
    WORKING_DISTANCE,
)

# Young's modulus and stress at yield of PETG, N/mm2: makers' data sheets give 1900 to 2200 and 45 to 50.
PETG_MODULUS = 2000.0
PETG_YIELD = 45.0
# Objective, carriage and holder, in newton (assumed: 0.17 kg).
WEIGHT = 1.7
# A hand sets a knob to about a degree; no measurement of it was found, so three are assumed.
HAND_DEG = 3.0


def lever_angle(lift: float) -> float:
    """Radians by which the lever is turned from the nominal focus."""
    low, high = -0.5, 0.5
    while high - low > 1e-12:
        middle = (low + high) / 2
        if LIFT_NOMINAL + _rise(middle) < lift:
            low = middle
        else:
            high = middle
    return low


def _rise(angle: float) -> float:
    """Rise of the carriage: its screw's round end on a flat that turns about the pivot."""
    arm, height = LEVER_PIVOT_XZ[0], LEVER_LOAD_Z + SCREW_TIP_RADIUS - LEVER_PIVOT_XZ[1]
    return arm * tan(angle) + height * (1 / cos(angle) - 1)


def screw_travel(lift: float) -> float:
    """How far the focus screw has gone down from the nominal focus, mm."""
    angle = lever_angle(lift)
    arm = FOCUS_SCREW_XY[0] - LEVER_PIVOT_XZ[0]
    height = LEVER_EFFORT_Z + SCREW_TIP_RADIUS - LEVER_PIVOT_XZ[1]
    return arm * tan(angle) - height * (1 / cos(angle) - 1)


def lever_ratio(lift: float) -> float:
    """Travel of the screw over travel of the objective, there."""
    return (screw_travel(lift + 0.01) - screw_travel(lift - 0.01)) / 0.02


def step_um(degrees: float, lift: float) -> float:
    """Rise of the objective, in um, for a turn of the knob there."""
    return FOCUS_SCREW_PITCH / lever_ratio(lift) * degrees / 360 * 1000


def largest_step_um(degrees: float) -> float:
    """The largest over the travel."""
    count = 20
    lifts = [LIFT_LOWEST + focus_travel() * number / count for number in range(count + 1)]
    return max(step_um(degrees, lift) for lift in lifts)


def leaf_rise(along: float) -> float:
    """Share of the lift at a share of the leaf's length: a beam held at one end, guided at the other.

    Roark, Formulas for Stress and Strain, table 8.1.
    """
    return along**2 * (3 - 2 * along)


def sideways(lift: float) -> float:
    """How far the carriage lies behind its place at the nominal lift, mm.

    A bent leaf is shorter by 0.6 lift^2 / length: the integral of half the square of the slope of `leaf_rise`.
    """
    return 0.6 * (lift**2 - LIFT_NOMINAL**2) / LEAF_LENGTH


def leaf_force(lift: float) -> float:
    """Newton, of both leaves: 12 E I lift / length^3 each, I = width thickness^3 / 12 (Roark, table 8.1)."""
    inertia = LEAF_WIDTH * LEAF_THICKNESS**3 / 12
    return 2 * 12 * PETG_MODULUS * inertia * lift / LEAF_LENGTH**3


def leaf_strain(lift: float) -> float:
    """Largest strain, at the ends: 3 thickness lift / length^2."""
    return 3 * LEAF_THICKNESS * lift / LEAF_LENGTH**2


def focus_travel() -> float:
    """mm, from the lowest to the highest focus."""
    return LIFT_HIGHEST - LIFT_LOWEST


def needed_travel() -> float:
    """mm: slides from the thinnest to the thickest, and objectives that are parfocal to a tolerance, both ways."""
    return (SLIDE_THICKEST - SLIDE_THINNEST) + 2 * PARFOCAL_TOLERANCE


def stop_range() -> tuple[float, float]:
    """mm above the smear of a slide of 1 mm, between which the stop must hold the front lens.

    Above the thickest slide's cover glass, and low enough that the thinnest slide comes into focus without one.
    """
    return (
        SLIDE_THICKEST - SLIDE_THICKNESS + COVER_GLASS,
        SLIDE_THINNEST - SLIDE_THICKNESS + WORKING_DISTANCE,
    )


def table() -> str:
    """The guide's table, in Markdown."""
    notch = 360 / FOCUS_NOTCHES
    strain = leaf_strain(LIFT_CHANGE)
    force = (leaf_force(LIFT_LOWEST), leaf_force(LIFT_CHANGE))
    shift = sideways(LIFT_HIGHEST) - sideways(LIFT_LOWEST)
    low, high = stop_range()
    rows = [
        ("travel", f"{focus_travel():.1f} mm, of which {needed_travel():.1f} mm are needed"),
        ("lever", f"{lever_ratio(LIFT_LOWEST):.2f} to {lever_ratio(LIFT_HIGHEST):.2f} : 1"),
        ("one turn of the knob", f"{largest_step_um(360):.0f} µm at most"),
        (f"one notch of {FOCUS_NOTCHES}", f"{largest_step_um(notch):.2f} µm at most"),
        (f"what a hand sets, {HAND_DEG:.0f}° (assumed)", f"{largest_step_um(HAND_DEG):.1f} µm"),
        (
            "force of the leaves",
            f"{force[0]:.1f} to {force[1]:.1f} N, and {WEIGHT:.1f} N of weight",
        ),
        (
            "largest strain, stress, objective lifted out",
            f"{100 * strain:.2f} %, {strain * PETG_MODULUS:.0f} N/mm²",
        ),
        ("stress at yield (PETG)", f"{PETG_YIELD:.0f} N/mm²"),
        ("shift of the axis over the travel", f"{1000 * shift:.0f} µm"),
        (
            "the stop: front lens above the smear on a slide of 1 mm",
            f"{STOP_HEIGHT:.2f} mm; between {low:.2f} and {high:.2f}",
        ),
    ]
    lines = ["| focus | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
