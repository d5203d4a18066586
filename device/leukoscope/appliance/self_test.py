"""The self-test: it tests each part and gives the result in one line.

The daemon runs it at its start, and `leukoscope selftest` runs it for a person. `leukoscope status` opens no part, but
uses the same lines for what it finds on the disk.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from leukoscope.appliance.parts import Parts
from leukoscope.calibration.drift import smear_drift
from leukoscope.calibration.folder import FoundCalibration
from leukoscope.calibration.record import Calibration
from leukoscope.errors import CalibrationError
from leukoscope.field import Field
from leukoscope.reading.gates import GATES_UM_PER_PX, live_gates
from leukoscope.reading.slide_reader import ModelCard
from leukoscope.system.clock import time_text

NOT_CALIBRATED, CALIBRATION_DAMAGED = "NOT CALIBRATED", "CALIBRATION BROKEN"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finding:
    """What the test of a part found.

    Attributes:
        text: The result, one line.
        warning: The warning that the panel shows from now on, at most 18 characters; "" for none.
    """

    text: str
    warning: str = ""


@dataclass(frozen=True)
class PartTest:
    """The test of one part. `run` raises a LeukoscopeError if the part fails."""

    part: str
    run: Callable[[], Finding]


class SelfTest:
    """The tests of all parts except button and panel, in the order in which they are run.

    Each test opens its part if it is not open. The calibration is tested on a frame that the light's test made.
    """

    def __init__(self, parts: Parts, test_records: Callable[[], Finding]) -> None:
        """Prepare the tests.

        Args:
            parts: The parts to test.
            test_records: Tests the records. The daemon opens them for writing; a command may only read them.
        """
        self._parts = parts
        self._lit: Field | None = None
        self.tests = (
            PartTest("records", test_records),
            PartTest("camera", self._test_camera),
            PartTest("light", self._test_light),
            PartTest("calibration", self._test_calibration),
            PartTest("model", self._test_model),
        )

    def _test_camera(self) -> Finding:
        frame = self._parts.open_microscope().preview()
        return Finding(f"a frame of {frame.width_px} x {frame.height_px} px")

    def _test_light(self) -> Finding:
        test = self._parts.open_microscope().test_light()
        self._lit = test.lit
        # LEDs dim over weeks, so the log keeps the level of each start.
        return Finding(f"the LED raises the picture by {test.rise:.1f} levels")

    def _test_calibration(self) -> Finding:
        """Find which calibration is used, and whether the optics have drifted since. This test never fails."""
        found = self._parts.calibration
        if found.calibration is None:
            warning = NOT_CALIBRATED
        else:
            warning = _drift_warning(self._lit, found.calibration) if self._lit is not None else ""
        return Finding(calibration_text(found), CALIBRATION_DAMAGED if found.problems else warning)

    def _test_model(self) -> Finding:
        model = self._parts.open_reader().model
        return Finding(f"{model_text(model.card)} on {model.runtime}")


def calibration_text(found: FoundCalibration) -> str:
    """Return which calibration is used, and when it was made."""
    calibration = found.calibration
    if calibration is None:
        return "none: shading is estimated; run leukoscope calibrate"
    made = time_text(calibration.made, calibration.clock_synced)
    return f"{calibration.name} of {made} UTC"


def model_text(card: ModelCard) -> str:
    """Return name and version of a model."""
    return f"{card.name} {card.version}"


def _drift_warning(lit: Field, calibration: Calibration) -> str:
    """Return the first warning about drift since the calibration, "" for none. All of them go to the log.

    Args:
        lit: A live frame with the LED on.
        calibration: The calibration to compare it with.
    """
    if not live_gates(lit, GATES_UM_PER_PX)[-1].passed:
        _log.info("cannot check the optics for drift: nothing is in focus")
        return ""
    try:
        drift = smear_drift(lit, calibration.background)
    except CalibrationError as error:  # no background is seen between the cells
        _log.info("cannot check the LED for drift: %s", error)
        return ""
    for warning in drift.warnings:
        _log.warning(
            "%s since calibration %s (%s); to be sure: leukoscope calibrate --check",
            *(warning, calibration.name, drift),
        )
    return next(iter(drift.warnings), "")
