"""The Pi camera's side of picamera2, against a stand-in for it: libcamera runs on no CI machine."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from device.errors import CameraError, CameraTimeoutError
from device.microscope.pi_camera import PiCamera, rgb_of_yuv420

WIDTH, HEIGHT = 1014, 760
STRIDE = 704
"""Of the small stream, 640 px wide, as an ISP that aligns lines to 64 bytes hands it out."""


def picture(width: int, height: int) -> Image.Image:
    """A smooth picture in colours that tell the channels apart: red left to right, blue downwards."""
    red = np.tile(np.linspace(40, 220, width), (height, 1))
    blue = np.tile(np.linspace(220, 40, height)[:, None], (1, width))
    return Image.fromarray(np.dstack([red, np.full_like(red, 90), blue]).astype(np.uint8))


def yuv420(image: Image.Image, stride: int) -> np.ndarray:
    """The planes of a picture as picamera2 hands them out; what is beyond its width is noise."""
    width, height = image.size
    luma, u, v = image.convert("YCbCr").split()
    noise = np.random.default_rng(1).integers(0, 256, (height * 3 // 2, stride), dtype=np.uint8)
    noise[:height, :width] = np.asarray(luma)
    chroma = noise[height:].reshape(2, height // 2, stride // 2)
    for plane, band in zip(chroma, (u, v), strict=True):
        half = band.resize((width // 2, height // 2), Image.Resampling.BOX)
        plane[:, : width // 2] = np.asarray(half)
    return noise


class FakeRequest:
    def __init__(self, camera: FakePicamera2) -> None:
        self._camera = camera
        self.config = camera.config
        self.released = False

    def make_array(self, stream: str) -> np.ndarray:
        self._camera.fail_at("make_array")
        width, height = self.config[stream]["size"]
        if stream == "lores":
            return yuv420(picture(width, height), STRIDE)
        return np.asarray(picture(width, height))  # as BGR888 lies in memory

    def get_metadata(self) -> dict[str, object]:
        return {"ExposureTime": 7998, "SensorTimestamp": 12}

    def release(self) -> None:
        self.released = True


class FakePicamera2:
    """What the device uses of picamera2.Picamera2 (0.3), and nothing else."""

    broken: dict[str, Exception | threading.Event]
    made: list[FakePicamera2]

    def __init__(self) -> None:
        type(self).made.append(self)
        self.fail_at("open")
        self.config: dict[str, Any] = {}
        self.requests: list[FakeRequest] = []
        self.flushes: list[object] = []
        self.threads: set[int] = set()
        self.started = self.closed = False

    def fail_at(self, call: str) -> None:
        trouble = type(self).broken.get(call)
        if isinstance(trouble, threading.Event):
            trouble.wait()
        elif trouble is not None:
            raise trouble

    def create_still_configuration(self, **config: Any) -> dict[str, Any]:
        return config

    def configure(self, config: dict[str, Any]) -> None:
        self.fail_at("configure")
        self.config = config

    def start(self) -> None:
        self.fail_at("start")
        self.started = True

    def capture_request(self, *, flush: object = None) -> FakeRequest:
        self.fail_at("capture_request")
        self.threads.add(threading.get_ident())
        self.flushes.append(flush)
        self.requests.append(FakeRequest(self))
        return self.requests[-1]

    def close(self) -> None:
        self.closed = True
        self.fail_at("close")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakePicamera2]]:
    """The stand-in in place of picamera2; what hangs is let go at the end."""
    kind = type("Picamera2", (FakePicamera2,), {"broken": {}, "made": []})
    module = ModuleType("picamera2")
    module.Picamera2 = kind
    monkeypatch.setitem(sys.modules, "picamera2", module)
    yield kind
    for trouble in kind.broken.values():
        if isinstance(trouble, threading.Event):
            trouble.set()


def opened(timeout_s: float = 30.0, *, width: int = WIDTH, height: int = HEIGHT) -> PiCamera:
    return PiCamera(
        width=width,
        height=height,
        um_per_px=0.155,
        exposure_us=8000,
        analogue_gain=1.5,
        colour_gains=(2.0, 1.7),
        timeout_s=timeout_s,
    )


def test_ok__configuration(fake: type[FakePicamera2]) -> None:
    opened()
    (camera,) = fake.made
    assert camera.started
    config = camera.config
    assert config["main"] == {"size": (WIDTH, HEIGHT), "format": "BGR888"}
    assert config["lores"] == {"size": (640, 480), "format": "YUV420"}
    assert config["controls"] == {
        "AeEnable": False,
        "AwbEnable": False,
        "ExposureTime": 8000,
        "AnalogueGain": 1.5,
        "ColourGains": (2.0, 1.7),
        "FrameDurationLimits": (33_333, 33_333),
    }
    assert config["buffer_count"] >= 2
    assert (config["display"], config["encode"]) == (None, None)


@given(width=st.integers(320, 4056), height=st.integers(240, 3040))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_ok__small_stream_is_even_and_no_larger_than_the_full_one(
    fake: type[FakePicamera2], width: int, height: int
) -> None:
    """picamera2 refuses any other."""
    opened(width=width, height=height)
    small_width, small_height = fake.made[-1].config["lores"]["size"]
    assert small_width % 2 == small_height % 2 == 0
    assert 0 < small_width <= width
    assert 0 < small_height <= height


def test_ok__capture_is_a_frame_from_after_the_call(fake: type[FakePicamera2]) -> None:
    field = opened().capture()
    (camera,) = fake.made
    assert camera.flushes == [True]
    assert camera.requests[0].released
    assert np.array_equal(field.rgb, np.asarray(picture(WIDTH, HEIGHT)))
    assert field.um_per_px == 0.155
    assert field.metadata == {"ExposureTime": 7998, "SensorTimestamp": 12}
    assert not field.simulated


@pytest.mark.parametrize(("fresh", "flush"), [(False, None), (True, True)])
def test_ok__preview(fake: type[FakePicamera2], fresh: bool, flush: object) -> None:
    field = opened().preview(fresh=fresh)
    assert fake.made[0].flushes == [flush]
    assert fake.made[0].requests[0].released
    assert field.rgb.shape == (480, 640, 3)
    assert field.um_per_px * 640 == pytest.approx(0.155 * WIDTH)
    difference = np.abs(field.rgb.astype(int) - np.asarray(picture(640, 480)))
    assert difference.max() <= 4


def test_ok__all_calls_on_one_thread(fake: type[FakePicamera2]) -> None:
    camera = opened()
    camera.preview()
    camera.capture()
    camera.close()
    assert len(fake.made[0].threads) == 1
    assert threading.get_ident() not in fake.made[0].threads
    assert fake.made[0].closed


@pytest.mark.parametrize("call", ["preview", "capture"])
def test_fail__frame_is_broken(fake: type[FakePicamera2], call: str) -> None:
    """The camera has few buffers: one that is not given back is lost."""
    camera = opened()
    fake.broken["make_array"] = RuntimeError("bad buffer")
    with pytest.raises(CameraError, match=r"bad buffer.*check its cable"):
        getattr(camera, call)()
    assert fake.made[0].requests[0].released
    fake.broken.clear()
    assert getattr(camera, call)().rgb.ndim == 3


@pytest.mark.parametrize(
    "error", [IndexError("list index out of range"), RuntimeError("Camera __init__ sequence")]
)
def test_fail__no_camera(fake: type[FakePicamera2], error: Exception) -> None:
    fake.broken["open"] = error
    with pytest.raises(CameraError, match=r"check its cable and `rpicam-hello --list-cameras`"):
        opened()


@pytest.mark.parametrize("call", ["configure", "start"])
def test_fail__camera_that_does_not_start_is_let_go_of(
    fake: type[FakePicamera2], call: str
) -> None:
    """A second try, after the cable is mended, can open it again."""
    fake.broken[call] = RuntimeError("Failed to start camera")
    with pytest.raises(CameraError, match="Failed to start camera"):
        opened()
    assert fake.made[0].closed
    fake.broken.clear()
    opened().preview()


def test_fail__picamera2_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match="picamera2"):
        opened()


@pytest.mark.parametrize("call", ["open", "start", "capture_request", "close"])
def test_fail__camera_hangs(fake: type[FakePicamera2], call: str) -> None:
    calls: dict[str, Callable[[], object]] = {
        "open": lambda: opened(0.05),
        "start": lambda: opened(0.05),
        "capture_request": lambda: opened(0.05).preview(),
        "close": lambda: opened(0.05).close(),
    }
    fake.broken[call] = threading.Event()
    with pytest.raises(CameraTimeoutError, match=r"no frame in 0.05 s: check its cable"):
        calls[call]()


@given(
    half_width=st.integers(1, 40),
    half_height=st.integers(1, 30),
    padding=st.integers(0, 20),
    colour=st.tuples(*[st.integers(0, 255)] * 3),
)
def test_ok__yuv_of_one_colour(
    half_width: int, half_height: int, padding: int, colour: tuple[int, int, int]
) -> None:
    """As Pillow itself converts it there and back, whatever lies in the padding."""
    image = Image.new("RGB", (2 * half_width, 2 * half_height), colour)
    rgb = rgb_of_yuv420(yuv420(image, 2 * half_width + 2 * padding), 2 * half_width)
    assert np.array_equal(rgb, np.asarray(image.convert("YCbCr").convert("RGB")))


@pytest.mark.parametrize("padding", [0, 2, 64])
def test_ok__yuv_of_a_picture(padding: int) -> None:
    image = picture(96, 64)
    rgb = rgb_of_yuv420(yuv420(image, 96 + padding), 96)
    difference = np.abs(rgb.astype(int) - np.asarray(image.convert("YCbCr").convert("RGB")))
    assert difference.max() <= 6
    assert rgb.dtype == np.uint8
