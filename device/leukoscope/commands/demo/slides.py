"""The slides that the demonstration shows, and how it names what is on the stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import NORMAL_SLIDE, Stage

FOCUS_STEPS_UM = (5.0, 2.5, 1.0, 0.0)
"""How a person turns the focus wheel for a new slide, in µm from focus."""


@dataclass(frozen=True)
class DemoSlide:
    """A slide to show. Seeds below 1000 belong to the demonstration: no model was trained on them."""

    slide: SmearSlide
    in_focus: bool = True

    @property
    def truth(self) -> str:
        """What the person knows about the slide."""
        name = self.slide.diagnosis.value
        return name if self.in_focus else f"{name}, out of focus"


SLIDES = (
    DemoSlide(NORMAL_SLIDE),
    *(
        DemoSlide(SmearSlide(diagnosis, seed))
        for seed, diagnosis in enumerate(Diagnosis, start=1)
        if diagnosis not in (Diagnosis.NORMAL, Diagnosis.EMPTY)
    ),
    DemoSlide(SmearSlide(Diagnosis.EMPTY, 6)),
    DemoSlide(SmearSlide(Diagnosis.NORMAL, 7), in_focus=False),
)
"""One slide of each class, an empty one, and one out of focus."""


def slide_title(slides: Sequence[DemoSlide], index: int) -> str:
    """Return which slide it is, e.g. 'Slide 2 of 7: ALL'. index: from 0."""
    return f"Slide {index + 1} of {len(slides)}: {slides[index].truth}"


def place_text(stage: Stage, fields: str = "") -> str:
    """Return the field under the objective and the position of the focus wheel. fields: e.g. ' of 2'."""
    view = stage.view
    return f"field {view.field + 1}{fields}   focus wheel {view.defocus_um:+.1f} µm from focus"
