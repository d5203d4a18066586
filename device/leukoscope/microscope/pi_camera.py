"""The Pi camera through picamera2: one configuration for life, everything automatic off."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.errors import CameraError, CameraTimeoutError, LeukoscopeError
from leukoscope.field import Field, Rgb
from leukoscope.microscope.parts import CameraControls
from leukoscope.microscope.raw import bayer_order, green_shares
from leukoscope.microscope.tuning import Platform, adapt_tuning
from leukoscope.microscope.worker import Worker

FULL_FORMAT = "BGR888"
"""picamera2's name for R, G, B in memory; its 'RGB888' is B, G, R."""

PREVIEW_WIDTH = 640
"""Width in px of the small stream for the focus meter, or the full one's where that is less."""

BUFFERS = 3
"""Frames in flight: the fewest that keep the sensor running while one is read."""

SETTLING_FRAMES = 12
"""Frames that may pass until one answers to its controls: those in flight, and the sensor's own delay."""

_SHORTEST_FRAME_US = 33_333
_READOUT_US = 2_000
"""What a frame lasts beyond its exposure, at least: sensors keep some lines between two of them."""

_HINTS = {
    "DigitalGain": " (a colour gain below 1 does that)",
    "Lux": " (libcamera runs with another tuning than the device's)",
}

_Result = TypeVar("_Result")


class SensorMode(NamedTuple):
    """A mode of the sensor: width and height in px, bits of its converter."""

    width: int
    height: int
    bits: int

    def __str__(self) -> str:
        return f"{self.width} x {self.height}, {self.bits} bit"


class PiCamera:
    """A `Camera`: a full stream, a small one and the sensor's own, side by side.

    width, height: px of a field; sensor: width, height in px and bits of the sensor's mode, which
    must be one that the camera has; um_per_px: scale of a field; controls: in force from the first
    frame on. timeout_s: longest wait for a frame.
    Raises CameraError when there is no camera or it refuses, CameraTimeoutError when it hangs.
    """

    def __init__(
        self,
        *,
        width: int,
        height: int,
        sensor: tuple[int, int, int],
        um_per_px: float,
        controls: CameraControls,
        timeout_s: float,
    ) -> None:
        self._um_per_px, self._width, self._timeout_s = um_per_px, width, timeout_s
        self._mode, self._controls = SensorMode(*sensor), controls
        # A loose cable makes picamera2 block for ever, even in stop(): every call runs on this
        # thread and is waited for; when it hangs, the process ends and systemd starts a new one.
        self._worker = Worker("camera")
        # Even, as YUV 4:2:0 wants it, and in both ways no larger than the full stream.
        preview_width = min(PREVIEW_WIDTH, width // 2 * 2)
        preview_height = min(round(preview_width * height / width / 2) * 2, height // 2 * 2)
        tuning = self._call(_tuning)
        self._camera = self._call(
            partial(
                _started,
                tuning,
                (width, height),
                (preview_width, preview_height),
                self._mode,
                controls,
            )
        )

    def _call(self, work: Callable[[], _Result]) -> _Result:
        """Run `work` on the camera's thread, within the time-out."""
        try:
            return self._worker.call(work, self._timeout_s)
        except LeukoscopeError:
            raise
        except TimeoutError as error:
            raise CameraTimeoutError(
                f"the camera gave no frame in {self._timeout_s:g} s: check its cable"
            ) from error
        except (RuntimeError, LookupError, ValueError, OSError, ImportError) as error:
            raise CameraError(
                f"the camera failed ({error}): check its cable and `rpicam-hello --list-cameras`"
            ) from error

    def control(self, controls: CameraControls) -> None:
        """Set exposure and gains; every later frame was made with them."""
        self._call(partial(_control, self._camera, controls))
        self._controls = controls

    def preview(self, *, fresh: bool = False) -> Field:
        """A small frame: the newest, or with `fresh` one whose exposure began after this call."""
        rgb, metadata = self._frame(_small, fresh)
        return Field(rgb, self._um_per_px * self._width / rgb.shape[1], metadata)

    def capture(self, frames: int = 1) -> tuple[Field, ...]:
        """So many full frames in a row, the first begun after this call.

        Each is the next that picamera2 has; while one is copied the sensor may expose another.
        """
        taken = [self._frame(full_rgb, index == 0) for index in range(frames)]
        return tuple(Field(rgb, self._um_per_px, metadata) for rgb, metadata in taken)

    def raw_green(self) -> npt.NDArray[np.float32]:
        """The green pixels of one raw frame begun after this call, as shares of the sensor's range.

        Shape (height, width // 2) of the sensor's mode, float32.
        """
        green, _ = self._frame(partial(_raw_green, self._mode.bits), True)
        return green

    def close(self) -> None:
        """Stop the camera. Raises CameraTimeoutError rather than block."""
        self._call(self._camera.close)

    def _frame(
        self, read: Callable[[Any], _Result], fresh: bool
    ) -> tuple[_Result, Mapping[str, object]]:
        """What `read` makes of the next frame that answers to the controls, and its metadata."""
        for _ in range(SETTLING_FRAMES):
            result, metadata, wrong = self._call(
                partial(_taken, self._camera, self._controls, read, fresh)
            )
            if result is not None:
                return result, metadata
            fresh = False  # every later frame begins later
        raise CameraError(
            f"{SETTLING_FRAMES} frames were not made as they should: {'; '.join(wrong)}"
        )


def _tuning() -> dict[str, Any]:
    """The installed tuning of the camera's sensor, with the device's own algorithms in it."""
    from picamera2 import Picamera2

    # libcamera reads a tuning once, when its camera manager starts, and the manager ends with its
    # last camera, unless that one had been configured. So learn the sensor's name from a camera
    # that is only opened; asking for a list of cameras would start a manager that stays.
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


def _started(
    tuning: Mapping[str, Any],
    full: tuple[int, int],
    preview: tuple[int, int],
    mode: SensorMode,
    controls: CameraControls,
) -> Any:
    from picamera2 import Picamera2

    camera = Picamera2(tuning=tuning)
    try:
        _configure(camera, full, preview, mode, controls)
        camera.start()
    except BaseException:
        camera.close()  # or nobody could open it again
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
            # The ISP of a Pi 4 gives its small stream in YUV only; a Pi 5 can, too.
            lores={"size": preview, "format": "YUV420"},
            # Unpacked; a Pi 5 makes 16 bits of it. The order can be none but the sensor's own.
            raw={"size": size, "format": f"S{bayer_order(camera.sensor_format)}{mode.bits}"},
            # Or libcamera picks the mode that is nearest to a field's size, and that is a crop.
            sensor={"output_size": size, "bit_depth": mode.bits},
            buffer_count=BUFFERS,
            controls=_automatic_off() | _calibrated(controls),
            display=None,
            encode=None,
        )
    )
    # picamera2 takes the nearest mode when the sensor has not the one asked for.
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
    """What never changes: nothing adapts to the picture, and nothing embellishes it."""
    from libcamera import controls as libcamera_controls

    noise_reduction = libcamera_controls.draft.NoiseReductionModeEnum
    return {
        "AeEnable": False,
        "AwbEnable": False,
        "Brightness": 0.0,
        "Contrast": 1.0,
        "Saturation": 1.0,
        # Halos around edges would deceive the focus meter and the model.
        "Sharpness": 0.0,
        # A Pi 5 takes any other mode, Minimal too, as leave to mix a frame with those before it.
        "NoiseReductionMode": noise_reduction.Off,
    }


def _calibrated(controls: CameraControls) -> dict[str, object]:
    duration = max(_SHORTEST_FRAME_US, controls.exposure_us + _READOUT_US)
    return {
        "ExposureTime": controls.exposure_us,
        "AnalogueGain": controls.analogue_gain,
        "ColourGains": (controls.red_gain, controls.blue_gain),
        "FrameDurationLimits": (duration, duration),
    }


def _control(camera: Any, controls: CameraControls) -> None:
    # picamera2's own thread sends what was set whenever it gives back a frame, and then forgets
    # it, all under this lock: what is set in between without it would be lost.
    with camera.request_lock:
        camera.set_controls(_calibrated(controls))


def _taken(
    camera: Any, controls: CameraControls, read: Callable[[Any], _Result], fresh: bool
) -> tuple[_Result | None, Mapping[str, object], list[str]]:
    """The next frame: what `read` makes of it, or None and what is wrong with it."""
    request = camera.capture_request(flush=fresh or None)
    try:
        metadata = dict(request.get_metadata())
        wrong = unanswered(controls, metadata)
        return (None if wrong else read(request)), metadata, wrong
    finally:
        request.release()


def unanswered(controls: CameraControls, metadata: Mapping[str, object]) -> list[str]:
    """What a frame's metadata says other than the controls, a phrase each; none when all is well.

    Exposure is to be right within 2 % or 60 µs, since sensors expose whole lines, analogue gain
    within 2 %, white balance and digital gain within 1 %.
    """
    exposure, gain = controls.exposure_us, controls.analogue_gain
    wanted: dict[str, tuple[float, ...]] = {
        "ExposureTime": (exposure,),
        "AnalogueGain": (gain,),
        "ColourGains": (controls.red_gain, controls.blue_gain),
        # With the automatic exposure off nothing may brighten a frame after it was taken.
        "DigitalGain": (1.0,),
        # 0 whatever the light, by the device's tuning and no other.
        "Lux": (0.0,),
    }
    got = {name: _numbers(metadata.get(name)) for name in wanted}
    light = got["ExposureTime"][:1] + got["AnalogueGain"][:1]
    # Some versions of libcamera make up by digital gain for the lines that an exposure falls short.
    short = abs(exposure * gain / math.prod(light) - 1) if len(light) == 2 and all(light) else 0.0
    tolerance = {
        "ExposureTime": max(0.02, 60 / exposure),
        "AnalogueGain": 0.02,
        "ColourGains": 0.01,
        "DigitalGain": 0.01 + short,
        "Lux": 0.0,
    }
    return [
        f"{name} is {_listed(got[name])} instead of {_listed(values)}{_HINTS.get(name, '')}"
        for name, values in wanted.items()
        if len(got[name]) != len(values)
        or any(
            not abs(answer - value) <= tolerance[name] * value
            for answer, value in zip(got[name], values, strict=True)
        )
    ]


def _numbers(value: object) -> tuple[float, ...]:
    values = value if isinstance(value, tuple | list) else (value,)
    return tuple(float(number) for number in values if isinstance(number, int | float))


def _listed(values: tuple[float, ...]) -> str:
    return (
        ", ".join(f"{value:.4g}" if value < 1000 else f"{value:.0f}" for value in values)
        or "missing"
    )


def _small(request: Any) -> Rgb:
    return rgb_of_yuv420(request.make_array("lores"), request.config["lores"]["size"][0])


def full_rgb(request: Any) -> Rgb:
    """A copy of the pixels of a picamera2 request's main stream."""
    pixels: Rgb = request.make_array("main")
    return pixels


def _raw_green(sensor_bits: int, request: Any) -> npt.NDArray[np.float32]:
    stream = request.config["raw"]
    black_levels = _numbers(request.get_metadata().get("SensorBlackLevels"))
    if len(black_levels) != 4:
        raise CameraError("the camera does not say how black its raw frames are: update libcamera")
    return green_shares(
        request.make_array("raw"),
        width=stream["size"][0],
        pixel_format=stream["format"],
        sensor_bits=sensor_bits,
        black_level=black_levels[1],  # red, green, green, blue
    )


def rgb_of_yuv420(planes: npt.NDArray[np.uint8], width: int) -> Rgb:
    """R, G, B of a planar YUV 4:2:0 frame, full range, BT.601 (libcamera's sYCC, as in JPEG).

    planes: shape (height * 3 / 2, stride), uint8: Y, then U and V at half size each way.
    width: px of the picture, at most the stride. Returns shape (height, width, 3).
    """
    rows, stride = planes.shape
    height = rows * 2 // 3
    luma = planes[:height, :width]
    chroma = planes[height:].reshape(2, height // 2, stride // 2)[:, :, : width // 2]
    bands = [Image.fromarray(np.ascontiguousarray(luma))] + [
        Image.fromarray(np.ascontiguousarray(plane)).resize((width, height)) for plane in chroma
    ]
    return np.asarray(Image.merge("YCbCr", bands).convert("RGB"))
