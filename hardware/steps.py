"""The order of assembly: what is added in each step, from which side, and how the step's picture looks at it."""

from dataclasses import dataclass

Offset = tuple[float, float, float]

UP: Offset = (0, 0, 55)
DOWN: Offset = (0, 0, -55)
FRONT: Offset = (0, -60, 0)
RIGHT: Offset = (60, 0, 0)


@dataclass(frozen=True)
class Step:
    """One step of the guide.

    Attributes:
        title: Its heading in the guide, and its picture's name.
        added: The bodies that come in, each with the way it comes from, mm.
        alone: Whether only these are shown, as a unit that is put in later.
        azimuth: Of the view, degrees; 0 looks from the front, 90 from the right.
        elevation: Of the view, degrees above the table.
    """

    title: str
    added: dict[str, Offset]
    alone: bool = False
    azimuth: float = 35.0
    elevation: float = 25.0


STEPS: tuple[Step, ...] = (
    Step(
        "Objective holder and lever into the focus block",
        {
            "focus_block": (0, 0, 0),
            "objective_holder": (0, 0, -75),
            "focus_lever": (70, 0, 0),
            "pivot_screw": (0, -55, 0),
            "coarse_screw": (0, 0, 25),
            "stop_screw": (0, 0, 25),
        },
        alone=True,
        azimuth=40,
        elevation=25,
    ),
    Step("Column on the base", {"base": (0, 0, 0), "column": UP}, azimuth=40),
    Step(
        "Lamp",
        {
            "led": (0, 0, -45),
            "lamp": (0, 0, 60),
            "diffuser": (0, 0, 85),
            "aperture_open": (0, 0, 100),
        },
    ),
    Step(
        "Stage plate on its posts",
        {"stage_post": (0, 0, 25), "stage_post_2": (0, 0, 25), "stage_plate": (0, -25, 60)},
        azimuth=30,
    ),
    Step(
        "Stage y and its screw",
        {"stage_y": UP, "stage_knob_2": FRONT, "stage_screw_y": (0, -30, 0)},
        azimuth=50,
    ),
    Step(
        "Stage x with the slide holder and its clips",
        {
            "stage_x": (0, 0, 60),
            "slide_holder": (0, 0, 35),
            "slide_clip": (0, 0, 50),
            "slide_clip_2": (0, 0, 50),
            "stage_knob": (70, 0, 0),
            "stage_screw_x": (45, 0, 0),
        },
        azimuth=50,
    ),
    Step(
        "Focus block on the column",
        dict.fromkeys(
            (
                "focus_block",
                "objective_holder",
                "focus_lever",
                "pivot_screw",
                "coarse_screw",
                "stop_screw",
            ),
            (0, -75, 0),
        ),
        azimuth=60,
    ),
    Step(
        "Tube, focus screw and knob",
        {"tube": (0, 0, 60), "focus_screw": (0, 0, 95), "focus_knob": (0, 0, 95)},
        azimuth=50,
    ),
    Step("Camera", {"camera_hq": (0, 0, 35), "camera": (0, 0, 75)}, azimuth=50),
    Step(
        "Panel",
        {"panel_oled096": FRONT, "oled": (0, -35, -20), "button": (0, -90, 30)},
        azimuth=25,
        elevation=15,
    ),
    Step(
        "Raspberry Pi on the floor, floor into the base",
        {"floor": (0, 0, -110), "raspberry_pi": (0, 0, -75)},
        azimuth=140,
        elevation=15,
    ),
    Step("Objective and slide", {"objective": (0, 0, -18), "slide": (0, -70, 10)}, azimuth=25),
)
