"""The simulated slides that a calibration asks for."""

from __future__ import annotations

from leukoscope.calibration.steps import Step
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Stage

CLEAN_SLIDE_SEED, CLEAN_SLIDE_DEFOCUS_UM = 900, 15.0
"""The clean slide, and a defocus so large that none of its dust grains is visible."""


def place_slide(stage: Stage, step: Step, done: int) -> None:
    """Put on the stage what a step asks for: a micrometer, or clean glass out of focus.

    Args:
        stage: The stage of the simulated microscope.
        step: The step of the calibration.
        done: Number of steps done so far. It chooses the clean slide, so that each step gets another one.
    """
    if step is Step.SCALE:
        stage.load(MicrometerSlide())
    else:
        stage.load(SmearSlide(Diagnosis.EMPTY, CLEAN_SLIDE_SEED + done), CLEAN_SLIDE_DEFOCUS_UM)
