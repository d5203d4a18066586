"""The simulated slides that a calibration asks for."""

from __future__ import annotations

from leukoscope.calibration.steps import Step
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Stage

CLEAN_SLIDE_SEED, CLEAN_SLIDE_DEFOCUS_UM = 900, 15.0
"""The clean glass, so far out of focus that none of its dust grains is seen."""


def place_slide(stage: Stage, step: Step, done: int) -> None:
    """Put on the stage what a step asks for: a micrometer, or clean glass out of focus.

    Args:
        stage: of the simulated microscope.
        step: of the calibration.
        done: steps done so far; each clean field is another one.
    """
    if step is Step.SCALE:
        stage.load(MicrometerSlide())
    else:
        stage.load(SmearSlide(Diagnosis.EMPTY, CLEAN_SLIDE_SEED + done), CLEAN_SLIDE_DEFOCUS_UM)
