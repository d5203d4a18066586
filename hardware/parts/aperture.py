"""Apertures: discs that lie in the lamp's head under the slide, changed with tweezers when the slide is out."""

from functools import partial

from build123d import Location, Part

from hardware.dimensions import (
    APERTURE_DIAMETERS,
    APERTURE_DISTANCE,
    APERTURE_FLARE,
    APERTURE_THICKNESS,
    DIFFUSER_DIAMETER,
)
from hardware.printed import UPSIDE_DOWN, Printed
from hardware.shapes import cone, rod


def aperture(name: str) -> Part:
    top = -APERTURE_DISTANCE
    diameter = APERTURE_DIAMETERS[name]
    shape = rod((0, 0, top), "-z", DIFFUSER_DIAMETER, APERTURE_THICKNESS)
    return shape - cone(
        (0, 0, top), "-z", (diameter, diameter + APERTURE_FLARE), APERTURE_THICKNESS
    )


def _printed(name: str) -> Printed:
    # In the lamp lies the open one; the others are beside.
    copies = (Location(),) if name == "open" else ()
    return Printed(
        f"aperture_{name}", partial(aperture, name), UPSIDE_DOWN, copies, colour="#2e3338"
    )


PARTS = tuple(_printed(name) for name in APERTURE_DIAMETERS)
