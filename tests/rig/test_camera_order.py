"""What the device relies on of picamera2, through the real one, on a camera that real libcamera drives.

The camera is the kernel's vimc. It has one stream and no sensor controls, so `PiCamera` as a whole cannot run on it.
Its format and its way from a request to pixels can. `flush` cannot be tested either: it needs a frame's exposure.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from leukoscope.microscope.camera_configuration import BUFFERS, FULL_FORMAT
from leukoscope.microscope.pi_camera import copy_full

WIDTH, HEIGHT = 640, 480

BARS = [
    ("white", (1, 1, 1)),
    ("yellow", (1, 1, 0)),
    ("cyan", (0, 1, 1)),
    ("green", (0, 1, 0)),
    ("magenta", (1, 0, 1)),
    ("red", (1, 0, 0)),
    ("blue", (0, 0, 1)),
    ("black", (0, 0, 0)),
]
"""The kernel's test pattern, left to right: of each bar which of R, G and B are bright."""


@pytest.fixture(scope="module")
def camera(rig: None) -> Iterator[Any]:
    from picamera2 import Picamera2

    subprocess.run(["systemctl", "stop", "leukoscope"], check=True)  # it has the camera
    camera = Picamera2()
    camera.configure(
        camera.create_still_configuration(
            main={"size": (WIDTH, HEIGHT), "format": FULL_FORMAT},
            raw=None,
            buffer_count=BUFFERS,
            display=None,
            encode=None,
        )
    )
    camera.start()
    yield camera
    camera.close()
    subprocess.run(["systemctl", "start", "leukoscope"], check=True)


def taken(camera: Any) -> tuple[np.ndarray, int]:
    """The pixels of a frame, as the device copies them, and when the camera says it was taken."""
    request = camera.capture_request()
    try:
        return copy_full(request), request.get_metadata()["SensorTimestamp"]
    finally:
        request.release()


def test_ok__full_format_is_red_green_blue(camera: Any) -> None:
    rgb, _ = taken(camera)
    assert (rgb.shape, rgb.dtype) == ((HEIGHT, WIDTH, 3), np.uint8)
    width = WIDTH // len(BARS)
    middles = rgb[:, width // 2 :: width].mean(0)
    shine = {name: tuple(bar > 96) for (name, _), bar in zip(BARS, middles, strict=True)}
    assert shine == dict(BARS), middles


def test_ok__each_buffer_comes_back(camera: Any) -> None:
    """More frames than there are buffers can be taken, and no two are the same."""
    stamps = {taken(camera)[1] for _ in range(3 * BUFFERS)}
    assert len(stamps) == 3 * BUFFERS
