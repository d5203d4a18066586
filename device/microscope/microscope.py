"""The microscope: a light, a camera and what is known of them, that together make a field."""

from __future__ import annotations

from dataclasses import dataclass, replace

from device.errors import LightError
from device.field import Field
from device.microscope.burst import merged
from device.microscope.calibration_folder import Found
from device.microscope.parts import Camera, Light
from device.reading.flattening import flattened
from device.reading.gates import MIN_LIGHT_LEVELS


@dataclass(frozen=True)
class LightTest:
    """What the LED does. rise: levels (of 255) by which it raises the mean; lit: the frame with it."""

    rise: float
    lit: Field


class Microscope:
    """Captures fields, each of a burst of frames, corrected, and held against a frame without light.

    frames: of a field, >= 1. found: the calibration, with whose controls the camera was opened;
    without one, fields stay as the camera gives them.
    """

    def __init__(self, light: Light, camera: Camera, frames: int, found: Found) -> None:
        self._light, self._camera, self._frames = light, camera, frames
        self.found = found
        self._sha256 = found.calibration.sha256 if found.calibration is not None else None

    def light_on(self) -> None:
        """Switch the LED on. Raises LightError."""
        self._light.on()

    def light_off(self) -> None:
        """Switch the LED off. Raises LightError."""
        self._light.off()

    def preview(self) -> Field:
        """The newest small frame, its shading left in. Raises CameraError, CameraTimeoutError."""
        return self._scaled(self._camera.preview())

    def capture(self) -> Field:
        """A burst with the LED on as one field, and the level of a small frame with it off; leaves it on.

        Raises LightError, CameraError, CameraTimeoutError.
        """
        self._light.on()
        frames = self._camera.capture(self._frames)
        self._light.off()
        off_level = float(self._camera.preview(fresh=True).rgb.mean())
        self._light.on()
        field = replace(merged([self._scaled(frame) for frame in frames]), off_level=off_level)
        calibration = self.found.calibration
        if calibration is None:
            return field
        return replace(
            field,
            rgb=flattened(field.rgb, calibration.glass),
            metadata={
                **field.metadata,
                "Calibration": calibration.name,
                "Scale": calibration.scale_text,
            },
            calibration_sha256=self._sha256,
        )

    def _scaled(self, frame: Field) -> Field:
        """A frame with the calibration's scale, where there is one."""
        calibration = self.found.calibration
        if calibration is None:
            return frame
        um_per_px = calibration.um_per_px * calibration.width / frame.width_px
        return replace(frame, um_per_px=um_per_px)

    def test_light(self) -> LightTest:
        """Compare a small frame with the LED on and one with it off; leaves it off.

        Raises LightError when they do not differ: the LED is dead, or the slide lets nothing
        through; and what `preview` raises.
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
        """Switch the light off and let go of both parts. Raises LightError, CameraTimeoutError."""
        try:
            self._light.close()
        finally:
            self._camera.close()
