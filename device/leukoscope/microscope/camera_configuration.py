"""Sets the Pi camera up: its tuning and its three streams. All automatic adjustments are off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from leukoscope.errors import CameraError
from leukoscope.microscope.interfaces import CameraControls
from leukoscope.microscope.raw import bayer_order
from leukoscope.microscope.tuning import Platform, adapt_tuning

FULL_FORMAT = "BGR888"
"""picamera2's name for R, G, B in memory. Its 'RGB888' is B, G, R."""

BUFFERS = 3
"""Number of frame buffers. With fewer, the sensor would stop while a frame is read."""

_SHORTEST_FRAME_US = 33_333
READOUT_US = 2_000
"""Time that a frame needs beyond its exposure, at least: sensors need some lines between two frames."""


class SensorMode(NamedTuple):
    """A mode of the sensor: width and height in px, and the bits of its analogue-to-digital converter."""

    width: int
    height: int
    bits: int

    def __str__(self) -> str:
        return f"{self.width} x {self.height}, {self.bits} bit"


def load_tuning() -> dict[str, Any]:
    """Return the installed tuning of the camera's sensor, with the device's own algorithms put in.

    Raises:
        CameraError: libcamera has no tuning for this sensor.
    """
    from picamera2 import Picamera2

    # libcamera reads a tuning only when its camera manager starts. The manager ends when its last
    # camera closes, unless that camera was configured. So this camera is only opened, to learn the
    # sensor's name, and closed. Asking for the list of cameras would start a manager that stays.
    camera = Picamera2()
    try:
        model = camera.camera_properties["Model"]
    finally:
        camera.close()
    platform: Platform = "pisp" if Picamera2.platform.name == "PISP" else "vc4"
    try:
        vendor = Picamera2.load_tuning_file(f"{model}.json")
    except RuntimeError as error:
        raise CameraError(
            f"no tuning file {model}.json for {platform} is installed: "
            "install libcamera-ipa, or use a camera that libcamera knows"
        ) from error
    return adapt_tuning(vendor, platform)


def start_camera(
    tuning: Mapping[str, Any],
    full: tuple[int, int],
    preview: tuple[int, int],
    mode: SensorMode,
    controls: CameraControls,
) -> Any:
    """Open, configure and start the camera; return picamera2's object.

    Args:
        tuning: From `load_tuning`.
        full: Width and height of a field, px.
        preview: Width and height of the small stream, px, even.
        mode: The sensor's mode.
        controls: They apply from the first frame on.

    Raises:
        CameraError: The sensor has no such mode.
    """
    from picamera2 import Picamera2

    camera = Picamera2(tuning=tuning)
    try:
        _configure(camera, full, preview, mode, controls)
        camera.start()
    except BaseException:
        camera.close()  # otherwise it could not be opened again
        raise
    return camera


def _configure(
    camera: Any,
    full: tuple[int, int],
    preview: tuple[int, int],
    mode: SensorMode,
    controls: CameraControls,
) -> None:
    size = (mode.width, mode.height)
    camera.configure(
        camera.create_still_configuration(
            main={"size": full, "format": FULL_FORMAT},
            # The ISP of a Pi 4 gives its small stream only in YUV. A Pi 5 can give YUV too.
            lores={"size": preview, "format": "YUV420"},
            # Unpacked; a Pi 5 makes 16 bits of it. Only the sensor's own Bayer order is possible.
            raw={"size": size, "format": f"S{bayer_order(camera.sensor_format)}{mode.bits}"},
            # Without this, libcamera picks the mode nearest to a field's size, which is a crop.
            sensor={"output_size": size, "bit_depth": mode.bits},
            buffer_count=BUFFERS,
            controls=_automatic_off() | to_libcamera(controls),
            display=None,
            encode=None,
        )
    )
    # picamera2 takes the nearest mode if the sensor lacks this one.
    got = camera.camera_configuration()["sensor"]
    if (got["output_size"], got["bit_depth"]) != (size, mode.bits):
        offered = sorted(
            {SensorMode(m["size"][0], m["size"][1], m["bit_depth"]) for m in camera.sensor_modes}
        )
        raise CameraError(
            f"the sensor has no mode of {mode}, only {'; '.join(map(str, offered))}: "
            "set sensor_width, sensor_height and sensor_bits in [camera]"
        )


def _automatic_off() -> dict[str, object]:
    """Return the controls that never change: no automatic adjustment and no enhancement."""
    from libcamera import controls as libcamera_controls

    noise_reduction = libcamera_controls.draft.NoiseReductionModeEnum
    return {
        "AeEnable": False,
        "AwbEnable": False,
        "Brightness": 0.0,
        "Contrast": 1.0,
        "Saturation": 1.0,
        # Sharpening makes halos around edges, which mislead the focus meter and the model.
        "Sharpness": 0.0,
        # In any other mode, even Minimal, a Pi 5 may mix a frame with earlier ones.
        "NoiseReductionMode": noise_reduction.Off,
    }


def to_libcamera(controls: CameraControls) -> dict[str, object]:
    """Return exposure and gains as libcamera's controls."""
    duration = max(_SHORTEST_FRAME_US, controls.exposure_us + READOUT_US)
    return {
        "ExposureTime": controls.exposure_us,
        "AnalogueGain": controls.analogue_gain,
        "ColourGains": (controls.red_gain, controls.blue_gain),
        "FrameDurationLimits": (duration, duration),
    }
