"""The microscope: light, camera and calibration together make fields."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leukoscope.errors import LightError
from leukoscope.field import Field
from leukoscope.imaging.flat_field import flatten
from leukoscope.microscope.burst import merge
from leukoscope.microscope.interfaces import Camera, Correction, Light
from leukoscope.reading.gates import MIN_LIGHT_LEVELS


@dataclass(frozen=True)
class LightTest:
    """The result of comparing a frame with the LED on and one with it off.

    Attributes:
        rise: Levels (of 255) by which the LED raises the mean.
        lit: The small frame with the LED on.
    """

    rise: float
    lit: Field


class Microscope:
    """Captures fields.

    Each field is merged from a burst of frames and corrected by the calibration. It also has the level of a frame
    taken with the LED off.
    """

    def __init__(
        self, light: Light, camera: Camera, frames: int, correction: Correction | None
    ) -> None:
        """Take light and camera over. `close` closes them.

        Args:
            light: The LED.
            camera: Opened with the controls of the calibration.
            frames: Frames per field, >= 1.
            correction: The calibration. Without one, fields stay as the camera gives them.
        """
        self._light, self._camera, self._frames = light, camera, frames
        self.correction = correction
        self._sha256 = correction.sha256 if correction is not None else None

    def light_on(self) -> None:
        """Switch the LED on.

        Raises:
            LightError: It can't be switched.
        """
        self._light.on()

    def light_off(self) -> None:
        """Switch the LED off.

        Raises:
            LightError: It can't be switched.
        """
        self._light.off()

    def preview(self) -> Field:
        """Return the newest small frame. Its shading is not corrected.

        Raises:
            CameraError, CameraTimeoutError: The camera has failed, or gives no frame in time.
        """
        return self._scaled(self._camera.preview())

    def capture(self) -> Field:
        """Capture a field: a burst with the LED on, and the level of a small frame with it off.

        The LED is on afterwards.

        Raises:
            LightError, CameraError, CameraTimeoutError: A part has failed.
        """
        self._light.on()
        frames = self._camera.capture(self._frames)
        self._light.off()
        off_level = float(self._camera.preview(fresh=True).rgb.mean())
        self._light.on()
        field = replace(merge([self._scaled(frame) for frame in frames]), off_level=off_level)
        correction = self.correction
        if correction is None:
            return field
        return replace(
            field,
            rgb=flatten(field.rgb, correction.background),
            metadata={
                **field.metadata,
                "Calibration": correction.name,
                "Scale": correction.scale_text,
            },
            calibration_sha256=self._sha256,
        )

    def _scaled(self, frame: Field) -> Field:
        """Return a frame with the scale of the calibration, if there is one."""
        correction = self.correction
        if correction is None:
            return frame
        um_per_px = correction.um_per_px * correction.width / frame.width_px
        return replace(frame, um_per_px=um_per_px)

    def test_light(self) -> LightTest:
        """Compare a small frame with the LED on and one with it off. The LED is off afterwards.

        Raises:
            LightError: The frames do not differ: the LED is dead, or the slide lets no light through.
            CameraError, CameraTimeoutError: As `preview`.
        """
        self._light.on()
        lit = self._scaled(self._camera.preview(fresh=True))
        self._light.off()
        rise = float(lit.rgb.mean()) - float(self._camera.preview(fresh=True).rgb.mean())
        if rise < MIN_LIGHT_LEVELS:
            raise LightError(
                f"the LED changes the picture by {rise:.1f} levels, less than "
                f"{MIN_LIGHT_LEVELS:g}: check the LED, its wires and the slide"
            )
        return LightTest(rise, lit)

    def close(self) -> None:
        """Switch the light off and close both parts.

        Raises:
            LightError: The light can't be switched off.
            CameraTimeoutError: The camera hangs.
        """
        try:
            self._light.close()
        finally:
            self._camera.close()
