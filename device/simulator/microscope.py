"""The simulated light and camera: what a real one would give of the stage's view."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from device.errors import CameraError, CameraTimeoutError
from device.field import Field
from device.simulator.optics import defocus, expose
from device.simulator.smear import render_field
from device.simulator.stage import Stage, View

FRAME_S = 1 / 30
"""Time between the frames of the simulated sensor."""

EXPOSURE_S = 0.008
"""Exposure time of the simulated sensor."""

PREVIEW_SHRINK = 2
"""The small stream has every so many pixels of the full one each way."""


class SimulatedLight:
    """A `Light`: level is 1.0 while it is lit, unless it is broken."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.lit = False

    @property
    def level(self) -> float:
        """What comes out of it, 0..1."""
        return 1.0 if self.lit and not self._stage.view.faults.led_dead else 0.0

    def on(self) -> None:
        """Switch it on."""
        self.lit = True

    def off(self) -> None:
        """Switch it off."""
        self.lit = False

    def close(self) -> None:
        """Switch it off."""
        self.lit = False


class SimulatedCamera:
    """A `Camera` that renders what lies under the objective; the same view gives the same cells.

    width, height: px of a field; um_per_px: its scale; timeout_s: how long a hung camera hangs.
    """

    def __init__(
        self,
        stage: Stage,
        light: SimulatedLight,
        *,
        width: int,
        height: int,
        um_per_px: float,
        timeout_s: float,
    ) -> None:
        self._stage, self._light = stage, light
        self._shape, self._um_per_px = (height, width), um_per_px
        self._timeout_s = timeout_s
        self._noise = np.random.default_rng()
        self._frame_due = 0.0
        self._field_key: tuple[object, ...] = ()
        self._field: npt.NDArray[np.float32] = np.zeros((0, 0, 3), np.float32)
        self._image_key: tuple[object, ...] = ()
        self._image = self._small = self._field

    def preview(self, *, fresh: bool = False) -> Field:
        """The next small frame, at the sensor's pace; with `fresh` an extra one, at once."""
        view = self._look()
        if not fresh:
            time.sleep(max(0.0, self._frame_due - time.monotonic()))
            self._frame_due = time.monotonic() + FRAME_S
        return self._frame(self._small, view, self._um_per_px * PREVIEW_SHRINK)

    def capture(self) -> Field:
        """A full frame whose exposure began after this call."""
        view = self._look()
        time.sleep(EXPOSURE_S)
        return self._frame(self._image, view, self._um_per_px)

    def close(self) -> None:
        """Forget the pictures."""
        self._field_key = self._image_key = ()
        self._field = self._image = self._small = np.zeros((0, 0, 3), np.float32)

    def _look(self) -> View:
        """The view, its optical image made anew when it has changed."""
        view = self._stage.view
        if view.faults.camera_gone:
            raise CameraError("the simulated camera is unplugged: mend it on the stage")
        if view.faults.camera_hangs:
            time.sleep(self._timeout_s)
            raise CameraTimeoutError(f"the camera gave no frame in {self._timeout_s:g} s")
        key = (view.slide, view.field)
        if key != self._field_key:
            try:
                self._field = render_field(
                    view.slide, view.field, um_per_px=self._um_per_px, shape=self._shape
                ).transmittance
            except ValueError as error:
                raise CameraError(f"the simulated camera can't: {error}") from error
            self._field_key = key
        if (*key, view.defocus_um) != self._image_key:
            self._image = defocus(self._field, view.defocus_um, self._um_per_px)
            self._small = np.ascontiguousarray(_shrunk(self._image, PREVIEW_SHRINK))
            self._image_key = (*key, view.defocus_um)
        return view

    def _frame(self, image: npt.NDArray[np.float32], view: View, um_per_px: float) -> Field:
        rgb = expose(
            image,
            led_level=self._light.level,
            exposure=view.exposure,
            shading=view.shading,
            rng=self._noise,
        )
        metadata = {
            "ExposureTime": round(EXPOSURE_S * 1e6),
            "SensorTimestamp": time.monotonic_ns(),
            "Simulated": True,
        }
        return Field(rgb, um_per_px, metadata, simulated=True)


def _shrunk(image: npt.NDArray[np.float32], factor: int) -> npt.NDArray[np.float32]:
    """Means of factor x factor pixels; shape (height, width, 3) to a factor-th of it."""
    height, width = (n // factor for n in image.shape[:2])
    blocks = image[: height * factor, : width * factor].reshape(height, factor, width, factor, 3)
    means: npt.NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means
