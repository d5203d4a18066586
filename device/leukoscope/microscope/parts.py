"""The parts of the microscope as the device knows them; each has a real and a simulated one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from leukoscope.field import Field
from leukoscope.imaging.background import BackgroundMap


@dataclass(frozen=True)
class CameraControls:
    """What the camera is told, and must answer with each frame; everything automatic is off.

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
        """Switch it off and let go of its line. Raises LightError."""


class Camera(Protocol):
    """The camera in the objective's image plane."""

    def control(self, controls: CameraControls) -> None:
        """Set exposure and gains; every later frame was made with them. Raises CameraError."""

    def preview(self, *, fresh: bool = False) -> Field:
        """A small frame: the newest, or with `fresh` one whose exposure began after this call.

        Raises CameraError, also when a frame does not answer to its controls, and
        CameraTimeoutError when no frame comes in time.
        """

    def capture(self, frames: int = 1) -> tuple[Field, ...]:
        """So many full frames in a row, the first begun after this call. Raises as `preview`."""

    def raw_green(self) -> npt.NDArray[np.float32]:
        """The green pixels of one raw frame begun after this call, as shares of the sensor's range.

        Shape (rows, columns) of the green pixels, float32: 0 at the black level (noise falls below
        it), 1 where the converter saturates. Linear in light. Raises as `preview`.
        """

    def close(self) -> None:
        """Let go of the camera; never blocks for longer than the camera's time-out."""


class Correction(Protocol):
    """What a microscope needs of a calibration to correct its fields."""

    @property
    def name(self) -> str:
        """As people read it, 'C0003'."""

    @property
    def width(self) -> int:
        """Of the fields it is for, px."""

    @property
    def um_per_px(self) -> float:
        """Scale of a field of that width."""

    @property
    def scale_text(self) -> str:
        """The scale and what it stands on, in words."""

    @property
    def background(self) -> BackgroundMap:
        """Levels of empty glass, shape (rows, columns, 3)."""

    @property
    def sha256(self) -> str:
        """By which records name the calibration, hex."""
