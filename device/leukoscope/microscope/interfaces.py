"""Interfaces of the microscope's parts: light, camera, and the calibration that corrects fields.

Light and camera each have a real and a simulated implementation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from leukoscope.field import Field
from leukoscope.imaging.background import BackgroundMap


@dataclass(frozen=True)
class CameraControls:
    """The camera's exposure and gains. The camera must confirm them with each frame.

    Attributes:
        exposure_us: Exposure time in microseconds.
        analogue_gain: Gain before the analogue-to-digital converter, >= 1.
        red_gain: White balance, gain of red relative to green.
        blue_gain: White balance, gain of blue relative to green.
    """

    exposure_us: int
    analogue_gain: float
    red_gain: float
    blue_gain: float


class Light(Protocol):
    """The white LED under the stage."""

    def on(self) -> None:
        """Switch it on.

        Raises:
            LightError: It can't be switched.
        """

    def off(self) -> None:
        """Switch it off.

        Raises:
            LightError: It can't be switched.
        """

    def close(self) -> None:
        """Switch it off and release its line.

        Raises:
            LightError: It can't be switched off.
        """


class Camera(Protocol):
    """The camera in the objective's image plane."""

    def control(self, controls: CameraControls) -> None:
        """Set exposure and gains. Every frame given after this call was made with them.

        Raises:
            CameraError: The camera has failed.
            CameraTimeoutError: It does not answer in time.
        """

    def preview(self, *, fresh: bool = False) -> Field:
        """Return a small frame.

        Args:
            fresh: Return a frame whose exposure began after this call, not simply the newest.

        Raises:
            CameraError: The camera has failed, or its frames were not made with the controls.
            CameraTimeoutError: No frame comes in time.
        """

    def capture(self, frames: int = 1) -> tuple[Field, ...]:
        """Capture full frames in a row. The exposure of the first begins after this call.

        Raises:
            CameraError, CameraTimeoutError: As `preview`.
        """

    def raw_green(self) -> npt.NDArray[np.float32]:
        """Return the green pixels of one raw frame whose exposure begins after this call.

        Returns:
            Shape (rows, columns) of the green pixels, float32, linear in light, as shares of the sensor's range:
            0 at the black level (noise can be below it), 1 where the converter saturates.

        Raises:
            CameraError, CameraTimeoutError: As `preview`.
        """

    def close(self) -> None:
        """Release the camera. This never blocks for longer than the camera's time-out.

        Raises:
            CameraTimeoutError: The camera hangs.
        """


class Correction(Protocol):
    """The part of a calibration that a microscope needs to correct its fields."""

    @property
    def name(self) -> str:
        """The calibration's name for people, 'C0003'."""

    @property
    def width(self) -> int:
        """Width of the fields that it is for, px."""

    @property
    def um_per_px(self) -> float:
        """Scale of those fields, µm per px."""

    @property
    def scale_text(self) -> str:
        """The scale and how it was measured, in words."""

    @property
    def background(self) -> BackgroundMap:
        """The measured background: levels of empty glass, shape (rows, columns, 3)."""

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) by which records name the calibration."""
