"""Times the daemon's own focus loop, on one live frame, while a slide with 100 cells is open."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from leukoscope import assembly
from leukoscope.appliance.daemon import Daemon
from leukoscope.appliance.parts import Host
from leukoscope.appliance.workflow import Event, State
from leukoscope.field import Field
from leukoscope.microscope.interfaces import Camera, CameraControls
from leukoscope.microscope.microscope import Microscope
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.panel.panel import Panel
from leukoscope.records.reader import RecordReader
from leukoscope.settings.settings import Settings
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Stage

CELLS = 100
"""Number of cells that are read before the loop is timed. Most slides are decided with so many."""

FRAMES = 100
PATIENCE_S = 60.0


class SteadyCamera:
    """A camera that returns the same live frame at once, every time.

    Attributes:
        asked_at: The times of requests for a live frame, in seconds of processor time of the requesting thread.
    """

    def __init__(self, camera: Camera, frame: Field) -> None:
        self._camera, self._frame = camera, frame
        self.asked_at: list[float] = []

    def control(self, controls: CameraControls) -> None:
        self._camera.control(controls)

    def preview(self, *, fresh: bool = False) -> Field:
        if fresh:
            return self._camera.preview(fresh=True)
        self.asked_at.append(time.thread_time())
        return self._frame

    def capture(self, frames: int = 1) -> tuple[Field, ...]:
        return self._camera.capture(frames)

    def raw_green(self) -> npt.NDArray[np.float32]:
        return self._camera.raw_green()

    def close(self) -> None:
        self._camera.close()


def focus_loop_ms(settings: Settings, frame: Field) -> dict[State, float]:
    """Measure the median ms of processor time of the daemon's loop, without that of the camera.

    Args:
        settings: Settings with simulated parts, and with the model to be measured.
        frame: The live frame.

    Returns:
        The time in READY, where the panel shows the focus meter, and in RESULT, where it shows the verdict.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _measure(
            replace(settings, storage=replace(settings.storage, directory=folder)), frame
        )


def _measure(settings: Settings, frame: Field) -> dict[State, float]:
    stage = Stage(SmearSlide(Diagnosis.CML, 41_000))
    light, camera = assembly.open_parts(settings, assembly.settings_controls(settings), stage)
    steady = SteadyCamera(camera, frame)
    daemon = Daemon(
        replace(
            assembly.part_factories(settings, stage),
            microscope=lambda calibration: Microscope(
                light, steady, settings.camera.frames, calibration
            ),
        ),
        Panel(MemoryDisplay(), simulated=True),
        settings.timing,
        Host(lambda _state: None, lambda: "", lambda: None),
    )
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        _wait(lambda: daemon.state is State.READY)
        _read_cells(daemon, stage, Path(settings.storage.directory))
        in_result = _loop_ms(steady)
        daemon.post(Event.IDLE)  # asleep; a press then wakes it with the slide still open
        daemon.post(Event.PRESS)
        _wait(lambda: daemon.state is State.READY)
        return {State.READY: _loop_ms(steady), State.RESULT: in_result}
    finally:
        daemon.post(Event.TERMINATED)
        thread.join()


def _has_captured(daemon: Daemon, before: int) -> bool:
    return daemon.fields_captured > before and daemon.state in (State.RESULT, State.READY)


def _read_cells(daemon: Daemon, stage: Stage, root: Path) -> None:
    """Press the button until the open slide has its cells and the panel shows the result."""
    while daemon.state is not State.RESULT or _cells(root) < CELLS:
        before = daemon.fields_captured
        daemon.post(Event.PRESS)
        _wait(partial(_has_captured, daemon, before))
        stage.move()


def _cells(root: Path) -> int:
    with RecordReader(root) as records:
        return records.slides()[-1].verdict.white_cells


def _loop_ms(camera: SteadyCamera) -> float:
    """Measure the median processor time from one request for a live frame to the next."""
    first = len(camera.asked_at)
    _wait(lambda: len(camera.asked_at) > first + FRAMES)
    times = camera.asked_at[first : first + FRAMES + 1]
    return 1000 * statistics.median(b - a for a, b in pairwise(times))


def _wait(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > until:
            raise SystemExit("the benchmark's appliance does not continue: see its log")
        time.sleep(0.05)
