"""The parts of the microscope as the device knows them; each has a real and a simulated one."""

from __future__ import annotations

from typing import Protocol

from device.field import Field


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

    def preview(self, *, fresh: bool = False) -> Field:
        """A small frame: the newest, or with `fresh` one whose exposure began after this call.

        Raises CameraError, and CameraTimeoutError when no frame comes in time.
        """

    def capture(self) -> Field:
        """A full frame whose exposure began after this call. Raises as `preview`."""

    def close(self) -> None:
        """Let go of the camera; never blocks for longer than the camera's time-out."""
