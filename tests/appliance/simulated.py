"""The appliance on simulated parts, in a thread: what a person does to it, and what they see."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from leukoscope.appliance.daemon import Daemon
from leukoscope.appliance.parts import Host, PartFactories
from leukoscope.appliance.workflow import Event, State
from leukoscope.calibration.folder import CalibrationFolder, CameraSetup, FoundCalibration
from leukoscope.calibration.record import Calibration
from leukoscope.field import Rgb
from leukoscope.microscope.microscope import Microscope
from leukoscope.panel import screens
from leukoscope.panel.button import Gesture, Hold
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.panel.panel import Panel
from leukoscope.qc.folder import QcFolder
from leukoscope.qc.monitor import QcMonitor
from leukoscope.qc.series import QcScope
from leukoscope.reading.cell_reader import CellReader
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.reader_errors import ReaderErrors
from leukoscope.reading.results import LABELS
from leukoscope.reading.slide_reader import SlideReader
from leukoscope.reading.thresholds import Thresholds
from leukoscope.reading.window_reader import WindowReader
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import SlideReport
from leukoscope.records.store import RecordStore
from leukoscope.settings.settings import TimingSettings
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.microscope import SimulatedCamera, SimulatedLight
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Stage
from PIL import Image

PATIENCE_S = 30.0
"""How long to wait for what must come; a test that passes never waits so long."""

THRESHOLDS = Thresholds(0.5, 0.5)
EXACT = ReaderErrors(
    blast_sensitivity=1.0,
    blast_sensitivity_spread=0.0,
    false_blasts=0.0,
    false_blasts_spread=0.0,
    effective_cells=1e6,
    lymphoblast_share=0.5,
    lymphoblast_spread=0.05,
    laboratories=dict.fromkeys(LABELS, 2),
)
"""Of a reader of cells that is never wrong."""


def surely(cell_type: CellType) -> tuple[float, ...]:
    """Probabilities of a cell that is of this type for certain."""
    return tuple(float(other is cell_type) for other in CELL_TYPES)


class StubCellModel:
    """A model that gives the same answer for every picture; a test may change the answer."""

    um_per_px, runtime = 0.34, "stub"
    card = SimpleNamespace(name="stub", version="1", sha256="ab" * 32)

    def __init__(self, answer: tuple[float, ...]) -> None:
        self.answer = answer

    def run(self, picture: Rgb, geometry: tuple[float, ...] = ()) -> tuple[float, ...]:
        return self.answer


class StubReader(CellReader):
    """The kind of reader that the device ships with, by a model that says what it is told to: lymphoblasts."""

    def __init__(self) -> None:
        super().__init__(StubCellModel(surely(CellType.LYMPHOBLAST)), THRESHOLDS, EXACT)


WINDOW_ANSWER = (0.02, 0.9, 0.04, 0.02, 0.02)


class StubWindowReader(WindowReader):
    """The reader of windows, by a model that says what it is told to: ALL."""

    def __init__(self) -> None:
        super().__init__(StubCellModel(WINDOW_ANSWER), 200, THRESHOLDS)


OPTICS = CameraSetup(507, 380, (2028, 1520, 12), 0.31, 1.0, simulated=True)


class StubButton:
    """A button that a test holds down; gestures are posted by the test itself."""

    def __init__(self) -> None:
        self.down: Hold | None = None
        self.closed = False

    def held(self) -> Hold | None:
        return self.down

    def close(self) -> None:
        self.closed = True


class WatchedPanel(Panel):
    """A panel that remembers the screens put on it, and calls `on_show` before each."""

    def __init__(self, display: MemoryDisplay) -> None:
        super().__init__(display, simulated=True)
        self.shown: deque[screens.Screen] = deque(maxlen=2000)
        self.on_show: Callable[[screens.Screen], None] = lambda screen: None

    def show(self, screen: screens.Screen) -> None:
        self.on_show(screen)
        self.shown.append(screen)
        super().show(screen)


@dataclass
class Appliance:
    """Made with `start`; `stop` ends it. state directory: `root`."""

    root: Path
    timing: TimingSettings = field(default_factory=lambda: TimingSettings(message_s=0.0))
    slide: SmearSlide = field(default_factory=lambda: SmearSlide(Diagnosis.ALL, 1))
    camera_timeout_s: float = 0.2
    frames: int = 1
    min_free_bytes: int = 0
    told: list[str] = field(default_factory=list)
    powered_off: bool = False
    status: int | None = None

    def __post_init__(self) -> None:
        self.stage = Stage(self.slide)
        self.display = MemoryDisplay()
        self.panel = WatchedPanel(self.display)
        self.reader: SlideReader = StubReader()
        self.button = StubButton()
        self.lights: list[SimulatedLight] = []
        self.open_reader: Callable[[], SlideReader] = lambda: self.reader
        self.open_store: Callable[[], RecordStore] = lambda: RecordStore(
            self.root, min_free_bytes=self.min_free_bytes
        )
        self.daemon = Daemon(
            PartFactories(
                calibration=self._find_calibration,
                microscope=self._open_microscope,
                reader=lambda: self.open_reader(),
                store=lambda: self.open_store(),
                monitor=self._open_controls,
                simulated=True,
            ),
            self.panel,
            self.timing,
            Host(self.told.append, lambda: "", self._power_off),
        )
        self.daemon.attach(self.button)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _open_microscope(self, calibration: Calibration | None) -> Microscope:
        light = SimulatedLight(self.stage)
        self.lights.append(light)
        camera = SimulatedCamera(
            self.stage,
            light,
            width=507,
            height=380,
            um_per_px=0.31,
            timeout_s=self.camera_timeout_s,
        )
        return Microscope(light, camera, self.frames, calibration)

    def _find_calibration(self) -> FoundCalibration:
        return CalibrationFolder(self.root / "calibration").newest(OPTICS)

    def _open_controls(self, made_for: QcScope) -> QcMonitor:
        return QcMonitor(QcFolder(self.root / "control"), made_for)

    def _power_off(self) -> None:
        self.powered_off = True

    def _run(self) -> None:
        self.status = self.daemon.run()

    def start(self, until: State | None = State.READY) -> None:
        self._thread.start()
        if until is not None:
            self.wait(until)

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.status is None and self._thread.ident is not None

    def stop(self) -> int:
        """Stop it as systemd does; the exit status."""
        self.daemon.post(Event.TERMINATED)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; the exit status."""
        self._thread.join(PATIENCE_S)
        assert self.status is not None, f"it did not end: {self.daemon.state}"
        return self.status

    # What a person does and sees.

    def press(self) -> None:
        self.daemon.on_gesture(Gesture.PRESS)

    def capture(self) -> None:
        """Press in READY or RESULT, and wait until the field was captured and answered."""
        before = self.daemon.fields_captured
        self.press()
        self.eventually(
            lambda: (
                self.daemon.fields_captured > before
                and self.daemon.state in (State.RESULT, State.READY, State.FAULT)
            )
        )

    def hold(self) -> None:
        self.daemon.on_gesture(Gesture.HOLD)

    def long_hold(self) -> None:
        self.daemon.on_gesture(Gesture.LONG_HOLD)

    def wait(self, state: State) -> None:
        self.eventually(lambda: self.daemon.state is state)

    def wait_for_screen(self, kind: type[screens.Screen]) -> screens.Screen:
        """Wait until the newest screen is of this kind; return it."""
        self.eventually(lambda: bool(self.panel.shown) and isinstance(self.panel.shown[-1], kind))
        return self.panel.shown[-1]

    def eventually(self, true: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not true():
            shown = self.panel.shown[-1] if self.panel.shown else None
            assert time.monotonic() < until, f"in {self.daemon.state}, showing {shown}"
            time.sleep(0.005)

    @property
    def lit(self) -> bool:
        return any(light.lit for light in self.lights)

    @property
    def sees(self) -> Image.Image:
        return self.display.image

    def break_(self, **faults: Any) -> None:
        """Break these parts of the microscope, and mend all others."""
        self.stage.inject(replace(type(self.stage.view.faults)(), **faults))

    def reports(self) -> list[SlideReport]:
        """All slides in the records, with their fields."""
        with RecordReader(self.root) as records:
            return [records.slide(slide.number) for slide in records.slides()]


Make = Callable[..., Appliance]
"""Makes an appliance with these of its options; see the fixture `make`."""
