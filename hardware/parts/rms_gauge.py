"""RMS gauge: a ring with the holder's thread, to try an objective in before the holder is printed."""

from build123d import Part

from hardware.dimensions import RMS_LENGTH, SHOULDER_Z
from hardware.parts.objective_holder import rms_thread
from hardware.printed import Printed
from hardware.shapes import rod


def rms_gauge() -> Part:
    return rms_thread(rod((0, 0, SHOULDER_Z), "+z", 28, RMS_LENGTH), SHOULDER_Z)


# Not a part of the instrument: no copies of it.
PART = Printed("rms_gauge", rms_gauge, copies=())
