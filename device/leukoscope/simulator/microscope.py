"""The simulated light, and the simulated camera that renders what is on the stage."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from leukoscope.errors import CameraError, CameraTimeoutError
from leukoscope.field import Field
from leukoscope.microscope.interfaces import CameraControls
from leukoscope.simulator.dust import add_dust
from leukoscope.simulator.micrometer import MicrometerSlide, render_micrometer
from leukoscope.simulator.optics import (
    NEUTRAL_GAIN,
    defocus,
    expose,
    expose_raw_green,
    shift,
)
from leukoscope.simulator.smear import SmearSlide, render_field
from leukoscope.simulator.stage import NoSlide, Slide, Stage, View

FRAME_S = 1 / 30
"""Time between the frames of the simulated sensor."""

EXPOSURE_S = 0.008
"""Exposure time, at a gain of 1, of a well exposed picture."""

DEFAULT_CONTROLS = CameraControls(
    exposure_us=round(EXPOSURE_S * 1e6),
    analogue_gain=1.0,
    red_gain=NEUTRAL_GAIN,
    blue_gain=NEUTRAL_GAIN,
)
"""With these, clear glass is white, at level `optics.WELL_EXPOSED`."""

PREVIEW_SHRINK = 2
"""The pictures of the small stream are this many times smaller in width and height."""


class SimulatedLight:
    """A `Light`. Its level is above 0 while it is lit, unless it is broken."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.lit = False

    @property
    def level(self) -> float:
        """How bright it is, 0..1."""
        faults = self._stage.view.faults
        return faults.led_level if self.lit and not faults.led_dead else 0.0

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
    """A `Camera` that renders what is under the objective. The same view shows the same cells."""

    def __init__(
        self,
        stage: Stage,
        light: SimulatedLight,
        *,
        width: int,
        height: int,
        um_per_px: float,
        timeout_s: float,
        controls: CameraControls = DEFAULT_CONTROLS,
    ) -> None:
        """Look at a stage.

        Args:
            stage: The stage that it looks at.
            light: The light below the stage.
            width: Width of a field, px.
            height: Height of a field, px.
            um_per_px: Scale of a field, micrometres per pixel.
            timeout_s: How long the camera waits before it raises when the fault `camera_hangs` is set, seconds.
            controls: Its first exposure and gains.
        """
        self._stage, self._light = stage, light
        self._shape, self._um_per_px = (height, width), um_per_px
        self._timeout_s = timeout_s
        self._controls = controls
        self._noise = np.random.default_rng()
        self._frame_due = 0.0
        self._field_key: tuple[object, ...] = ()
        self._field: npt.NDArray[np.float32] = np.zeros((0, 0, 3), np.float32)
        self._image_key: tuple[object, ...] = ()
        self._image = self._small = self._field
        self._drift_key: tuple[object, ...] = ()
        self._drifted_um = 0.0

    def control(self, controls: CameraControls) -> None:
        """Set exposure and gains.

        Raises:
            CameraError: The camera is unplugged, or does not accept the values.
            CameraTimeoutError: The camera hangs.
        """
        self._answer()
        gains = (controls.red_gain, controls.blue_gain)
        if not (controls.exposure_us > 0 and controls.analogue_gain >= 1 and min(gains) > 0):
            raise CameraError(
                "the simulated camera needs an exposure and colour gains above 0 and an analogue "
                f"gain of 1 or more, not {controls}"
            )
        self._controls = controls

    def preview(self, *, fresh: bool = False) -> Field:
        """Return the next small frame, at the frame rate of the sensor.

        Args:
            fresh: Return an extra frame at once.
        """
        view = self._look()
        if not fresh:
            time.sleep(max(0.0, self._frame_due - time.monotonic()))
            self._frame_due = time.monotonic() + self._frame_s
        return self._frame(self._small, view, self._um_per_px * PREVIEW_SHRINK)

    def capture(self, frames: int = 1) -> tuple[Field, ...]:
        """Return full frames in a row. The first is exposed after this call."""
        taken = []
        for number in range(frames):
            view = self._look()
            time.sleep(self._frame_s if number else self._exposure_s)
            taken.append(self._frame(self._image, view, self._um_per_px))
        return tuple(taken)

    def raw_green(self) -> npt.NDArray[np.float32]:
        """Return the green pixels of a raw frame that is exposed after this call, shape (height, width // 2)."""
        view = self._look()
        time.sleep(self._exposure_s)
        return expose_raw_green(
            self._at_the_sensor(self._image, view, self._um_per_px),
            led_level=self._light.level,
            exposure=self._exposure(view),
            shading=view.shading,
            rng=self._noise,
            analogue_gain=self._controls.analogue_gain,
        )

    def close(self) -> None:
        """Forget the pictures."""
        self._field_key = self._image_key = ()
        self._field = self._image = self._small = np.zeros((0, 0, 3), np.float32)

    @property
    def _exposure_s(self) -> float:
        return self._controls.exposure_us / 1e6

    @property
    def _frame_s(self) -> float:
        """Time from one frame to the next. A long exposure slows the sensor down."""
        return max(FRAME_S, self._exposure_s)

    def _exposure(self, view: View) -> float:
        """Return the light on the sensor, 1 for a good exposure."""
        return view.exposure * self._exposure_s / EXPOSURE_S

    def _answer(self) -> View:
        """Return the view, unless the camera is broken.

        Raises:
            CameraError: It is unplugged.
            CameraTimeoutError: It hangs.
        """
        view = self._stage.view
        if view.faults.camera_gone:
            raise CameraError("the simulated camera is unplugged: repair it on the stage")
        if view.faults.camera_hangs:
            time.sleep(self._timeout_s)
            raise CameraTimeoutError(f"the camera gave no frame in {self._timeout_s:g} s")
        return view

    def _look(self) -> View:
        """Return the view. If it has changed, render its optical image."""
        view = self._answer()
        key = (view.slide, view.field)
        if key != self._field_key:
            try:
                self._field = _render(*key, um_per_px=self._um_per_px, shape=self._shape)
            except ValueError as error:
                raise CameraError(f"the simulated camera can't: {error}") from error
            self._field_key = key
        if (*key, view.defocus_um) != self._image_key:
            self._image = defocus(self._field, view.defocus_um, self._um_per_px)
            self._small = np.ascontiguousarray(_shrink(self._image, PREVIEW_SHRINK))
            self._image_key = (*key, view.defocus_um)
        if (*key, view.faults.drift_um_per_frame) != self._drift_key:
            self._drift_key, self._drifted_um = (*key, view.faults.drift_um_per_frame), 0.0
        return view

    def _at_the_sensor(
        self, image: npt.NDArray[np.float32], view: View, um_per_px: float
    ) -> npt.NDArray[np.float32]:
        """Return the light of the next frame: the drifted image, with the dust on the cover glass."""
        # Whole pixels, because interpolation would blur the picture.
        pixels = round(self._drifted_um / um_per_px)
        self._drifted_um += view.faults.drift_um_per_frame
        if pixels:
            image = shift(image, pixels)
        if view.faults.dust:
            image = image * add_dust(image.shape[:2], um_per_px)[:, :, None]
        return image

    def _frame(self, image: npt.NDArray[np.float32], view: View, um_per_px: float) -> Field:
        controls = self._controls
        rgb = expose(
            self._at_the_sensor(image, view, um_per_px),
            led_level=self._light.level,
            exposure=self._exposure(view),
            shading=view.shading,
            rng=self._noise,
            led_tint=view.faults.led_tint,
            analogue_gain=controls.analogue_gain,
            red_gain=controls.red_gain,
            blue_gain=controls.blue_gain,
        )
        metadata = {
            "ExposureTime": controls.exposure_us,
            "AnalogueGain": controls.analogue_gain,
            "DigitalGain": 1.0,
            "ColourGains": [controls.red_gain, controls.blue_gain],
            "SensorTimestamp": time.monotonic_ns(),
            "Simulated": True,
        }
        return Field(rgb, um_per_px, metadata, simulated=True)


def _render(
    slide: Slide, index: int, *, um_per_px: float, shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Render one field of the slide on the stage: its transmittance.

    Raises:
        ValueError: A number is out of range.
    """
    match slide:
        case SmearSlide():
            return render_field(slide, index, um_per_px=um_per_px, shape=shape).transmittance
        case MicrometerSlide():
            return render_micrometer(slide, index, um_per_px=um_per_px, shape=shape)
        case NoSlide():
            return np.ones((*shape, 3), dtype=np.float32)


def _shrink(image: npt.NDArray[np.float32], factor: int) -> npt.NDArray[np.float32]:
    """Average factor x factor pixels: shape (height, width, 3) to (height // factor, width // factor, 3)."""
    height, width = (n // factor for n in image.shape[:2])
    blocks = image[: height * factor, : width * factor].reshape(height, factor, width, factor, 3)
    means: npt.NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means
