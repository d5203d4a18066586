"""The whole instrument: every part where it sits, for any focus and any place of the stage."""

from dataclasses import dataclass

from build123d import Location, Part, Pos

from hardware.all_parts import PARTS
from hardware.bought import bought_parts
from hardware.dimensions import LIFT_NOMINAL
from hardware.focus import screw_travel, sideways
from hardware.parts.focus_block import focus_block
from hardware.parts.focus_lever import focus_lever
from hardware.printed import drawn

# What the focus moves up and down with its carriage; block and lever bend and turn.
RISING = frozenset({"objective_holder", "objective", "coarse_screw", "stop_screw"})
MOVED_BY_Y = frozenset({"stage_y", "stage_knob", "stage_screw_x"})
MOVED_BY_X = frozenset({"stage_x", "slide_holder", "slide_clip", "slide"})
CHOICES = {
    "camera_hq": "hq",
    "camera_v2": "v2",
    "panel_oled096": "oled096",
    "panel_oled13": "oled13",
}


@dataclass(frozen=True)
class Placed:
    """One body of the instrument: its name (of a copy with a number), shape, colour, and whether it is printed."""

    name: str
    shape: Part
    colour: str
    printed: bool


def assembly(
    camera: str = "hq",
    oled: str = "oled096",
    lift: float = LIFT_NOMINAL,
    stage: tuple[float, float] = (0.0, 0.0),
) -> list[Placed]:
    """Every body, with one camera and one OLED, the objective lifted by `lift` and the slide shifted by `stage`, mm."""
    placed = []
    for part in PARTS:
        if part.name in CHOICES and CHOICES[part.name] not in (camera, oled):
            continue
        shape = _focused(part.name, lift) or drawn(part.shape)
        for number, copy in enumerate(part.copies):
            name = part.name if number == 0 else f"{part.name}_{number + 1}"
            where = _moved(name, lift, stage)
            placed.append(Placed(name, where * copy * shape, part.colour, printed=True))
    for bought in bought_parts(camera, oled, lift):
        where = _moved(bought.name, lift, stage)
        placed.append(Placed(bought.name, where * bought.shape(), bought.colour, printed=False))
    return placed


def _focused(name: str, lift: float) -> Part | None:
    if name == "focus_block":
        return focus_block(lift)
    if name == "focus_lever":
        return focus_lever(lift)
    return None


def _moved(name: str, lift: float, stage: tuple[float, float]) -> Location:
    rise = lift - LIFT_NOMINAL
    if name in RISING:
        return Pos(0, sideways(lift), rise)
    if name == "focus_knob":
        return Pos(0, 0, -screw_travel(lift))
    # The second stage knob is the y screw's, which stays.
    if name in MOVED_BY_Y:
        return Pos(0, stage[1], 0)
    if name in MOVED_BY_X or name.startswith("slide_clip"):
        return Pos(stage[0], stage[1], 0)
    return Location()
