"""The real picamera2 on a virtual camera of the kernel or of libcamera, with one stream and no sensor controls.

A folder with a `picamera2.py` that uses this module comes before the real one on the path. It replaces `Picamera2` by a
subclass. Real are: opening, configuring and starting by libcamera, every frame of the main stream, its time stamp, the
buffers and their return. Made up here are: the small stream (from the main one), the answers to controls (what was
asked for), the tuning file, the sensor's mode, and that the picture is dark while the LED is off. It has no raw stream.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
from PIL import Image

LED_LINE = 17

TUNING = {
    "version": 2.0,
    "target": "bcm2835",
    "algorithms": [
        {"rpi.black_level": {"black_level": 4096}},
        {"rpi.lux": {"reference_lux": 0}},
        {"rpi.alsc": {"omega": 1.3, "n_iter": 100}},
    ],
}


def real_picamera2(in_place: str) -> ModuleType:
    """Import the real picamera2, which the module in the file `in_place` hides."""
    # Only Raspberry Pi OS has pykms; picamera2 imports it for a preview on a screen.
    sys.modules.setdefault("pykms", MagicMock())
    folder = str(Path(in_place).parent)
    sys.path.remove(folder)
    del sys.modules["picamera2"]
    real = importlib.import_module("picamera2")
    sys.path.insert(0, folder)
    return real


def one_stream(picamera2: type[Any]) -> type[Any]:
    """A subclass of `Picamera2`, as the module says. Its own subclasses define `lit` and, where needed, `rgb`."""

    class OneStreamCamera(picamera2):  # type: ignore[misc]
        def __init__(self, *_: object, **__: object) -> None:
            super().__init__()
            self.sensor_format = "SBGGR12"
            self._asked: dict[str, Any] = {}
            self._said: dict[str, Any] = {}

        def lit(self) -> bool:
            """Whether the LED is on."""
            raise NotImplementedError

        def main(self, asked: dict[str, Any]) -> dict[str, Any]:
            """The main stream that the camera can give instead of the one asked for."""
            return asked

        def rgb(self, request: Any) -> np.ndarray:
            """The picture of its main stream."""
            return request.make_array("main")

        @staticmethod
        def load_tuning_file(*_: object) -> dict[str, Any]:
            return TUNING

        def create_still_configuration(self, main: Any = None, **asked: Any) -> Any:
            if main is None:  # picamera2's own, at the start
                return super().create_still_configuration()
            self._asked = asked
            return super().create_still_configuration(
                main=self.main(main),
                raw=None,
                buffer_count=asked["buffer_count"],
                display=None,
                encode=None,
            )

        def camera_configuration(self) -> dict[str, Any]:
            return {**super().camera_configuration(), "sensor": self._asked["sensor"]}

        def configure(self, config: Any) -> None:
            super().configure(config)
            self._said |= self._asked["controls"]

        def set_controls(self, controls: dict[str, Any]) -> None:
            self._said |= controls

        def capture_request(self, flush: bool | None = None) -> Any:
            now = time.monotonic_ns()
            while True:
                request = super().capture_request()
                metadata = request.get_metadata()
                if not flush or metadata["SensorTimestamp"] > now:
                    break
                request.release()
            answers = {
                name: self._said[name] for name in ("ExposureTime", "AnalogueGain", "ColourGains")
            }
            metadata = {**metadata, **answers, "DigitalGain": 1.0, "Lux": 0.0}
            # Asked now, for this frame: the pixels may be read later, when the LED has changed.
            shines = self.lit()

            def make_array(stream: str) -> np.ndarray:
                rgb = self.rgb(request) * shines
                return rgb if stream == "main" else yuv420(rgb, self._asked["lores"]["size"])

            return SimpleNamespace(
                config={"lores": {"size": self._asked["lores"]["size"]}},
                make_array=make_array,
                get_metadata=lambda: metadata,
                release=request.release,
            )

    return OneStreamCamera


def yuv420(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Planes as picamera2 gives them, full range: shape (height * 3 / 2, width)."""
    width, height = size
    luma, u, v = Image.fromarray(rgb).resize(size).convert("YCbCr").split()
    halves = [np.asarray(plane.resize((width // 2, height // 2))).ravel() for plane in (u, v)]
    return np.concatenate([np.asarray(luma).ravel(), *halves]).reshape(height * 3 // 2, width)
