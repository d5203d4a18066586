"""The Pi camera through picamera2: one configuration for life, everything automatic off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from leukoscope.errors import CameraError, CameraTimeoutError, LeukoscopeError
from leukoscope.field import Field, Rgb
from leukoscope.microscope.camera_configuration import (
    SensorMode,
    load_tuning,
    start_camera,
    to_libcamera,
)
from leukoscope.microscope.frame_check import find_mismatches, numbers_of
from leukoscope.microscope.interfaces import CameraControls
from leukoscope.microscope.raw import green_shares
from leukoscope.microscope.worker import Worker
from leukoscope.microscope.yuv import convert_yuv420

PREVIEW_WIDTH = 640
"""Width in px of the small stream for the focus meter, or the full one's where that is less."""

SETTLING_FRAMES = 12
"""Frames in which one must be made with the controls: those in flight, and the sensor's own delay."""

_Result = TypeVar("_Result")


class PiCamera:
    """A `Camera`: a full stream, a small one and the sensor's own, side by side.

    Args:
        width: Of a field, px.
        height: Of a field, px.
        sensor: Width and height in px and bits of the sensor's mode, one that the camera has.
        um_per_px: Scale of a field.
        controls: In force from the first frame on.
        timeout_s: Longest wait for a frame.

    Raises:
        CameraError: There is no camera, or it refuses.
        CameraTimeoutError: It hangs.
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
        tuning = self._call(load_tuning)
        self._camera = self._call(
            partial(
                start_camera,
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
        self._call(partial(_set_controls, self._camera, controls))
        self._controls = controls

    def preview(self, *, fresh: bool = False) -> Field:
        """Return a small frame: the newest, or with `fresh` one whose exposure began after this call."""
        rgb, metadata = self._frame(_copy_small, fresh)
        return Field(rgb, self._um_per_px * self._width / rgb.shape[1], metadata)

    def capture(self, frames: int = 1) -> tuple[Field, ...]:
        """Capture full frames in a row, the first begun after this call.

        Each is the next that picamera2 has; while one is copied the sensor may expose another.
        """
        taken = [self._frame(copy_full, index == 0) for index in range(frames)]
        return tuple(Field(rgb, self._um_per_px, metadata) for rgb, metadata in taken)

    def raw_green(self) -> npt.NDArray[np.float32]:
        """Return the green pixels of one raw frame begun after this call, as shares of the sensor's range.

        Shape (height, width // 2) of the sensor's mode, float32.
        """
        green, _ = self._frame(partial(_copy_raw_green, self._mode.bits), True)
        return green

    def close(self) -> None:
        """Stop the camera. Raises CameraTimeoutError rather than block."""
        self._call(self._camera.close)

    def _frame(
        self, read: Callable[[Any], _Result], fresh: bool
    ) -> tuple[_Result, Mapping[str, object]]:
        """What `read` gives for the next frame that was made with the controls, and its metadata."""
        for _ in range(SETTLING_FRAMES):
            result, metadata, wrong = self._call(
                partial(_take, self._camera, self._controls, read, fresh)
            )
            if result is not None:
                return result, metadata
            fresh = False  # every later frame begins later
        raise CameraError(
            f"{SETTLING_FRAMES} frames were not made as they should: {'; '.join(wrong)}"
        )


def _set_controls(camera: Any, controls: CameraControls) -> None:
    # picamera2's own thread sends what was set whenever it gives back a frame, and then forgets
    # it, all under this lock: what is set in between without it would be lost.
    with camera.request_lock:
        camera.set_controls(to_libcamera(controls))


def _take(
    camera: Any, controls: CameraControls, read: Callable[[Any], _Result], fresh: bool
) -> tuple[_Result | None, Mapping[str, object], list[str]]:
    """Take the next frame: what `read` gives for it, its metadata, and what is wrong; None if anything is."""
    request = camera.capture_request(flush=fresh or None)
    try:
        metadata = dict(request.get_metadata())
        wrong = find_mismatches(controls, metadata)
        return (None if wrong else read(request)), metadata, wrong
    finally:
        request.release()


def _copy_small(request: Any) -> Rgb:
    return convert_yuv420(request.make_array("lores"), request.config["lores"]["size"][0])


def copy_full(request: Any) -> Rgb:
    """Return the full stream's pixels, R, G, B."""
    pixels: Rgb = request.make_array("main")  # a copy: the camera's buffer goes back
    return pixels


def _copy_raw_green(sensor_bits: int, request: Any) -> npt.NDArray[np.float32]:
    stream = request.config["raw"]
    black_levels = numbers_of(request.get_metadata().get("SensorBlackLevels"))
    if len(black_levels) != 4:
        raise CameraError("the camera does not say how black its raw frames are: update libcamera")
    return green_shares(
        request.make_array("raw"),
        width=stream["size"][0],
        pixel_format=stream["format"],
        sensor_bits=sensor_bits,
        black_level=black_levels[1],  # red, green, green, blue
    )
