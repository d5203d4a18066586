"""The microscope: a light and a camera that together make a field."""

from __future__ import annotations

from dataclasses import replace

from device.errors import LightError
from device.field import Field
from device.microscope.parts import Camera, Light
from device.reading.gates import MIN_LIGHT_LEVELS


class Microscope:
    """Captures fields, each against a frame taken with the LED off."""

    def __init__(self, light: Light, camera: Camera) -> None:
        self._light, self._camera = light, camera

    def light_on(self) -> None:
        """Switch the LED on. Raises LightError."""
        self._light.on()

    def light_off(self) -> None:
        """Switch the LED off. Raises LightError."""
        self._light.off()

    def preview(self) -> Field:
        """The newest small frame. Raises CameraError, CameraTimeoutError."""
        return self._camera.preview()

    def capture(self) -> Field:
        """A full frame with the LED on, and the level of a small one with it off; leaves it on.

        Raises LightError, CameraError, CameraTimeoutError.
        """
        self._light.on()
        field = self._camera.capture()
        self._light.off()
        off_level = float(self._camera.preview(fresh=True).rgb.mean())
        self._light.on()
        return replace(field, off_level=off_level)

    def test_light(self) -> float:
        """Compare a small frame with the LED on and one with it off; leaves it off.

        Returns by how many levels (of 255) the LED raises the picture's mean.

        Raises LightError when they do not differ: the LED is dead, or the slide lets nothing
        through; and what `preview` raises.
        """
        self._light.on()
        on_level = float(self._camera.preview(fresh=True).rgb.mean())
        self._light.off()
        off_level = float(self._camera.preview(fresh=True).rgb.mean())
        rise = on_level - off_level
        if rise < MIN_LIGHT_LEVELS:
            raise LightError(
                f"the LED changes the picture by {rise:.1f} levels, less than "
                f"{MIN_LIGHT_LEVELS:g}: check the LED, its wires and the slide"
            )
        return rise

    def close(self) -> None:
        """Switch the light off and let go of both parts. Raises LightError, CameraTimeoutError."""
        try:
            self._light.close()
        finally:
            self._camera.close()
