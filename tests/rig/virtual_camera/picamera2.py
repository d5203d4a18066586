"""picamera2 on libcamera's virtual camera, which shows a JPEG; dark while the LED, a mock, is (see one_stream.py)."""

from __future__ import annotations

from typing import Any

import gpiozero
import libcamera
import numpy as np
from PIL import Image

from tests.rig.one_stream import LED_LINE, one_stream, real_picamera2

real = real_picamera2(__file__)
from picamera2.allocators import LibcameraAllocator  # noqa: E402


class VirtualCamera(one_stream(real.Picamera2)):  # type: ignore[misc]
    """See the module."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()
        self.allocator = LibcameraAllocator(self.camera)

    def _get_raw_modes(self) -> list[dict[str, Any]]:
        # picamera2 asks for a raw stream here, which this camera has not.
        still = self.camera.generate_configuration([libcamera.StreamRole.StillCapture])
        formats = still.at(0).formats
        return [
            {"format": str(pixels), "size": (size.width, size.height)}
            for pixels in formats.pixel_formats
            for size in formats.sizes(pixels)
        ]

    def lit(self) -> bool:
        return bool(gpiozero.Device.pin_factory.pin(LED_LINE).state)

    def main(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {**asked, "format": "NV12"}  # it gives no other

    def rgb(self, request: object) -> np.ndarray:
        planes = super().rgb(request)
        height, width = planes.shape[0] * 2 // 3, planes.shape[1]
        chroma = planes[height:].reshape(height // 2, width // 2, 2)
        # As they were in the JPEG: in the full range.
        bands = [planes[:height], chroma[..., 0], chroma[..., 1]]
        pictures = [
            Image.fromarray(np.ascontiguousarray(band)).resize((width, height)) for band in bands
        ]
        return np.asarray(Image.merge("YCbCr", pictures).convert("RGB"))


real.Picamera2 = VirtualCamera
