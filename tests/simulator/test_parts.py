"""The simulated parts: they do what the real ones do, and break when they are told to."""

from __future__ import annotations

import io
import os
import pty
import queue
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from leukoscope.errors import CameraError, CameraTimeoutError
from leukoscope.field import Field
from leukoscope.panel.button import Gesture
from leukoscope.panel.keyboard import Keyboard
from leukoscope.simulator.button import SimulatedButton
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.microscope import SimulatedCamera, SimulatedLight
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Faults, Stage

# Microscope.


class PartsBench:
    def __init__(self) -> None:
        self.stage = Stage(SmearSlide(Diagnosis.CLL, 3))
        self.light = SimulatedLight(self.stage)
        self.camera = SimulatedCamera(
            self.stage, self.light, width=320, height=240, um_per_px=0.31, timeout_s=0.01
        )

    def capture(self) -> Field:
        return self.camera.capture()[0]


@pytest.fixture(scope="module")
def shared_bench() -> PartsBench:
    return PartsBench()


@pytest.fixture
def bench(shared_bench: PartsBench) -> PartsBench:
    shared_bench.stage.load(SmearSlide(Diagnosis.CLL, 3))
    shared_bench.stage.expose(1.0)
    shared_bench.stage.inject(Faults())
    shared_bench.light.on()
    return shared_bench


def likeness(one: Field, other: Field) -> float:
    """Mean difference of two pictures, in levels: noise alone is below 5."""
    return float(np.abs(one.rgb.astype(int) - other.rgb).mean())


def test_ok__field_says_that_it_is_simulated(bench: PartsBench) -> None:
    field = bench.capture()
    assert field.simulated
    assert field.metadata["Simulated"] is True
    assert (field.width_px, field.height_px, field.um_per_px) == (320, 240, 0.31)


def test_ok__same_view_gives_the_same_cells(bench: PartsBench) -> None:
    first = bench.capture()
    again = bench.capture()
    assert not np.array_equal(first.rgb, again.rgb)  # the sensor's noise
    assert likeness(first, again) < 5
    bench.stage.move()
    assert likeness(first, bench.capture()) > 10
    bench.stage.load(SmearSlide(Diagnosis.CLL, 3))
    assert likeness(first, bench.capture()) < 5


def test_ok__preview_shows_the_same_half_as_large(bench: PartsBench) -> None:
    field, preview = bench.capture(), bench.camera.preview()
    assert (preview.width_px, preview.height_px) == (160, 120)
    assert preview.um_per_px * 160 == pytest.approx(field.um_per_px * 320)
    small = field.rgb.reshape(120, 2, 160, 2, 3).mean(axis=(1, 3)).astype(np.uint8)
    assert likeness(Field(small, 0.62), preview) < 8


def test_ok__light_and_exposure(bench: PartsBench) -> None:
    lit = bench.capture().rgb.mean()
    bench.stage.expose(0.25)
    assert bench.capture().rgb.mean() < 0.8 * lit
    bench.light.off()
    assert bench.capture().rgb.mean() < 10
    bench.light.on()
    bench.light.close()
    assert bench.light.level == 0.0


def test_ok__focus(bench: PartsBench) -> None:
    def edges() -> float:
        return float(np.abs(np.diff(bench.capture().rgb.mean(axis=2), axis=0)).mean())

    sharp = edges()
    bench.stage.focus(8.0)
    assert edges() < sharp


def test_ok__closed_camera_can_go_on(bench: PartsBench) -> None:
    first = bench.capture()
    bench.camera.close()
    assert likeness(first, bench.capture()) < 5


def test_fail__led_dead(bench: PartsBench) -> None:
    bench.stage.inject(Faults(led_dead=True))
    assert bench.capture().rgb.mean() < 10
    bench.stage.inject(Faults())
    assert bench.capture().rgb.mean() > 50


@pytest.mark.parametrize("call", ["capture", "preview", "raw_green"])
def test_fail__camera(bench: PartsBench, call: str) -> None:
    bench.stage.inject(Faults(camera_gone=True))
    with pytest.raises(CameraError, match="unplugged"):
        getattr(bench.camera, call)()
    bench.stage.inject(Faults(camera_hangs=True))
    with pytest.raises(CameraTimeoutError, match=r"no frame in 0\.01 s"):
        getattr(bench.camera, call)()
    bench.stage.inject(Faults())
    getattr(bench.camera, call)()


def test_fail__camera_that_would_see_more_than_is_rendered() -> None:
    bench = PartsBench()
    camera = SimulatedCamera(
        bench.stage, bench.light, width=4056, height=3040, um_per_px=0.155, timeout_s=0.01
    )
    with pytest.raises(CameraError, match="ask for fewer pixels or a smaller um_per_px"):
        camera.preview()


def test_ok__stage() -> None:
    stage = Stage()
    assert stage.view.slide.diagnosis is Diagnosis.NORMAL
    stage.move()
    stage.move()
    stage.focus(2.5)
    assert (stage.view.field, stage.view.defocus_um) == (2, 2.5)
    stage.inject(Faults(led_dead=True))
    stage.load(SmearSlide(Diagnosis.AML, 5))
    assert (stage.view.field, stage.view.defocus_um) == (0, 0.0)
    assert stage.view.faults.led_dead, "another slide mends nothing"


# Button.


def test_ok__simulated_button() -> None:
    gestures: list[Gesture] = []
    button = SimulatedButton(gestures.append)
    assert button.held() is None
    finger = threading.Thread(target=button.press_for, args=(0.2,))
    finger.start()
    while button.held() is None and finger.is_alive():
        pass
    held = button.held()
    finger.join()
    assert held is None or held.gesture is Gesture.PRESS
    assert button.held() is None
    assert gestures == [Gesture.PRESS]
    button.close()


# Keyboard.


class PartsTerminal:
    """A terminal of which the test is the person, and the appliance's end is `stream`."""

    def __init__(self) -> None:
        self._person, inner = pty.openpty()
        self.stream = os.fdopen(inner, "r", encoding="utf-8")

    def type(self, keys: str) -> None:
        os.write(self._person, keys.encode())

    @property
    def mode(self) -> list:
        return termios.tcgetattr(self.stream.fileno())

    def close(self) -> None:
        self.stream.close()
        os.close(self._person)


@pytest.fixture
def terminal() -> Iterator[PartsTerminal]:
    opened = PartsTerminal()
    yield opened
    opened.close()


def test_ok__keys_are_gestures(terminal: PartsTerminal) -> None:
    happened: queue.Queue[object] = queue.Queue()
    keyboard = Keyboard(terminal.stream, happened.put, {"m": lambda: happened.put("moved")})
    terminal.type(" xµhpm\n")
    got = [happened.get(timeout=30) for _ in range(4)]
    assert got == [Gesture.PRESS, Gesture.HOLD, Gesture.LONG_HOLD, "moved"]
    assert keyboard.held() is None
    keyboard.close()
    assert happened.empty()


def test_ok__terminal_is_put_back(terminal: PartsTerminal) -> None:
    before = terminal.mode
    keyboard = Keyboard(terminal.stream, print, {})
    lflag = terminal.mode[3]
    assert not lflag & (termios.ICANON | termios.ECHO)
    assert lflag & termios.ISIG, "Ctrl-C still stops it"
    keyboard.close()
    assert terminal.mode == before
    keyboard.close()  # again: nothing


def test_ok__terminal_that_goes_away() -> None:
    """As when SSH ends: nothing to put back, and no error from the keyboard's thread."""
    person, inner = pty.openpty()
    with os.fdopen(inner, "r", encoding="utf-8") as stream:
        keyboard = Keyboard(stream, print, {})
        os.close(person)
        keyboard.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_ok__keyboard_leaves_no_file_open(terminal: PartsTerminal) -> None:
    before = open_files()
    for _ in range(3):
        Keyboard(terminal.stream, print, {}).close()
        Keyboard(io.StringIO(), print, {}).close()
    assert open_files() == before


@pytest.mark.parametrize("kind", ["pipe", "text", "closed"])
def test_ok__silent_without_a_terminal(kind: str) -> None:
    """As under systemd, whose standard input is /dev/null."""
    stream = io.StringIO(" ") if kind == "text" else open(os.devnull)  # noqa: SIM115, PTH123
    if kind == "closed":
        stream.close()
    gestures: list[Gesture] = []
    keyboard = Keyboard(stream, gestures.append, {})
    keyboard.close()
    stream.close()
    assert gestures == []
