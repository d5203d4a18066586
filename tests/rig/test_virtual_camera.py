"""From a press to a verdict in the records: the whole appliance and the real picamera2 look at rendered smears.

libcamera's virtual camera shows them; virtual_camera/ says what is made up. The pins are gpiozero's mock pins.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gpiozero
import numpy as np
import pytest
from leukoscope import assembly
from leukoscope.appliance.daemon import Daemon
from leukoscope.appliance.workflow import Event, State
from leukoscope.field import Field, Rgb
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import FieldRecord, SlideReport
from leukoscope.settings.settings import Settings, load_settings
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.microscope import SimulatedCamera, SimulatedLight
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Stage
from PIL import Image

FRAMES = Path("/run/leukoscope-frames")
WIDTH, HEIGHT, UM_PER_PX = 1640, 1232, 0.0957
PATIENCE_S = 60.0


def rendered(diagnosis: Diagnosis, defocus_um: float = 0.0) -> Rgb:
    stage = Stage(SmearSlide(diagnosis, 1))
    stage.focus(defocus_um)
    light = SimulatedLight(stage)
    light.on()
    camera = SimulatedCamera(
        stage, light, width=WIDTH, height=HEIGHT, um_per_px=UM_PER_PX, timeout_s=10.0
    )
    return camera.capture()[0].rgb


def until(done: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class CameraBench:
    """The appliance at work on what the camera is shown."""

    def __init__(self, settings: Settings, shown: Rgb) -> None:
        FRAMES.mkdir(exist_ok=True)
        Image.fromarray(shown).save(FRAMES / "0.jpg", quality=98, subsampling=0)
        self.settings, self.display = settings, MemoryDisplay()
        self.daemon: Daemon = assembly.make_daemon(settings, self.display)
        self._button = assembly.open_button(settings, self.daemon.on_gesture)
        self.daemon.attach(self._button)
        self._thread = threading.Thread(target=self.daemon.run, daemon=True)
        self._thread.start()

    def pin(self, number: int) -> gpiozero.pins.mock.MockPin:
        return gpiozero.Device.pin_factory.pin(number)

    def lit(self) -> bool:
        return bool(self.pin(self.settings.light.pin).state)

    def press(self, seconds: float = 0.3) -> None:
        button = self.pin(self.settings.button.pin)
        button.drive_low()
        time.sleep(seconds)
        button.drive_high()

    def slide(self) -> SlideReport | None:
        with RecordReader(Path(self.settings.storage.directory)) as records:
            return records.slide(1) if records.slides() else None

    def stop(self) -> None:
        self.daemon.post(Event.TERMINATED)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        assert not self.lit()
        self._button.close()


@pytest.fixture
def settings(virtual_camera: None, tmp_path: Path) -> Settings:
    path = tmp_path / "leukoscope.toml"
    path.write_text(
        f"[camera]\nwidth = {WIDTH}\nheight = {HEIGHT}\nsensor_width = {WIDTH}\nsensor_height = {HEIGHT}\n"
        f"um_per_px = {UM_PER_PX}\ntimeout_s = 10.0\n[storage]\ndirectory = '{tmp_path}'\nmin_free_mb = 1\n"
        f"[panel]\nmirror = '{tmp_path}'\n"
    )
    return load_settings(path)


@pytest.fixture
def bench(settings: Settings) -> Iterator[Callable[[Rgb], CameraBench]]:
    started: list[CameraBench] = []

    def start(shown: Rgb) -> CameraBench:
        started.append(CameraBench(settings, shown))
        # That the LED is on is not enough: the self-test switches it on, and drops presses made before its end.
        assert until(lambda: started[0].daemon.state is State.READY)
        assert started[0].lit()
        return started[0]

    yield start
    for one in started:
        one.stop()


def taken(at: CameraBench) -> FieldRecord:
    """The field of one press."""
    at.press()
    assert until(lambda: at.slide() is not None)
    report = at.slide()
    assert report is not None
    assert not report.slide.simulated
    return report.fields[0]


@pytest.mark.parametrize("diagnosis", [Diagnosis.NORMAL, Diagnosis.ALL, Diagnosis.AML])
def test_ok__a_press_to_a_verdict(
    bench: Callable[[Rgb], CameraBench], settings: Settings, diagnosis: Diagnosis
) -> None:
    picture = rendered(diagnosis)
    field = taken(bench(picture))
    with RecordReader(Path(settings.storage.directory)) as records:
        kept = np.asarray(records.load_picture(field)).astype(float)
    # Levels in each channel. JPEG and 4:2:0 change them a little; swapped channels would change them a lot.
    assert np.abs(kept - picture).mean(axis=(0, 1)).max() < 4
    assert field.off_level is not None
    assert field.off_level < 1
    reader = assembly.open_reader(settings, threads=1)
    alone = reader.judge([reader.read(Field(picture, UM_PER_PX, {}))])
    said = field.slide_verdict
    assert (said.label, said.pattern) == (alone.label, alone.pattern)
    assert said.white_cells == alone.white_cells
    assert said.probabilities == pytest.approx(alone.probabilities, abs=0.05)


def test_ok__out_of_focus_is_refused(bench: Callable[[Rgb], CameraBench]) -> None:
    field = taken(bench(rendered(Diagnosis.ALL, defocus_um=4.0)))
    assert field.verdict is None
    assert [gate.problem for gate in field.reading.gates if not gate.passed] == ["OUT OF FOCUS"]
