"""Guides a person through a calibration: the panel says what to do, and a press takes the step."""

from __future__ import annotations

import contextlib
import logging
import queue
import time
from collections.abc import Callable

from leukoscope.calibration.empty_field import check_empty, check_moved
from leukoscope.calibration.record import Calibration
from leukoscope.calibration.steps import STEPS, Calibrator, Step
from leukoscope.errors import CalibrationError
from leukoscope.field import Field
from leukoscope.microscope.burst import merge
from leukoscope.microscope.interfaces import Camera, Light
from leukoscope.panel import screens
from leukoscope.panel.button import Gesture
from leukoscope.panel.focus_meter import FocusMeter
from leukoscope.panel.panel import Panel
from leukoscope.reading.gates import GATES_UM_PER_PX
from leukoscope.system.systemd import notify

LOOK_S = 0.1
"""Time from one live frame to the next while the session waits for a press."""

MESSAGE_S = 4.0
"""How long the panel says why a step failed, unless a press comes first."""

_log = logging.getLogger(__name__)


class CalibrationSession:
    """Waits for presses and takes the steps. Gestures may come from any thread.

    Args:
        light: The LED.
        camera: Opened with the controls to begin with.
        panel: Shows what to do.
        say: Prints a line for a person over SSH.
        idle_s: After so long without a gesture the session gives up, so that the light does not stay on.
        on_step: Called with each step, and the number of steps done, before the session waits for its press. A
            simulated microscope then gets the right slide.
        press: The words that ask for a press over SSH, such as "Press SPACE".
    """

    def __init__(
        self,
        light: Light,
        camera: Camera,
        panel: Panel,
        say: Callable[[str], None],
        idle_s: float,
        on_step: Callable[[Step, int], None] | None = None,
        press: str = "Press",
    ) -> None:
        self.light, self.camera, self.panel = light, camera, panel
        self._say, self._idle_s, self._on_step = say, idle_s, on_step
        self._press = press
        self.kept = False
        self._gestures: queue.SimpleQueue[Gesture] = queue.SimpleQueue()
        self._meter = FocusMeter()

    def on_gesture(self, gesture: Gesture) -> None:
        """Take a gesture: a press goes on, a hold gives up."""
        self._gestures.put(gesture)

    def calibrate(self, calibrator: Calibrator, made: Callable[[], tuple[str, bool]]) -> bool:
        """Go through all steps and keep the calibration. The light is off at the end.

        The old calibration stays until the new one is kept.

        Args:
            calibrator: Takes the steps.
            made: Called when the calibration is kept. Returns the wall time, and whether the clock is set.

        Returns:
            False if the person gave up.

        Raises:
            LightError, CameraError, CameraTimeoutError: A part failed.
            StoreError: The calibration can't be kept.
        """
        try:
            while (step := calibrator.step) is not None:
                self._announce(step, calibrator.done, len(STEPS))
                if not self._pressed(step, calibrator.done, len(STEPS)):
                    self._say("given up: nothing has changed, the last calibration stays")
                    self.panel.show(screens.NoticeScreen("GIVEN UP", "Nothing has changed", ""))
                    return False
                self.panel.show(screens.NoticeScreen(step.title, "Measuring:", "hold it still"))
                try:
                    self._say(f"  {calibrator.take()}")
                except CalibrationError as error:
                    self._refuse(error)
            wall_time, clock_synced = made()
            calibration = calibrator.keep(wall_time, clock_synced=clock_synced)
            self.kept = True
            self._say(_summary(calibration))
            self.panel.show(
                screens.NoticeScreen(
                    f"{calibration.name} DONE",
                    f"{calibration.um_per_px:.4f} um/px",
                    "an estimate" if calibration.scale_source == "red cells" else "micrometer",
                )
            )
            return True
        finally:
            self.light.off()

    def empty_fields(self, frames: int) -> tuple[Field, Field] | None:
        """Ask for two places of clean glass and capture a field at each. The fields are not corrected.

        A speck at the same place of both fields is dust on the camera or the lens, and is allowed.

        Returns:
            The two fields; None if the person gave up.

        Raises:
            LightError, CameraError, CameraTimeoutError: A part failed.
        """
        fields: list[Field] = []
        try:
            while len(fields) < 2:
                self._announce(Step.CHECK, len(fields), 2)
                if not self._pressed(Step.CHECK, len(fields), 2):
                    return None
                self.light.on()
                field = merge(self.camera.capture(frames))
                try:
                    if fields:
                        check_moved(fields[0].rgb, field.rgb, field.um_per_px)
                except CalibrationError as error:
                    self._refuse(error)
                else:
                    fields.append(field)
            return fields[0], fields[1]
        finally:
            self.light.off()

    def _announce(self, step: Step, done: int, total: int) -> None:
        # A press during the last step is not meant for this one.
        while not self._gestures.empty():
            self._gestures.get_nowait()
        self._say(
            f"{step.title} {done + 1}/{total}: {step.line1} {step.line2}. {self._press}".rstrip()
        )
        if self._on_step is not None:
            self._on_step(step, done)

    def _refuse(self, error: CalibrationError) -> None:
        """Say why a step failed. The session then asks for it again."""
        _log.warning("calibration: %s", error)
        self._say(f"  {error.problem}: {error}")
        self.panel.show(screens.NoticeScreen(error.problem, error.advice, "press: try again"))
        until = time.monotonic() + MESSAGE_S
        while self._gestures.empty() and time.monotonic() < until:
            notify("WATCHDOG=1")
            time.sleep(LOOK_S / 2)

    def _pressed(self, step: Step, done: int, total: int) -> bool:
        """Show what the camera sees until a gesture comes. Return whether it is a press."""
        if step is Step.DARK:
            self.light.off()
        else:
            self.light.on()
        until = time.monotonic() + self._idle_s
        while time.monotonic() < until:
            notify("WATCHDOG=1")
            sharpness, problem = self._look(step)
            self.panel.show(
                screens.CalibrationScreen(
                    done + 1, total, step.title, step.line1, step.line2, problem, sharpness
                )
            )
            with contextlib.suppress(queue.Empty):
                return self._gestures.get(timeout=LOOK_S) is Gesture.PRESS
        return False

    def _look(self, step: Step) -> tuple[float | None, str]:
        """Return the level of the focus bar (for SCALE only), and what is wrong with an empty field."""
        if step is Step.DARK:
            return None, ""
        frame = self.camera.preview()
        if step is Step.SCALE:
            self._meter.update(frame, GATES_UM_PER_PX)
            return self._meter.level, ""
        # Before the exposure is set, the field may be too dark to check. In a check, dust is allowed.
        if step in (Step.EXPOSURE, Step.CHECK):
            return None, ""
        try:
            check_empty(frame.rgb, frame.um_per_px)
        except CalibrationError as error:
            return None, error.problem
        return None, ""


def _summary(calibration: Calibration) -> str:
    controls = calibration.controls
    return (
        f"calibration {calibration.name} is used from the next start of the appliance:\n"
        f"  exposure {controls.exposure_us} µs, gain {controls.analogue_gain:g}, "
        f"red × {controls.red_gain:.2f}, blue × {controls.blue_gain:.2f}\n"
        f"  {calibration.scale_text}\n"
        f"  SHA-256 {calibration.sha256}"
    )
