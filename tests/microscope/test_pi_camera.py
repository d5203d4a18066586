"""The Pi camera's side of picamera2, against a stand-in for it: libcamera runs on no CI machine."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from leukoscope.errors import CameraError, CameraTimeoutError
from leukoscope.microscope.frame_check import find_mismatches
from leukoscope.microscope.interfaces import CameraControls
from leukoscope.microscope.pi_camera import SETTLING_FRAMES, PiCamera
from leukoscope.microscope.worker import Worker
from leukoscope.microscope.yuv import convert_yuv420
from PIL import Image

WIDTH, HEIGHT = 1014, 760
STRIDE = 704
"""Of the small stream, 640 px wide, as an ISP that aligns lines to 64 bytes hands it out."""

SENSOR = (2028, 1520, 12)
MODES = [(1332, 990, 10), (2028, 1080, 12), SENSOR, (4056, 3040, 12)]
"""Of the HQ camera; the first two are crops."""

LINE_US = 18
"""How long the stand-in's sensor reads a line: it exposes whole lines."""

NO_NOISE_REDUCTION = object()
BLACK = 4096

CONTROLS = CameraControls(exposure_us=8000, analogue_gain=1.5, red_gain=2.0, blue_gain=1.7)
BRIGHTER = CameraControls(exposure_us=16_000, analogue_gain=2.5, red_gain=2.2, blue_gain=1.9)

VENDOR = {
    "version": 2.0,
    "target": "bcm2835",
    "algorithms": [
        {"rpi.black_level": {"black_level": BLACK}},
        {"rpi.lux": {"reference_lux": 740}},
        {"rpi.alsc": {"omega": 1.3, "n_iter": 100}},
    ],
}

EACH_CALL: dict[str, Callable[[PiCamera], object]] = {
    "preview": lambda camera: camera.preview(),
    "capture": lambda camera: camera.capture(2),
    "raw_green": lambda camera: camera.raw_green(),
}


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


def raw_lines(width: int, height: int, value: int) -> np.ndarray:
    """An unpacked raw frame of one value, as picamera2 hands it out: bytes, each line padded."""
    lines = np.full((height, width + 20), value, "<u2")
    return lines.view(np.uint8)


def parameters(tuning: dict[str, Any], name: str) -> dict[str, Any]:
    """Those of one algorithm of a tuning."""
    (found,) = [algorithm[name] for algorithm in tuning["algorithms"] if name in algorithm]
    return found


class FakeRequest:
    def __init__(self, camera: FakePicamera2, number: int) -> None:
        self._camera, self._number = camera, number
        self._controls = camera.controls_of(number)
        self.config = camera.config
        self.released = False

    def make_array(self, stream: str) -> np.ndarray:
        self._camera.fail_at("make_array")
        width, height = self.config[stream]["size"]
        if stream == "lores":
            return yuv420(picture(width, height), STRIDE)
        if stream == "raw":
            return raw_lines(width, height, type(self._camera).raw_value)
        return np.asarray(picture(width, height))  # as BGR888 lies in memory

    def get_metadata(self) -> dict[str, object]:
        metadata = {
            "ExposureTime": self._controls["ExposureTime"] // LINE_US * LINE_US,
            "AnalogueGain": self._controls["AnalogueGain"],
            "ColourGains": self._controls["ColourGains"],
            "DigitalGain": 1.0,
            "Lux": float(
                parameters(type(self._camera).tuning_in_force, "rpi.lux")["reference_lux"]
            ),
            "SensorBlackLevels": (BLACK,) * 4,
            "SensorTimestamp": self._number,
        } | type(self._camera).answers
        return {name: value for name, value in metadata.items() if value is not None}

    def release(self) -> None:
        assert not self.released
        self.released = True


class FakePicamera2:
    """What the device uses of picamera2.Picamera2 (0.3), and nothing else.

    lag: frames that a control takes to act; deaf: it never does. answers: what frames say whatever
    was set, None for nothing. tuning_in_force: of the camera manager, which reads it as it starts.
    """

    broken: dict[str, BaseException | threading.Event]
    made: list[FakePicamera2]
    platform: SimpleNamespace
    installed: dict[str, dict[str, Any]]
    answers: dict[str, object]
    tuning_in_force: dict[str, Any] | None
    raw_format: str
    raw_value: int
    lag: int
    deaf: bool

    def __init__(self, tuning: dict[str, Any] | None = None) -> None:
        kind = type(self)
        kind.made.append(self)
        self.fail_at("open")
        if kind.tuning_in_force is None:
            kind.tuning_in_force = tuning or VENDOR
        self.camera_properties = {"Model": "imx477"}
        self.sensor_format = "SRGGB12_CSI2P"
        self.config: dict[str, Any] = {}
        self.requests: list[FakeRequest] = []
        self.flushes: list[object] = []
        self.threads: set[int] = set()
        self.sent: list[tuple[int, dict[str, Any]]] = []
        self.request_lock = threading.Lock()
        self.started = self.closed = False

    @classmethod
    def fail_at(cls, call: str) -> None:
        trouble = cls.broken.get(call)
        if isinstance(trouble, threading.Event):
            trouble.wait()
        elif trouble is not None:
            raise trouble

    @classmethod
    def load_tuning_file(cls, name: str) -> dict[str, Any]:
        if name not in cls.installed:
            raise RuntimeError("Tuning file not found")
        return cls.installed[name]

    def create_still_configuration(self, **config: Any) -> dict[str, Any]:
        return config

    def configure(self, config: dict[str, Any]) -> None:
        self.fail_at("configure")
        asked = config["sensor"]
        got = (*asked["output_size"], asked["bit_depth"])
        width, height, bits = got if got in MODES else MODES[0]
        self.config = config | {
            "sensor": {"output_size": (width, height), "bit_depth": bits},
            "raw": {"size": (width, height), "format": type(self).raw_format},
        }
        self.asked = config

    def camera_configuration(self) -> dict[str, Any]:
        return self.config

    @property
    def sensor_modes(self) -> list[dict[str, Any]]:
        return [{"size": (width, height), "bit_depth": bits} for width, height, bits in MODES]

    def start(self) -> None:
        self.fail_at("start")
        self.sent.append((-1000, self.config["controls"]))
        self.started = True

    def set_controls(self, controls: dict[str, Any]) -> None:
        assert self.request_lock.locked()
        self.fail_at("set_controls")
        if not type(self).deaf:
            self.sent.append((len(self.requests), controls))

    def controls_of(self, number: int) -> dict[str, Any]:
        """What is in force for a frame."""
        in_force: dict[str, Any] = {}
        for sent_before, controls in self.sent:
            if number >= sent_before + type(self).lag:
                in_force |= controls
        return in_force

    def capture_request(self, *, flush: object = None) -> FakeRequest:
        self.fail_at("capture_request")
        assert all(request.released for request in self.requests)
        self.threads.add(threading.get_ident())
        self.flushes.append(flush)
        self.requests.append(FakeRequest(self, len(self.requests)))
        return self.requests[-1]

    def close(self) -> None:
        self.closed = True
        if not self.config and all(camera.closed for camera in type(self).made):
            type(self).tuning_in_force = None  # the manager ends with its last camera
        self.fail_at("close")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakePicamera2]]:
    """The stand-in in place of picamera2; what hangs is let go at the end."""
    members = {
        "broken": {},
        "made": [],
        "platform": SimpleNamespace(name="VC4"),
        "installed": {"imx477.json": VENDOR},
        "answers": {},
        "tuning_in_force": None,
        "raw_format": "SRGGB12",
        "raw_value": 0,
        "lag": 0,
        "deaf": False,
    }
    kind = type("Picamera2", (FakePicamera2,), members)
    module = ModuleType("picamera2")
    module.Picamera2 = kind
    monkeypatch.setitem(sys.modules, "picamera2", module)
    libcamera = ModuleType("libcamera")
    modes = SimpleNamespace(Off=NO_NOISE_REDUCTION)
    libcamera.controls = SimpleNamespace(draft=SimpleNamespace(NoiseReductionModeEnum=modes))
    monkeypatch.setitem(sys.modules, "libcamera", libcamera)
    yield kind
    for trouble in kind.broken.values():
        if isinstance(trouble, threading.Event):
            trouble.set()


def opened(
    timeout_s: float = 30.0,
    *,
    width: int = WIDTH,
    height: int = HEIGHT,
    sensor: tuple[int, int, int] = SENSOR,
    controls: CameraControls = CONTROLS,
) -> PiCamera:
    return PiCamera(
        width=width,
        height=height,
        sensor=sensor,
        um_per_px=0.155,
        controls=controls,
        timeout_s=timeout_s,
    )


def test_ok__configuration(fake: type[FakePicamera2]) -> None:
    opened()
    camera = fake.made[-1]
    assert camera.started
    config = camera.asked
    assert config["main"] == {"size": (WIDTH, HEIGHT), "format": "BGR888"}
    assert config["lores"] == {"size": (640, 480), "format": "YUV420"}
    assert config["raw"] == {"size": (2028, 1520), "format": "SRGGB12"}
    assert config["sensor"] == {"output_size": (2028, 1520), "bit_depth": 12}
    assert config["controls"] == {
        "AeEnable": False,
        "AwbEnable": False,
        "Brightness": 0.0,
        "Contrast": 1.0,
        "Saturation": 1.0,
        "Sharpness": 0.0,
        "NoiseReductionMode": NO_NOISE_REDUCTION,
        "ExposureTime": 8000,
        "AnalogueGain": 1.5,
        "ColourGains": (2.0, 1.7),
        "FrameDurationLimits": (33_333, 33_333),
    }
    assert config["buffer_count"] >= 2
    assert (config["display"], config["encode"]) == (None, None)


@given(exposure_us=st.integers(100, 200_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_ok__a_frame_lasts_longer_than_its_exposure(
    fake: type[FakePicamera2], exposure_us: int
) -> None:
    """Or libcamera cuts the exposure short."""
    camera = opened()
    camera.control(replace(CONTROLS, exposure_us=exposure_us))
    least, most = fake.made[-1].sent[-1][1]["FrameDurationLimits"]
    assert least == most
    assert least >= max(33_333, exposure_us + 1000)


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


@pytest.mark.parametrize(
    ("platform", "target", "cells"), [("VC4", "bcm2835", 16 * 12), ("PISP", "pisp", 32 * 32)]
)
def test_ok__runs_with_the_device_s_tuning(
    fake: type[FakePicamera2], platform: str, target: str, cells: int
) -> None:
    fake.platform = SimpleNamespace(name=platform)
    fake.installed["imx477.json"] = VENDOR | {"target": target}
    opened().preview()
    asked, camera = fake.made
    assert asked.closed
    assert not asked.config
    assert not camera.closed
    tuning = fake.tuning_in_force
    assert tuning is not None
    assert len(parameters(tuning, "rpi.alsc")["luminance_lut"]) == cells
    assert parameters(tuning, "rpi.black_level") == {"black_level": BLACK}


def test_fail__no_tuning_for_the_sensor(fake: type[FakePicamera2]) -> None:
    fake.installed.clear()
    with pytest.raises(CameraError, match=r"no tuning file imx477\.json for vc4 is installed"):
        opened()
    assert all(camera.closed for camera in fake.made)


@pytest.mark.parametrize("call", EACH_CALL)
def test_fail__camera_manager_keeps_another_tuning(fake: type[FakePicamera2], call: str) -> None:
    """As when something in this process has configured a camera before."""
    fake().config = {"main": {}}
    with pytest.raises(CameraError, match=r"Lux is 740 instead of 0 \(libcamera does not use"):
        EACH_CALL[call](opened())


@pytest.mark.parametrize("frames", [1, 4])
def test_ok__capture_is_frames_in_a_row_from_after_the_call(
    fake: type[FakePicamera2], frames: int
) -> None:
    fields = opened().capture(frames)
    camera = fake.made[-1]
    assert camera.flushes == [True] + [None] * (frames - 1)
    assert all(request.released for request in camera.requests)
    assert [field.metadata["SensorTimestamp"] for field in fields] == list(range(frames))
    for field in fields:
        assert np.array_equal(field.rgb, np.asarray(picture(WIDTH, HEIGHT)))
        assert field.um_per_px == 0.155
        assert field.metadata["ExposureTime"] == 7992
        assert not field.simulated


@pytest.mark.parametrize(("fresh", "flush"), [(False, None), (True, True)])
def test_ok__preview(fake: type[FakePicamera2], fresh: bool, flush: object) -> None:
    field = opened().preview(fresh=fresh)
    assert fake.made[-1].flushes == [flush]
    assert fake.made[-1].requests[0].released
    assert field.rgb.shape == (480, 640, 3)
    assert field.um_per_px * 640 == pytest.approx(0.155 * WIDTH)
    difference = np.abs(field.rgb.astype(int) - np.asarray(picture(640, 480)))
    assert difference.max() <= 4


@pytest.mark.parametrize(("pixel_format", "value"), [("SRGGB12", 2048), ("SRGGB16", 2048 << 4)])
def test_ok__raw_green(fake: type[FakePicamera2], pixel_format: str, value: int) -> None:
    """12 bits as a Pi 4 hands them out, and as a Pi 5 does."""
    fake.raw_format, fake.raw_value = pixel_format, value
    green = opened().raw_green()
    assert green.shape == (1520, 1014)
    assert green.dtype == np.float32
    assert np.allclose(green, (2048 - 256) / (4095 - 256))
    assert fake.made[-1].flushes == [True]


@pytest.mark.parametrize("call", EACH_CALL)
@pytest.mark.parametrize("lag", [0, 1, 6, SETTLING_FRAMES - 1])
def test_ok__control_takes_some_frames(fake: type[FakePicamera2], call: str, lag: int) -> None:
    fake.lag = lag
    camera = opened()
    camera.control(BRIGHTER)
    EACH_CALL[call](camera)
    requests = fake.made[-1].requests
    assert all(request.released for request in requests)
    assert len(requests) == lag + (2 if call == "capture" else 1)
    assert camera.preview().metadata["ColourGains"] == (2.2, 1.9)


def test_ok__no_frame_in_a_burst_is_of_before_the_control(fake: type[FakePicamera2]) -> None:
    fake.lag = 3
    camera = opened()
    camera.control(BRIGHTER)
    fields = camera.capture(4)
    assert [field.metadata["SensorTimestamp"] for field in fields] == [3, 4, 5, 6]
    assert {field.metadata["AnalogueGain"] for field in fields} == {2.5}
    assert fake.made[-1].flushes == [True] + [None] * 6


@pytest.mark.parametrize("call", EACH_CALL)
def test_fail__control_never_acts(fake: type[FakePicamera2], call: str) -> None:
    fake.deaf = True
    camera = opened()
    camera.control(BRIGHTER)
    with pytest.raises(
        CameraError,
        match=r"12 frames .*ExposureTime is 7992 instead of 16000; AnalogueGain is 1.5 instead of "
        r"2.5; ColourGains is 2, 1.7 instead of 2.2, 1.9$",
    ):
        EACH_CALL[call](camera)
    requests = fake.made[-1].requests
    assert len(requests) == SETTLING_FRAMES
    assert all(request.released for request in requests)


@pytest.mark.parametrize("call", EACH_CALL)
@pytest.mark.parametrize("name", ["ExposureTime", "AnalogueGain", "ColourGains", "DigitalGain"])
def test_fail__frame_does_not_say_how_it_was_made(
    fake: type[FakePicamera2], call: str, name: str
) -> None:
    fake.answers = {name: None}
    with pytest.raises(CameraError, match=f"{name} is missing instead of "):
        EACH_CALL[call](opened())
    assert all(request.released for request in fake.made[-1].requests)


def test_fail__control_is_refused(fake: type[FakePicamera2]) -> None:
    """What was in force before stays so."""
    camera = opened()
    fake.broken["set_controls"] = RuntimeError("Control X is not advertised by libcamera")
    with pytest.raises(CameraError, match="not advertised"):
        camera.control(BRIGHTER)
    assert camera.preview().metadata["ExposureTime"] == 7992


def told(**changed: object) -> dict[str, object]:
    """Metadata of a frame that was made by CONTROLS."""
    return {
        "ExposureTime": 8000,
        "AnalogueGain": 1.5,
        "ColourGains": (2.0, 1.7),
        "DigitalGain": 1.0,
        "Lux": 0.0,
    } | changed


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"ExposureTime": 7841},
        {"ExposureTime": 8159},
        {"AnalogueGain": 1.4706},
        {"AnalogueGain": 1.5294},
        {"ColourGains": [1.981, 1.716]},
        {"DigitalGain": 1.009},
    ],
)
def test_ok__frame_is_near_enough(changed: dict[str, object]) -> None:
    assert find_mismatches(CONTROLS, told(**changed)) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ExposureTime": 7839}, "ExposureTime is 7839 instead of 8000"),
        ({"ExposureTime": 8161}, "ExposureTime is 8161 instead of 8000"),
        ({"AnalogueGain": 1.46}, "AnalogueGain is 1.46 instead of 1.5"),
        ({"ColourGains": (2.03, 1.7)}, "ColourGains is 2.03, 1.7 instead of 2, 1.7"),
        ({"ColourGains": (2.0, 1.68)}, "ColourGains is 2, 1.68 instead of 2, 1.7"),
        ({"ColourGains": (2.0,)}, "ColourGains is 2 instead of 2, 1.7"),
        ({"DigitalGain": 1.011}, "DigitalGain is 1.011 instead of 1 (a colour gain below 1"),
        ({"DigitalGain": 0.98}, "DigitalGain is 0.98 instead of 1 (a colour gain below 1"),
        ({"DigitalGain": float("nan")}, "DigitalGain is nan instead of 1"),
        ({"ExposureTime": 0}, "ExposureTime is 0 instead of 8000"),
        ({"ExposureTime": "long"}, "ExposureTime is missing instead of 8000"),
        ({"Lux": 0.1}, "Lux is 0.1 instead of 0 (libcamera does not use the device's tuning"),
    ],
)
def test_fail__frame_is_too_far_off(changed: dict[str, object], said: str) -> None:
    (phrase,) = find_mismatches(CONTROLS, told(**changed))
    assert phrase.startswith(said)


@given(
    exposure_us=st.integers(100, 200_000),
    line_us=st.floats(5, 60),
    made_up=st.booleans(),
)
def test_ok__sensor_exposes_whole_lines(exposure_us: int, line_us: float, made_up: bool) -> None:
    """Some versions of libcamera make up by digital gain for what that takes away."""
    exposed = int(exposure_us // line_us * line_us)
    assume(exposed > 0)
    metadata = told(ExposureTime=exposed, DigitalGain=exposure_us / exposed if made_up else 1.0)
    assert find_mismatches(replace(CONTROLS, exposure_us=exposure_us), metadata) == []


@pytest.mark.parametrize("sensor", [(2028, 1520, 10), (2000, 1500, 12)])
def test_fail__sensor_has_no_such_mode(
    fake: type[FakePicamera2], sensor: tuple[int, int, int]
) -> None:
    width, height, bits = sensor
    with pytest.raises(
        CameraError,
        match=rf"no mode of {width} x {height}, {bits} bit, only 1332 x 990, 10 bit; 2028 x 1080, "
        r"12 bit; 2028 x 1520, 12 bit; 4056 x 3040, 12 bit: set sensor_width",
    ):
        opened(sensor=sensor)
    assert all(camera.closed for camera in fake.made)


def test_ok__all_calls_on_one_thread(fake: type[FakePicamera2]) -> None:
    camera = opened()
    camera.preview()
    camera.control(BRIGHTER)
    camera.capture()
    camera.raw_green()
    camera.close()
    assert len(fake.made[-1].threads) == 1
    assert threading.get_ident() not in fake.made[-1].threads
    assert fake.made[-1].closed


@pytest.mark.parametrize("call", EACH_CALL)
@pytest.mark.parametrize("error", [RuntimeError("bad buffer"), ValueError("bad buffer")])
def test_fail__frame_is_broken(fake: type[FakePicamera2], call: str, error: Exception) -> None:
    """The camera has few buffers: one that is not given back is lost."""
    camera = opened()
    fake.broken["make_array"] = error
    with pytest.raises(CameraError, match=r"bad buffer.*check its cable"):
        EACH_CALL[call](camera)
    assert all(request.released for request in fake.made[-1].requests)
    fake.broken.clear()
    EACH_CALL[call](camera)


@pytest.mark.parametrize("pixel_format", ["RGGB_PISP_COMP1", "SRGGB12_CSI2P", "R12"])
def test_fail__raw_frame_cannot_be_read(fake: type[FakePicamera2], pixel_format: str) -> None:
    fake.raw_format = pixel_format
    camera = opened()
    with pytest.raises(CameraError, match=f"^raw frames come as {pixel_format}, "):
        camera.raw_green()
    assert all(request.released for request in fake.made[-1].requests)
    camera.preview()


def test_fail__raw_frame_without_black_level(fake: type[FakePicamera2]) -> None:
    fake.answers = {"SensorBlackLevels": None}
    with pytest.raises(CameraError, match="no black level"):
        opened().raw_green()
    assert all(request.released for request in fake.made[-1].requests)


def test_fail__frame_without_time(fake: type[FakePicamera2]) -> None:
    """What picamera2 needs to tell old frames from new."""
    fake.broken["capture_request"] = KeyError("SensorTimestamp")
    with pytest.raises(CameraError, match="SensorTimestamp"):
        opened().capture()


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
    assert all(camera.closed for camera in fake.made)
    fake.broken.clear()
    opened().preview()


def test_fail__picamera2_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match="picamera2"):
        opened()


@pytest.mark.parametrize("call", ["open", "start", "capture_request", "set_controls", "close"])
def test_fail__camera_hangs(fake: type[FakePicamera2], call: str) -> None:
    calls: dict[str, Callable[[], object]] = {
        "open": lambda: opened(0.2),
        "start": lambda: opened(0.2),
        "capture_request": lambda: camera.preview(),
        "set_controls": lambda: camera.control(BRIGHTER),
        "close": lambda: camera.close(),
    }
    camera = opened(0.2)
    fake.broken[call] = threading.Event()
    with pytest.raises(CameraTimeoutError, match=r"no frame in 0.2 s: check its cable"):
        calls[call]()


def test_ok__time_out_is_each_frame_s(
    fake: type[FakePicamera2], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A burst, and frames that pass until one answers, may take longer than one frame."""
    waits: list[float] = []

    class Watched(Worker):
        def call(self, work: Callable[[], Any], timeout_s: float) -> Any:
            waits.append(timeout_s)
            return super().call(work, timeout_s)

    monkeypatch.setattr("leukoscope.microscope.pi_camera.Worker", Watched)
    fake.lag = 4
    camera = opened(30.0)
    camera.control(BRIGHTER)
    waits.clear()
    assert len(camera.capture(2)) == 2
    assert waits == [30.0] * 6


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
    rgb = convert_yuv420(yuv420(image, 2 * half_width + 2 * padding), 2 * half_width)
    assert np.array_equal(rgb, np.asarray(image.convert("YCbCr").convert("RGB")))


@pytest.mark.parametrize("padding", [0, 2, 64])
def test_ok__yuv_of_a_picture(padding: int) -> None:
    image = picture(96, 64)
    rgb = convert_yuv420(yuv420(image, 96 + padding), 96)
    difference = np.abs(rgb.astype(int) - np.asarray(image.convert("YCbCr").convert("RGB")))
    assert difference.max() <= 6
    assert rgb.dtype == np.uint8
