"""The slides that the demonstration shows, and the words for what is on the stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import NORMAL_SLIDE, Stage

FOCUS_STEPS_UM = (5.0, 2.5, 1.0, 0.0)
"""The positions through which a person turns the focus wheel for a new slide, in µm from focus."""


@dataclass(frozen=True)
class DemoSlide:
    """A slide to show. The demonstration uses seeds below 1000; no model was trained on those."""

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
    """Return which slide it is, such as 'Slide 2 of 7: ALL'. The index begins at 0."""
    return f"Slide {index + 1} of {len(slides)}: {slides[index].truth}"


def place_text(stage: Stage, fields: str = "") -> str:
    """Return the field under the objective and the position of the focus wheel.

    Args:
        stage: The stage.
        fields: Added after the number of the field, such as ' of 2'.
    """
    view = stage.view
    return f"field {view.field + 1}{fields}   focus wheel {view.defocus_um:+.1f} µm from focus"
