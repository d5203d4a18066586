"""The Pi camera through picamera2: one configuration for life, everything automatic off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from device.errors import CameraError, CameraTimeoutError
from device.field import Field, Rgb
from device.microscope.worker import Worker

PREVIEW_WIDTH = 640
"""Width in px of the small stream for the focus meter, or the full one's where that is less."""

BUFFERS = 3
"""Frames in flight: the fewest that keep the sensor running while one is read."""

_Result = TypeVar("_Result")


class PiCamera:
    """A `Camera`: a full stream and a small one beside it, both R, G, B.

    width, height: px of a field; um_per_px: its scale; exposure_us, analogue_gain, colour_gains
    (red, blue): fixed. timeout_s: longest wait for a frame.
    Raises CameraError when there is no camera or it refuses, CameraTimeoutError when it hangs.
    """

    def __init__(
        self,
        *,
        width: int,
        height: int,
        um_per_px: float,
        exposure_us: int,
        analogue_gain: float,
        colour_gains: tuple[float, float],
        timeout_s: float,
    ) -> None:
        self._um_per_px, self._width, self._timeout_s = um_per_px, width, timeout_s
        # A loose cable makes picamera2 block for ever, even in stop(): every call runs on this
        # thread and is waited for; when it hangs, the process ends and systemd starts a new one.
        self._worker = Worker("camera")
        # Even, as YUV 4:2:0 wants it, and in both ways no larger than the full stream.
        preview_width = min(PREVIEW_WIDTH, width // 2 * 2)
        preview_height = min(round(preview_width * height / width / 2) * 2, height // 2 * 2)
        preview = (preview_width, preview_height)
        self._camera = self._call(
            lambda: _started(
                (width, height), preview, self._controls(exposure_us, analogue_gain, colour_gains)
            )
        )

    @staticmethod
    def _controls(
        exposure_us: int, analogue_gain: float, colour_gains: tuple[float, float]
    ) -> dict[str, object]:
        return {
            "AeEnable": False,
            "AwbEnable": False,
            "ExposureTime": exposure_us,
            "AnalogueGain": analogue_gain,
            "ColourGains": colour_gains,
            "FrameDurationLimits": (max(exposure_us, 33_333), max(exposure_us, 33_333)),
        }

    def _call(self, work: Callable[[], _Result]) -> _Result:
        """Run `work` on the camera's thread, within the time-out."""
        try:
            return self._worker.call(work, self._timeout_s)
        except TimeoutError as error:
            raise CameraTimeoutError(
                f"the camera gave no frame in {self._timeout_s:g} s: check its cable"
            ) from error
        except (RuntimeError, IndexError, OSError, ImportError) as error:
            raise CameraError(
                f"the camera failed ({error}): check its cable and `rpicam-hello --list-cameras`"
            ) from error

    def preview(self, *, fresh: bool = False) -> Field:
        """A small frame: the newest, or with `fresh` one whose exposure began after this call."""
        rgb, metadata = self._call(lambda: _frame(self._camera, "lores", fresh))
        return Field(rgb, self._um_per_px * self._width / rgb.shape[1], metadata)

    def capture(self) -> Field:
        """A full frame whose exposure began after this call."""
        rgb, metadata = self._call(lambda: _frame(self._camera, "main", True))
        return Field(rgb, self._um_per_px, metadata)

    def close(self) -> None:
        """Stop the camera. Raises CameraTimeoutError rather than block."""
        self._call(self._camera.close)


def _started(full: tuple[int, int], preview: tuple[int, int], controls: dict[str, object]) -> Any:
    from picamera2 import Picamera2

    camera = Picamera2()
    try:
        _configure(camera, full, preview, controls)
        camera.start()
    except BaseException:
        camera.close()  # or nobody could open it again
        raise
    return camera


def _configure(
    camera: Any, full: tuple[int, int], preview: tuple[int, int], controls: dict[str, object]
) -> None:
    # picamera2's 'BGR888' is R, G, B in memory; its 'RGB888' is B, G, R.
    camera.configure(
        camera.create_still_configuration(
            main={"size": full, "format": "BGR888"},
            # The ISP of a Pi 4 gives its small stream in YUV only; a Pi 5 can, too.
            lores={"size": preview, "format": "YUV420"},
            buffer_count=BUFFERS,
            controls=controls,
            display=None,
            encode=None,
        )
    )


def _frame(camera: Any, stream: str, fresh: bool) -> tuple[Rgb, Mapping[str, object]]:
    """Pixels, copied out of the camera's buffer, and what the camera says of the frame."""
    request = camera.capture_request(flush=fresh or None)
    try:
        pixels = request.make_array(stream)
        width = request.config[stream]["size"][0]
        rgb = rgb_of_yuv420(pixels, width) if stream == "lores" else pixels.copy()
        return rgb, dict(request.get_metadata())
    finally:
        request.release()


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
