"""The Pi camera through picamera2. It is configured once, when it is opened, with all automatic adjustments off."""

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
"""Width in px of the small stream for the focus meter. If the full stream is narrower, its width is used."""

SETTLING_FRAMES = 12
"""One of so many frames must be made with new controls. The first frames are not: some are already on their way, and
the sensor takes some frames to follow."""

_Result = TypeVar("_Result")


class PiCamera:
    """A `Camera` with three streams at once: full frames, small frames, and the sensor's raw frames.

    Args:
        width: Width of a field, px.
        height: Height of a field, px.
        sensor: Width and height in px and bits of a mode that the sensor has.
        um_per_px: Scale of a field.
        controls: They apply from the first frame on.
        timeout_s: Longest wait for a frame.

    Raises:
        CameraError: There is no camera, or it can't be set up.
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
        # With a loose cable picamera2 blocks for ever, even in stop(). So every call runs on this
        # thread, with a time-out. After one, the process ends and systemd starts a new one.
        self._worker = Worker("camera")
        # YUV 4:2:0 needs even numbers. Neither may be larger than the full stream's.
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
        """Run `work` on the camera's thread, and wait for it up to the time-out."""
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
        """Set exposure and gains. Every frame given after this call was made with them."""
        self._call(partial(_set_controls, self._camera, controls))
        self._controls = controls

    def preview(self, *, fresh: bool = False) -> Field:
        """Return the newest small frame, or with `fresh` one whose exposure began after this call."""
        rgb, metadata = self._frame(_copy_small, fresh)
        return Field(rgb, self._um_per_px * self._width / rgb.shape[1], metadata)

    def capture(self, frames: int = 1) -> tuple[Field, ...]:
        """Capture full frames in a row. The exposure of the first begins after this call.

        Each is the next frame that picamera2 has. The sensor may expose another one while a frame is copied.
        """
        taken = [self._frame(copy_full, index == 0) for index in range(frames)]
        return tuple(Field(rgb, self._um_per_px, metadata) for rgb, metadata in taken)

    def raw_green(self) -> npt.NDArray[np.float32]:
        """Return the green pixels of one raw frame whose exposure begins after this call.

        Returns:
            Shape (height, width // 2) of the sensor's mode, float32, shares of the sensor's range.
        """
        green, _ = self._frame(partial(_copy_raw_green, self._mode.bits), True)
        return green

    def close(self) -> None:
        """Stop the camera.

        Raises:
            CameraTimeoutError: The camera hangs. The call does not.
        """
        self._call(self._camera.close)

    def _frame(
        self, read: Callable[[Any], _Result], fresh: bool
    ) -> tuple[_Result, Mapping[str, object]]:
        """Return what `read` gives for the next frame made with the controls, and that frame's metadata."""
        for _ in range(SETTLING_FRAMES):
            result, metadata, wrong = self._call(
                partial(_take, self._camera, self._controls, read, fresh)
            )
            if result is not None:
                return result, metadata
            fresh = False  # every later frame begins later
        raise CameraError(
            f"{SETTLING_FRAMES} frames were not made with the exposure and gains that were set: "
            f"{'; '.join(wrong)}"
        )


def _set_controls(camera: Any, controls: CameraControls) -> None:
    # Each time picamera2's own thread gives back a frame, it sends the controls that were set and
    # then clears them, under this lock. Controls set without the lock could be lost in between.
    with camera.request_lock:
        camera.set_controls(to_libcamera(controls))


def _take(
    camera: Any, controls: CameraControls, read: Callable[[Any], _Result], fresh: bool
) -> tuple[_Result | None, Mapping[str, object], list[str]]:
    """Take the next frame.

    Returns:
        What `read` gives for it, or None if it was not made with the controls; its metadata; what is wrong with it.
    """
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
    """Return the full stream's pixels, shape (height, width, 3), R, G, B."""
    pixels: Rgb = request.make_array("main")  # a copy, because the camera uses its buffer again
    return pixels


def _copy_raw_green(sensor_bits: int, request: Any) -> npt.NDArray[np.float32]:
    stream = request.config["raw"]
    black_levels = numbers_of(request.get_metadata().get("SensorBlackLevels"))
    if len(black_levels) != 4:
        raise CameraError("the camera gives no black level for its raw frames: update libcamera")
    return green_shares(
        request.make_array("raw"),
        width=stream["size"][0],
        pixel_format=stream["format"],
        sensor_bits=sensor_bits,
        black_level=black_levels[1],  # red, green, green, blue
    )
