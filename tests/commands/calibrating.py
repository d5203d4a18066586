"""A person who calibrates the simulated microscope."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from leukoscope import assembly
from leukoscope.calibration.record import Calibration
from leukoscope.calibration.steps import Step
from leukoscope.commands import calibrate
from leukoscope.panel.button import Gesture, GestureRelay
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.settings.settings import CameraSettings, PartsSettings, Settings, StorageSettings
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Stage

CLEAN = SmearSlide(Diagnosis.EMPTY, 901)
UM_PER_PX = 0.31


class CalibratingPerson:
    """Someone at the microscope: knows what to lay on the stage for each step, and may err once.

    errs: done on the stage before the step that it is named for, in place of what is right; the next
    time the step is asked for it is done rightly, or given up when `gives_up`.
    """

    def __init__(self, root: Path) -> None:
        self.settings = Settings(
            parts=PartsSettings(microscope="simulated", panel="simulated"),
            camera=CameraSettings(width=507, height=380, um_per_px=UM_PER_PX, frames=2),
            storage=StorageSettings(directory=str(root)),
        )
        self.stage, self.display = Stage(CLEAN), MemoryDisplay()
        self.relay = GestureRelay(lambda _: None)
        self.said: list[str] = []
        self.errs: dict[Step, Callable[[Stage], None]] = {}
        self.gives_up = False
        self.ruler: Callable[[Stage], None] = lambda stage: stage.load(MicrometerSlide())

    def lays(self, step: Step, done: int) -> None:
        err = self.errs.pop(step, None)
        if err is not None:
            err(self.stage)
        elif self.gives_up and not self.errs:
            self.relay(Gesture.HOLD)
            return
        elif step is Step.SCALE:
            self.ruler(self.stage)
        else:
            self.stage.load(CLEAN, 15.0)
            self.stage.move()
        self.relay(Gesture.PRESS)

    def calibrates(self) -> bool:
        return calibrate.calibrate(
            self.settings, self.display, self.relay, self.said.append, self.stage, self.lays
        )

    def checks(self) -> bool:
        return calibrate.check(
            self.settings, self.display, self.relay, self.said.append, self.stage, self.lays
        )

    @property
    def has(self) -> Calibration | None:
        return assembly.find_calibration(self.settings).calibration

    @property
    def heard(self) -> str:
        return "\n".join(self.said)
