"""What a printed part is, and how it lies on the printer's bed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from build123d import Location, Part, Pos, Rot


@cache
def drawn(shape: Callable[[], Part]) -> Part:
    """What it draws; the same again without drawing it again, for a thread takes seconds."""
    return shape()


@dataclass(frozen=True)
class Printed:
    """A part to print.

    Attributes:
        name: Also of its files.
        shape: Makes it where it sits in the instrument; where there are several of it, the first.
        lie: Turns it to the side that lies on the bed.
        copies: From the first to each that the instrument has.
        colour: Of the pictures.
        bent: The shape as it is printed, where it is bent in the instrument.
    """

    name: str
    shape: Callable[[], Part]
    lie: Location = field(default_factory=Location)
    copies: tuple[Location, ...] = field(default_factory=lambda: (Location(),))
    colour: str = "#7d8794"
    bent: Callable[[], Part] | None = None

    def on_bed(self) -> Part:
        """The part as it is printed: lowest point at z = 0, centred over the origin."""
        shape = self.lie * drawn(self.bent or self.shape)
        box = shape.bounding_box()
        centre = box.center()
        return Pos(-centre.X, -centre.Y, -box.min.Z) * shape


# Which side lies on the bed.
UPSIDE_DOWN = Rot(180, 0, 0)
ON_LEFT = Rot(0, -90, 0)  # -x down
ON_FRONT = Rot(90, 0, 0)  # -y down
ON_BACK = Rot(-90, 0, 0)  # +y down
