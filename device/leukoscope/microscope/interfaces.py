"""Interfaces of the microscope's parts; each has a real and a simulated implementation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from leukoscope.field import Field
from leukoscope.imaging.background import BackgroundMap


@dataclass(frozen=True)
class CameraControls:
    """What the camera is set to, and must confirm with each frame; everything automatic is off.

    exposure_us: exposure time in microseconds. analogue_gain: before the converter, >= 1.
    red_gain, blue_gain: white balance, relative to green.
    """

    exposure_us: int
    analogue_gain: float
    red_gain: float
    blue_gain: float


class Light(Protocol):
    """The white LED under the stage."""

    def on(self) -> None:
        """Switch it on. Raises LightError."""

    def off(self) -> None:
        """Switch it off. Raises LightError."""

    def close(self) -> None:
        """Switch it off and release its line. Raises LightError."""


class Camera(Protocol):
    """The camera in the objective's image plane."""

    def control(self, controls: CameraControls) -> None:
        """Set exposure and gains; every later frame was made with them. Raises CameraError."""

    def preview(self, *, fresh: bool = False) -> Field:
        """Return a small frame: the newest, or with `fresh` one whose exposure began after this call.

        Raises CameraError, also when a frame was not made with the controls, and CameraTimeoutError
        when no frame comes in time.
        """

    def capture(self, frames: int = 1) -> tuple[Field, ...]:
        """Capture full frames in a row, the first begun after this call. Raises as `preview`."""

    def raw_green(self) -> npt.NDArray[np.float32]:
        """Return the green pixels of one raw frame begun after this call, as shares of the sensor's range.

        Shape (rows, columns) of the green pixels, float32: 0 at the black level (noise falls below
        it), 1 where the converter saturates. Linear in light. Raises as `preview`.
        """

    def close(self) -> None:
        """Release the camera; never blocks for longer than the camera's time-out."""


class Correction(Protocol):
    """What a microscope needs of a calibration to correct its fields."""

    @property
    def name(self) -> str:
        """Its name for people, 'C0003'."""

    @property
    def width(self) -> int:
        """Width of the fields it is for, px."""

    @property
    def um_per_px(self) -> float:
        """Scale of these fields, µm per px."""

    @property
    def scale_text(self) -> str:
        """The scale and how it was measured, in words."""

    @property
    def background(self) -> BackgroundMap:
        """Levels of empty glass, shape (rows, columns, 3)."""

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) by which records name the calibration."""
