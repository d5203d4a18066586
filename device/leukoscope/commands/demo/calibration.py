"""The demonstration's calibration. It is made automatically, unless there is one already."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from leukoscope import assembly
from leukoscope.calibration.steps import STEPS, Step
from leukoscope.commands.calibrate import calibrate
from leukoscope.commands.demo.view import DemoView
from leukoscope.panel.button import Gesture, GestureRelay
from leukoscope.panel.display import Display
from leukoscope.settings.settings import Settings
from leukoscope.simulator.calibration_slides import place_slide
from leukoscope.simulator.stage import Stage


def calibrate_once(
    settings: Settings,
    display: Display,
    stage: Stage,
    say: Callable[[str], None],
    on_step: Callable[[Step], None] = lambda _step: None,
) -> None:
    """Calibrate the simulated microscope, unless it is calibrated. Each step gets its slide and a press.

    Args:
        settings: They name simulated parts.
        display: Shows the steps.
        stage: The stage of the simulated microscope.
        say: Takes each line of the calibration.
        on_step: Called with each step before it is taken.

    Raises:
        LeukoscopeError: A part failed.
    """
    if assembly.find_calibration(settings).calibration is not None:
        return
    relay = GestureRelay(lambda _gesture: None)

    def next_slide(step: Step, done: int) -> None:
        on_step(step)
        place_slide(stage, step, done)
        relay(Gesture.PRESS)

    calibrate(settings, display, relay, say, stage, next_slide, press="")


def show_calibration(settings: Settings, view: DemoView, stage: Stage) -> None:
    """Calibrate once, and show the steps in the view."""
    title, steps = "Calibrating by itself", itertools.count(1)
    view.where(title, f"{len(STEPS)} steps")

    def look(step: Step) -> None:
        view.where(title, f"step {next(steps)} of {len(STEPS)}: {step.title}")

    calibrate_once(settings, view.display, stage, view.tell, look)
