"""The appliance as a person meets it: presses in, screens, light and records out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from leukoscope.appliance import daemon as daemon_module
from leukoscope.appliance.workflow import Event, State
from leukoscope.calibration.folder import CalibrationFolder
from leukoscope.calibration.record import Calibration
from leukoscope.calibration.steps import Calibrator, Step
from leukoscope.errors import (
    BundleError,
    CameraTimeoutError,
    DiskFullError,
    Fault,
    LightError,
    StoreError,
)
from leukoscope.field import Field
from leukoscope.microscope.microscope import Microscope
from leukoscope.model.bundle import load_bundle
from leukoscope.panel import screens
from leukoscope.panel.button import Gesture, Hold
from leukoscope.panel.drawing import draw
from leukoscope.qc import folder as folder_module
from leukoscope.qc.folder import QcFolder
from leukoscope.reading.cell_types import CellType
from leukoscope.reading.differential import ABNORMAL, Baseline
from leukoscope.reading.results import FieldReading, GateName, QcState, Verdict
from leukoscope.records import store as store_module
from leukoscope.records.record import EndedBy
from leukoscope.records.store import RecordStore
from leukoscope.reports.text import slide_text
from leukoscope.settings.settings import TimingSettings
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.microscope import DEFAULT_CONTROLS, SimulatedCamera, SimulatedLight
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Faults

from tests.appliance.simulated import OPTICS, SURE, Appliance, StubClassifier
from tests.qc.examples import NORMAL, cell, normal_reading, reading, verdict

Make = Callable[..., Appliance]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes an appliance in the state directory `tmp_path`; whatever still runs at the end is stopped."""
    made: list[Appliance] = []

    def new(**options: Any) -> Appliance:
        made.append(Appliance(tmp_path / "state", **options))
        return made[-1]

    yield new
    for appliance in made:
        if appliance.status is None and appliance._thread.ident is not None:
            appliance.stop()


@pytest.fixture
def ready(make: Make) -> Appliance:
    appliance = make()
    appliance.start()
    return appliance


def fault_shown(appliance: Appliance) -> Fault:
    """Wait for the fault screen; the fault that it names. A person sees it, and the light is off."""
    screen = appliance.wait_for_screen(screens.FaultScreen)
    assert isinstance(screen, screens.FaultScreen)
    appliance.eventually(lambda: appliance.sees.tobytes() == picture(screen))
    assert not appliance.lit
    return screen.fault


def picture(screen: screens.Screen) -> bytes:
    return draw(screen, simulated=True).tobytes()


# The way through it.


def test_ok__self_test_leads_to_the_focus_meter(make: Make) -> None:
    appliance = make()
    appliance.start()
    screen = appliance.wait_for_screen(screens.FocusScreen)
    assert (screen.slide, screen.fields, screen.white_cells) == ("S0001", 0, 0)
    assert (screen.problem, screen.advice) == ("", "")
    assert 0 < screen.sharpness <= screen.peak <= 1
    assert appliance.lit
    steps = [s.step for s in appliance.panel.shown if isinstance(s, screens.StartingScreen)]
    assert steps == ["records", "camera", "light", "calibration", "model"]
    assert "READY=1" in appliance.told


def test_ok__focus_meter_follows_the_wheel(ready: Appliance) -> None:
    sharp = ready.wait_for_screen(screens.FocusScreen)
    ready.stage.focus(6.0)
    ready.eventually(lambda: ready.panel.shown[-1].problem == "OUT OF FOCUS")
    blurred = ready.panel.shown[-1]
    assert blurred.advice == "turn the focus wheel"
    assert blurred.sharpness < sharp.sharpness
    assert blurred.peak > blurred.sharpness
    ready.stage.focus(0.0)
    ready.eventually(lambda: ready.panel.shown[-1].problem == "")


def test_ok__verdict_is_on_the_disk_before_it_is_on_the_panel(ready: Appliance) -> None:
    recorded = []

    def look(screen: screens.Screen) -> None:
        if isinstance(screen, screens.ResultScreen) and not recorded:
            recorded.append([len(report.fields) for report in ready.reports()])

    ready.panel.on_show = look
    ready.capture()
    result = ready.wait_for_screen(screens.ResultScreen)
    assert recorded == [[1]]
    assert (result.slide, result.verdict.label, result.field_headline) == ("S0001", "ALL", "ALL")
    assert result.verdict.confidence == pytest.approx(0.9)
    (report,) = ready.reports()
    assert report.slide.verdict == result.verdict
    assert report.slide.ended_by is None
    assert report.fields[0].verdict == result.verdict
    assert report.fields[0].off_level < 10
    assert report.fields[0].provenance.simulated
    assert report.fields[0].provenance.model_name == "stub"


def test_ok__second_field_is_pooled(ready: Appliance) -> None:
    ready.capture()
    ready.wait_for_screen(screens.ResultScreen)
    ready.classifier.answer = (0.9, 0.02, 0.02, 0.04, 0.02)
    ready.stage.move()
    ready.capture()
    ready.eventually(
        lambda: (
            isinstance(ready.panel.shown[-1], screens.ResultScreen)
            and ready.panel.shown[-1].verdict.fields == 2
        )
    )
    result = ready.panel.shown[-1]
    assert (result.field_headline, result.field_confidence) == ("normal", pytest.approx(0.9))
    assert result.verdict.headline == "inconclusive"
    assert result.verdict.probabilities == pytest.approx((0.46, 0.46, 0.03, 0.03, 0.02))
    (report,) = ready.reports()
    assert [field.number for field in report.fields] == [1, 2]
    assert report.slide.verdict.white_cells == sum(
        len(field.reading.white_cells) for field in report.fields
    )


def test_ok__hold_finishes_the_slide(ready: Appliance) -> None:
    ready.capture()
    ready.hold()
    done = ready.wait_for_screen(screens.SlideDoneScreen)
    assert (done.slide, done.verdict.label) == ("S0001", "ALL")
    assert not ready.lit
    (report,) = ready.reports()
    assert report.slide.ended_by is EndedBy.PERSON
    ready.press()
    ready.wait(State.READY)
    assert ready.wait_for_screen(screens.FocusScreen).slide == "S0002"
    assert ready.daemon.fields_captured == 1
    ready.capture()
    ready.wait_for_screen(screens.ResultScreen)
    assert [report.slide.name for report in ready.reports()] == ["S0001", "S0002"]


def test_ok__hold_without_a_field_finishes_nothing(make: Make) -> None:
    appliance = make(timing=TimingSettings(message_s=60.0))
    appliance.start()
    appliance.hold()
    notice = appliance.wait_for_screen(screens.NoticeScreen)
    assert notice.title == "NO FIELD YET"
    assert appliance.daemon.state is State.READY
    assert appliance.reports() == []


@pytest.mark.parametrize(
    ("slide", "defocus_um", "gate", "advice"),
    [
        (SmearSlide(Diagnosis.ALL, 1), 6.0, GateName.FOCUS, "turn the focus wheel"),
        (SmearSlide(Diagnosis.EMPTY, 1), 0.0, GateName.FOCUS, "move slide or focus"),
    ],
)
def test_ok__field_that_fails_a_gate(
    make: Make, slide: SmearSlide, defocus_um: float, gate: GateName, advice: str
) -> None:
    appliance = make(timing=TimingSettings(message_s=60.0), slide=slide)
    appliance.stage.focus(defocus_um)
    appliance.start()
    appliance.capture()
    refused = appliance.wait_for_screen(screens.RefusalScreen)
    assert (refused.gate.name, refused.gate.advice) == (gate, advice)
    assert not [s for s in appliance.panel.shown if isinstance(s, screens.ResultScreen)]
    (report,) = appliance.reports()
    assert (report.slide.fields_kept, report.slide.fields_refused) == (1, 1)
    assert report.slide.verdict.label is None
    assert report.fields[0].verdict is None
    assert report.fields[0].reading.failed_gate == refused.gate


def test_ok__refusal_gives_way_to_the_focus_meter(make: Make) -> None:
    appliance = make(timing=TimingSettings(message_s=0.3))
    appliance.stage.focus(6.0)
    appliance.start()
    appliance.capture()
    appliance.wait_for_screen(screens.RefusalScreen)
    assert appliance.wait_for_screen(screens.FocusScreen).problem == "OUT OF FOCUS"


def test_ok__presses_while_busy_are_dropped(
    ready: Appliance, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    def press_more(screen: screens.Screen) -> None:
        if isinstance(screen, screens.CapturingScreen | screens.ReadingScreen):
            ready.press()
            ready.hold()

    ready.panel.on_show = press_more
    ready.capture()
    ready.wait_for_screen(screens.ResultScreen)
    seen = len(ready.panel.shown)
    ready.eventually(lambda: len(ready.panel.shown) > seen + 3)
    assert ready.daemon.state is State.RESULT
    assert ready.daemon.fields_captured == 1
    # Whoever wonders finds it in the log.
    assert "press not heeded" in caplog.text
    assert "hold 2 s not heeded" in caplog.text


def test_ok__presses_while_the_slide_is_recorded_are_dropped(
    ready: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would hide its verdict before anyone has read it."""
    finish_slide = RecordStore.finish_slide

    def press_meanwhile(store: RecordStore, *given: Any) -> None:
        ready.press()
        finish_slide(store, *given)

    monkeypatch.setattr(RecordStore, "finish_slide", press_meanwhile)
    ready.capture()
    ready.hold()
    ready.wait_for_screen(screens.SlideDoneScreen)
    time.sleep(0.3)
    assert ready.daemon.state is State.SLIDE_DONE


def test_ok__presses_during_the_self_test_are_dropped(make: Make) -> None:
    appliance = make()
    appliance.panel.on_show = lambda screen: (
        appliance.press() if isinstance(screen, screens.StartingScreen) else None
    )
    appliance.start()
    appliance.wait_for_screen(screens.FocusScreen)
    assert appliance.daemon.fields_captured == 0


def test_ok__hint_while_held(ready: Appliance) -> None:
    ready.wait_for_screen(screens.FocusScreen)
    ready.button.down = Hold(4.0, Gesture.HOLD, 0.5)
    hint = picture(screens.HoldHint("FINISH SLIDE", 0.5))
    ready.eventually(lambda: ready.sees.tobytes() == hint)
    ready.button.down = None
    ready.eventually(lambda: ready.sees.tobytes() != hint)


def test_ok__hint_on_a_finished_slide(ready: Appliance) -> None:
    ready.capture()
    ready.hold()
    done = ready.wait_for_screen(screens.SlideDoneScreen)
    ready.eventually(lambda: ready.sees.tobytes() == picture(done))
    for gesture, action in ((Gesture.HOLD, "KEEP CONTROL"), (Gesture.LONG_HOLD, "POWER OFF")):
        ready.button.down = Hold(4.0, gesture, 0.5)
        hint = picture(screens.HoldHint(action, 0.5))
        ready.eventually(lambda hint=hint: ready.sees.tobytes() == hint)
    ready.button.down = None
    ready.eventually(lambda: ready.sees.tobytes() == picture(done))


def test_ok__no_hint_where_a_hold_does_nothing(make: Make) -> None:
    appliance = make()
    appliance.break_(led_dead=True)
    appliance.start(State.FAULT)
    fault_shown(appliance)
    shown = appliance.sees.tobytes()
    appliance.button.down = Hold(4.0, Gesture.HOLD, 0.5)
    time.sleep(0.3)
    assert appliance.sees.tobytes() == shown


# Controls.


class CellStub(StubClassifier):
    """A model that reads these cells in every field, and keeps the baselines it judged by."""

    def __init__(self) -> None:
        super().__init__()
        self.card.kind = "cells"
        self.cells = normal_reading(60)
        self.baselines: list[Baseline | None] = []

    def read(self, field: Field) -> FieldReading:
        return self.cells

    def judge(
        self,
        readings: Sequence[FieldReading],
        qc: QcState = QcState.UNCONTROLLED,
        baseline: Baseline | None = None,
    ) -> Verdict:
        self.baselines.append(baseline)
        return replace(verdict(), qc=qc, fields=len(readings))


@pytest.fixture
def reads_cells(make: Make) -> Appliance:
    """An appliance whose model reads normal cells, 60 a field."""
    appliance = make()
    appliance.classifier = CellStub()
    return appliance


def finish_slide(appliance: Appliance) -> screens.SlideDoneScreen:
    """Read one field and finish the slide."""
    if appliance.daemon.state is State.SLIDE_DONE:
        appliance.press()
        appliance.wait(State.READY)
    appliance.capture()
    appliance.hold()
    done = appliance.wait_for_screen(screens.SlideDoneScreen)
    assert isinstance(done, screens.SlideDoneScreen)
    return done


def keep_control(appliance: Appliance) -> screens.NoticeScreen:
    """Hold the button on a finished slide; what the panel then says."""
    appliance.hold()
    notice = appliance.wait_for_screen(screens.NoticeScreen)
    assert isinstance(notice, screens.NoticeScreen)
    return notice


def test_ok__three_slides_kept_as_controls_make_the_device_controlled(
    reads_cells: Appliance,
) -> None:
    reads_cells.start()
    told = []
    for _ in range(3):
        assert finish_slide(reads_cells).verdict.qc is QcState.UNCONTROLLED
        told.append(keep_control(reads_cells))
    assert [notice.title for notice in told] == ["CONTROL KEPT"] * 3
    assert [notice.line1 for notice in told] == [
        "S0001: 1 of 3 slides",
        "S0002: 2 of 3 slides",
        "S0003: 3 of 3 slides",
    ]
    assert reads_cells.classifier.baselines[-1] is None
    assert finish_slide(reads_cells).verdict.qc is QcState.VALID
    assert reads_cells.classifier.baselines[-1] == dict.fromkeys(ABNORMAL, 0.0)
    kept = sorted(path.name for path in (reads_cells.root / "control").iterdir())
    assert kept == ["S0001.toml", "S0002.toml", "S0003.toml"]
    # Over SSH one is removed: the next slide knows it.
    QcFolder(reads_cells.root / "control").remove("S0002")
    assert finish_slide(reads_cells).verdict.qc is QcState.UNCONTROLLED


def test_ok__the_panel_stays_with_the_kept_control_until_a_press(reads_cells: Appliance) -> None:
    reads_cells.start()
    finish_slide(reads_cells)
    assert keep_control(reads_cells).line1 == "S0001: 1 of 3 slides"
    reads_cells.hold()
    reads_cells.eventually(lambda: reads_cells.panel.shown[-1].title == "CONTROL REFUSED")
    assert reads_cells.panel.shown[-1].line1 == "It is a control"
    assert reads_cells.daemon.state is State.SLIDE_DONE
    reads_cells.press()
    assert reads_cells.wait_for_screen(screens.FocusScreen).slide == "S0002"


def test_ok__a_drifted_control_is_said_at_once_and_with_each_verdict(
    reads_cells: Appliance,
) -> None:
    reads_cells.start()
    for _ in range(3):
        finish_slide(reads_cells)
        keep_control(reads_cells)
    swollen = cell(CellType.NEUTROPHIL, replace(NORMAL, nuclear_area=100.0))
    reads_cells.classifier.cells = reading(*[swollen] * 60)
    finish_slide(reads_cells)
    notice = keep_control(reads_cells)
    assert (notice.title, notice.line1) == ("DRIFTED", "1-3s nuclear area")
    assert finish_slide(reads_cells).verdict.qc is QcState.DRIFTED


@pytest.mark.usefixtures("_quick_turns")
def test_ok__ready_says_that_the_device_is_uncontrolled(reads_cells: Appliance) -> None:
    reads_cells.start()
    reads_cells.eventually(lambda: warned_yet(reads_cells) == {"NOT CALIBRATED", "UNCONTROLLED"})


@pytest.mark.usefixtures("_quick_turns")
def test_fail__a_damaged_control_slide_is_said(
    reads_cells: Appliance, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = reads_cells.root / "control" / "S0001.toml"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("no control", encoding="utf-8")
    reads_cells.start()
    reads_cells.eventually(lambda: warned_yet(reads_cells) == {"NOT CALIBRATED", "CONTROL BROKEN"})
    assert "S0001.toml" in caplog.text


def test_fail__few_cells_are_no_control(reads_cells: Appliance) -> None:
    reads_cells.classifier.cells = normal_reading(34)
    reads_cells.start()
    finish_slide(reads_cells)
    notice = keep_control(reads_cells)
    assert (notice.title, notice.line1) == ("CONTROL REFUSED", "34 of 50 cells:")
    assert not (reads_cells.root / "control").exists()


def test_fail__a_model_that_reads_fields_has_no_controls(ready: Appliance) -> None:
    assert finish_slide(ready).verdict.qc is None
    notice = keep_control(ready)
    assert (notice.title, notice.line1) == ("CONTROL REFUSED", "Model reads no cells:")


def test_fail__a_control_that_can_not_be_written_is_a_fault(
    reads_cells: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: object) -> None:
        raise OSError(28, "No space left on device")

    reads_cells.start()
    finish_slide(reads_cells)
    monkeypatch.setattr(folder_module, "write_durably", fail)
    reads_cells.hold()
    assert fault_shown(reads_cells) is Fault.STORAGE


# Asleep.


def test_ok__untouched_it_sleeps_and_a_press_wakes_it(make: Make) -> None:
    appliance = make(timing=TimingSettings(sleep_after_s=1.0, message_s=0.0))
    appliance.start()
    appliance.wait(State.ASLEEP)
    appliance.eventually(lambda: appliance.sees.getbbox() is None)
    assert not appliance.lit
    appliance.press()
    appliance.wait(State.READY)
    appliance.wait_for_screen(screens.FocusScreen)
    assert appliance.lit
    assert appliance.daemon.fields_captured == 0


def test_ok__asleep_with_a_verdict_on_the_panel(make: Make) -> None:
    appliance = make(timing=TimingSettings(sleep_after_s=2.0, message_s=0.0))
    appliance.start()
    appliance.capture()
    appliance.wait(State.ASLEEP)
    appliance.eventually(lambda: not appliance.lit)
    assert isinstance(appliance.panel.shown[-1], screens.ResultScreen)
    assert appliance.sees.tobytes() == picture(appliance.panel.shown[-1])
    appliance.press()
    appliance.wait(State.READY)
    assert appliance.wait_for_screen(screens.FocusScreen).fields == 1
    assert appliance.daemon.fields_captured == 1


def test_ok__held_button_keeps_it_awake(make: Make) -> None:
    appliance = make(timing=TimingSettings(sleep_after_s=1.0, message_s=0.0))
    appliance.button.down = Hold(0.1, Gesture.PRESS, 0.0)
    appliance.start()
    time.sleep(1.5)
    assert appliance.daemon.state is State.READY


# Its end.


@pytest.mark.parametrize("refused", [False, True])
def test_ok__power_off(ready: Appliance, refused: bool) -> None:
    ready.stage.focus(6.0 if refused else 0.0)
    ready.capture()
    # As a finger does it: the panel says what letting go will do, until it is let go.
    ready.button.down = Hold(7.0, Gesture.LONG_HOLD, 1.0)
    hint = picture(screens.HoldHint("POWER OFF", 1.0))
    ready.eventually(lambda: ready.sees.tobytes() == hint)
    ready.button.down = None
    ready.long_hold()
    assert ready.ended() == 0
    assert ready.powered_off
    assert not ready.lit
    assert ready.button.closed
    assert ready.display.closed
    assert ready.sees.tobytes() == picture(screens.UnplugScreen())
    assert picture(screens.PowerOffScreen("saving records")) in [
        shown.tobytes() for shown in ready.display.history
    ]
    (report,) = ready.reports()
    assert report.slide.ended_by is EndedBy.POWER_OFF
    RecordStore(ready.root, min_free_bytes=0).close()  # nobody holds the records any more


@pytest.mark.parametrize("captured", [False, True])
def test_ok__stopped_by_systemd(ready: Appliance, captured: bool) -> None:
    if captured:
        ready.capture()
    assert ready.stop() == 0
    assert ready.daemon.state is State.STOPPED
    assert not ready.lit
    assert ready.sees.getbbox() is None
    assert ready.told[-1] == "STOPPING=1"
    assert not ready.powered_off
    RecordStore(ready.root, min_free_bytes=0).close()


def test_ok__slide_left_by_a_stop_is_closed_at_the_next_start(make: Make) -> None:
    first = make()
    first.start()
    first.capture()
    first.stop()
    second = make()
    second.start()
    assert second.wait_for_screen(screens.FocusScreen).slide == "S0002"
    (report,) = second.reports()
    assert report.slide.ended_by is EndedBy.RESTART


def test_ok__watchdog_is_fed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon_module, "WATCHDOG_S", 0.0)
    appliance = make(timing=TimingSettings(sleep_after_s=1.0))
    appliance.start()
    appliance.told.clear()
    appliance.eventually(lambda: "WATCHDOG=1" in appliance.told)
    appliance.wait(State.ASLEEP)
    appliance.told.clear()
    appliance.eventually(lambda: "WATCHDOG=1" in appliance.told)


def statuses(appliance: Appliance) -> list[str]:
    """What systemd was told to show of the service."""
    return [told.removeprefix("STATUS=") for told in appliance.told if told.startswith("STATUS=")]


def test_ok__systemd_shows_each_state_slide_and_fields(ready: Appliance) -> None:
    assert statuses(ready) == ["ready, S0001, 0 fields"]
    ready.capture()
    ready.capture()
    ready.hold()
    ready.wait_for_screen(screens.SlideDoneScreen)
    ready.press()
    ready.wait(State.READY)
    assert ready.stop() == 0
    assert statuses(ready)[1:] == [
        "capturing, S0001, 0 fields",
        "reading, S0001, 1 field",
        "result, S0001, 1 field",
        "capturing, S0001, 1 field",
        "reading, S0001, 2 fields",
        "result, S0001, 2 fields",
        "slide done, S0001, 2 fields",
        "ready, S0002, 0 fields",
        "stopped, S0002, 0 fields",
    ]


# What breaks.


@pytest.mark.parametrize(
    ("broken", "fault"), [("led_dead", Fault.LIGHT), ("camera_gone", Fault.CAMERA)]
)
def test_fail__part_broken_at_the_start(make: Make, broken: str, fault: Fault) -> None:
    appliance = make()
    appliance.break_(**{broken: True})
    appliance.start(State.FAULT)
    assert fault_shown(appliance) is fault
    assert "READY=1" in appliance.told, "systemd must not take a fault for a start that hangs"
    assert statuses(appliance) == [f"fault {fault.line}"]
    seen = len(appliance.panel.shown)
    appliance.press()  # not mended yet
    appliance.eventually(lambda: len(appliance.panel.shown) > seen + 1)
    assert fault_shown(appliance) is fault
    appliance.break_()
    appliance.press()
    appliance.wait(State.READY)
    appliance.wait_for_screen(screens.FocusScreen)
    appliance.capture()
    appliance.wait_for_screen(screens.ResultScreen)


def test_fail__camera_unplugged_while_ready(ready: Appliance) -> None:
    ready.capture()
    ready.break_(camera_gone=True)
    assert fault_shown(ready) is Fault.CAMERA
    ready.break_()
    ready.press()
    ready.wait(State.READY)
    assert ready.wait_for_screen(screens.FocusScreen).fields == 1
    assert ready.lit


def test_fail__led_dies_while_ready(ready: Appliance) -> None:
    """The live picture names it; a press is refused by the light gate."""
    ready.break_(led_dead=True)
    ready.eventually(
        lambda: (
            isinstance(ready.panel.shown[-1], screens.FocusScreen)
            and ready.panel.shown[-1].problem == "TOO DARK"
        )
    )
    ready.capture()
    (report,) = ready.reports()
    assert report.fields[0].reading.failed_gate.name is GateName.LIGHT


@pytest.mark.parametrize("when", ["start", "ready", "press"])
def test_fail__camera_hangs(make: Make, when: str) -> None:
    appliance = make()
    if when == "start":
        appliance.break_(camera_hangs=True)
        appliance.start(None)
    else:
        appliance.start()
        if when == "press":
            appliance.panel.on_show = lambda screen: (
                appliance.break_(camera_hangs=True)
                if isinstance(screen, screens.CapturingScreen)
                else None
            )
            appliance.press()
        else:
            # While the button is held, too: the hint may not hide the fault.
            appliance.button.down = Hold(4.0, Gesture.HOLD, 0.5)
            appliance.wait_for_screen(screens.FocusScreen)
            appliance.break_(camera_hangs=True)
    assert appliance.ended() == 1
    assert not appliance.lit
    assert appliance.display.closed
    assert appliance.sees.tobytes() == picture(screens.FaultScreen(Fault.CAMERA, restarts=True))


def test_fail__camera_hangs_as_it_is_let_go_of(
    ready: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a loose cable: this process could not open the camera again."""

    def hang(camera: SimulatedCamera) -> None:
        raise CameraTimeoutError("the camera gave no frame")

    monkeypatch.setattr(SimulatedCamera, "close", hang)
    ready.break_(camera_gone=True)
    assert ready.ended() == 1
    assert not ready.lit
    assert ready.sees.tobytes() == picture(screens.FaultScreen(Fault.CAMERA, restarts=True))


def test_fail__bundle_is_wrong(make: Make, tmp_path: Path) -> None:
    appliance = make()
    appliance.open_classifier = lambda: load_bundle(tmp_path / "nothing")
    appliance.start(State.FAULT)
    assert fault_shown(appliance) is Fault.MODEL
    appliance.open_classifier = lambda: appliance.classifier
    appliance.press()
    appliance.wait(State.READY)


def test_fail__model_fails_while_reading(ready: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    """The captured field is kept, unread."""

    def fail(window: object) -> tuple[float, ...]:
        raise BundleError("it broke")

    monkeypatch.setattr(ready.classifier, "probabilities", fail)
    ready.press()
    assert fault_shown(ready) is Fault.MODEL
    (report,) = ready.reports()
    assert (report.slide.fields_kept, report.fields[0].reading.probabilities) == (1, None)


class FullDisk:
    """Makes the store of an appliance find its disk full while `full`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        add_field = RecordStore.add_field

        def add(store: RecordStore, *given: Any) -> object:
            if self.full:
                raise DiskFullError("no room")
            return add_field(store, *given)

        monkeypatch.setattr(RecordStore, "add_field", add)


def test_fail__disk_full(ready: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    """The captured field waits, and is in the records when there is room again."""
    disk = FullDisk(monkeypatch)
    ready.press()
    assert fault_shown(ready) is Fault.STORAGE
    assert not [s for s in ready.panel.shown if isinstance(s, screens.ResultScreen)]
    assert ready.reports() == []
    seen = len(ready.panel.shown)
    ready.press()  # still full
    ready.eventually(lambda: len(ready.panel.shown) > seen + 1)
    assert fault_shown(ready) is Fault.STORAGE
    disk.full = False
    ready.press()
    ready.wait(State.READY)
    assert ready.wait_for_screen(screens.FocusScreen).fields == 1
    (report,) = ready.reports()
    assert (report.slide.name, report.slide.verdict.label) == ("S0001", "ALL")
    ready.hold()
    assert ready.wait_for_screen(screens.SlideDoneScreen).slide == "S0001"


def test_fail__disk_full_by_its_minimum(make: Make) -> None:
    appliance = make(min_free_bytes=1 << 60)
    appliance.start()
    appliance.press()
    assert fault_shown(appliance) is Fault.STORAGE
    appliance.min_free_bytes = 0
    appliance.press()
    appliance.wait(State.READY)
    assert [len(report.fields) for report in appliance.reports()] == [1]


def test_fail__disk_full_after_the_picture(
    ready: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without a record stays behind; the field goes into the records all the same."""
    insert = store_module.INSERT_FIELD
    monkeypatch.setattr(store_module, "INSERT_FIELD", "INSERT INTO nowhere VALUES (1)")
    ready.press()
    assert fault_shown(ready) is Fault.STORAGE
    assert (ready.root / "pictures" / "S0001").is_dir()
    monkeypatch.setattr(store_module, "INSERT_FIELD", insert)
    ready.press()
    ready.wait(State.READY)
    (report,) = ready.reports()
    assert (report.slide.verdict.label, len(report.fields)) == ("ALL", 1)


@pytest.mark.parametrize("how", ["power off", "stop"])
def test_fail__disk_full_then_the_end(
    ready: Appliance, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A field that waits is recorded before the end, when there is room again."""
    disk = FullDisk(monkeypatch)
    ready.press()
    assert fault_shown(ready) is Fault.STORAGE
    disk.full = False
    if how == "stop":
        ready.stop()
    else:
        ready.long_hold()
        ready.ended()
    (report,) = ready.reports()
    assert len(report.fields) == 1
    assert report.slide.ended_by is None  # the next start finishes it


def test_fail__lost_field_is_logged(
    ready: Appliance, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    FullDisk(monkeypatch)
    ready.press()
    assert fault_shown(ready) is Fault.STORAGE
    ready.stop()
    assert "a captured field is lost: no room" in caplog.text


def test_fail__store_locked_by_another(make: Make) -> None:
    appliance = make()
    appliance.root.mkdir()
    other = RecordStore(appliance.root, min_free_bytes=0)
    appliance.start(State.FAULT)
    assert fault_shown(appliance) is Fault.STORAGE
    other.close()
    appliance.press()
    appliance.wait(State.READY)


def test_fail__damaged_records_at_the_start(make: Make) -> None:
    first = make()
    first.start()
    first.capture()
    first.stop()
    (first.root / "records.sqlite").write_bytes(b"no database" * 1000)
    second = make()
    second.start()
    assert [s.title for s in second.panel.shown if isinstance(s, screens.NoticeScreen)] == [
        "NEW RECORDS"
    ]
    assert second.wait_for_screen(screens.FocusScreen).slide == "S0002"
    assert (second.root / "records.damaged-1.sqlite").exists()


@pytest.mark.parametrize("fields_before", [0, 1])
def test_fail__records_damaged_during_a_slide(
    ready: Appliance, monkeypatch: pytest.MonkeyPatch, fields_before: int
) -> None:
    """The field that could not be recorded begins the new records, under the next number."""
    for _ in range(fields_before):
        ready.capture()

    def fail(*given: Any) -> object:
        raise StoreError("database disk image is malformed")

    with monkeypatch.context() as patch:
        patch.setattr(RecordStore, "add_field", fail)
        ready.press()
        assert fault_shown(ready) is Fault.STORAGE
    for suffix in ("-wal", "-shm"):
        (ready.root / f"records.sqlite{suffix}").unlink(missing_ok=True)
    (ready.root / "records.sqlite").write_bytes(b"no database" * 1000)
    ready.press()
    ready.wait(State.READY)
    (report,) = ready.reports()
    assert report.slide.number == 1 + fields_before
    assert len(report.fields) == 1
    ready.hold()
    done = ready.wait_for_screen(screens.SlideDoneScreen)
    assert (done.slide, done.verdict.fields) == (report.slide.name, 1)


def test_fail__slide_can_not_be_finished(ready: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any) -> object:
        raise StoreError("the disk broke")

    ready.capture()
    with monkeypatch.context() as patch:
        patch.setattr(RecordStore, "finish_slide", fail)
        ready.hold()
        assert fault_shown(ready) is Fault.STORAGE
    ready.press()
    ready.wait(State.READY)
    ready.hold()
    assert ready.wait_for_screen(screens.SlideDoneScreen).slide == "S0001"
    (report,) = ready.reports()
    assert report.slide.ended_by is EndedBy.PERSON


def test_fail__defect_in_a_part(ready: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody foresaw it: the light is off, the panel says so and goes on saying so."""

    def fail(window: object) -> tuple[float, ...]:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(ready.classifier, "probabilities", fail)
    ready.press()
    assert ready.ended() == 1
    assert not ready.lit
    assert ready.sees.tobytes() == picture(screens.FaultScreen(Fault.INTERNAL, restarts=True))
    assert statuses(ready)[-1] == "fault E06 INTERNAL: Restart; if again, look into its log"
    (report,) = ready.reports()
    assert len(report.fields) == 1


def test_fail__defect_between_capture_and_reading(ready: Appliance) -> None:
    """The captured field is not lost."""

    def fail(screen: screens.Screen) -> None:
        if isinstance(screen, screens.ReadingScreen):
            raise ZeroDivisionError("a defect")

    ready.panel.on_show = fail
    ready.press()
    assert ready.ended() == 1
    assert not ready.lit
    (report,) = ready.reports()
    assert report.fields[0].reading.probabilities is None


def test_fail__light_can_not_be_switched_off(
    ready: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the end happens all the same."""

    def fail(microscope: Microscope) -> None:
        raise LightError("GPIO17 can't be written")

    ready.capture()
    monkeypatch.setattr(Microscope, "light_off", fail)
    monkeypatch.setattr(Microscope, "close", fail)
    assert ready.stop() == 0
    assert ready.display.closed
    RecordStore(ready.root, min_free_bytes=0).close()


def test_fail__events_that_fit_no_state(ready: Appliance) -> None:
    for event in (Event.TESTED, Event.READ, Event.FINISHED, Event.POWERED_DOWN, Event.CAPTURED):
        ready.daemon.post(event)
    ready.capture()
    assert ready.wait_for_screen(screens.ResultScreen).verdict.probabilities == pytest.approx(SURE)


# Optics.


def calibrated(appliance: Appliance) -> Calibration:
    """Give it a calibration of just these optics, made before it starts."""
    light = SimulatedLight(appliance.stage)
    camera = SimulatedCamera(
        appliance.stage, light, width=507, height=380, um_per_px=0.31, timeout_s=1.0
    )
    slide = appliance.stage.view.slide
    folder = CalibrationFolder(appliance.root / "calibration")
    calibrator = Calibrator(light, camera, DEFAULT_CONTROLS, folder, OPTICS, frames=1)
    while (step := calibrator.step) is not None:
        if step is Step.SCALE:
            appliance.stage.load(MicrometerSlide())
        else:
            appliance.stage.load(SmearSlide(Diagnosis.EMPTY, 900), 15.0)
        calibrator.take()
    appliance.stage.load(slide)
    return calibrator.keep("2026-05-09T07:35:25.123Z", clock_synced=False)


def warned_for_a_while(appliance: Appliance) -> set[str]:
    """The warnings that the focus screen has shown while they would have had two turns."""
    begun = time.monotonic()
    appliance.eventually(lambda: time.monotonic() - begun > 2.2 * daemon_module.ALTERNATE_S)
    return warned_yet(appliance)


def warned_yet(appliance: Appliance) -> set[str]:
    """The warnings that the focus screen has shown so far."""
    return {
        s.warning for s in list(appliance.panel.shown) if isinstance(s, screens.FocusScreen)
    } - {""}


@pytest.fixture
def _quick_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon_module, "ALTERNATE_S", 0.1)


@pytest.mark.usefixtures("_quick_turns")
def test_ok__without_a_calibration_the_panel_and_the_record_say_so(make: Make) -> None:
    appliance = make()
    appliance.start()
    appliance.eventually(lambda: warned_yet(appliance) == {"NOT CALIBRATED"})
    appliance.capture()
    (report,) = appliance.reports()
    assert report.fields[0].provenance.calibration_sha256 is None
    assert "not calibrated: shading estimated from the field itself" in slide_text(
        report, fields=True
    )


@pytest.mark.usefixtures("_quick_turns")
def test_ok__a_record_names_the_calibration_that_its_field_was_made_with(make: Make) -> None:
    appliance = make()
    calibration = calibrated(appliance)
    appliance.start()
    assert warned_for_a_while(appliance) == set()
    appliance.capture()
    (report,) = appliance.reports()
    (field,) = report.fields
    assert field.provenance.calibration_sha256 == calibration.sha256
    assert field.um_per_px == calibration.um_per_px
    assert f"calibration {calibration.name} sha256 {calibration.sha256}" in slide_text(
        report, fields=True
    )


@pytest.mark.usefixtures("_quick_turns")
@pytest.mark.parametrize(
    ("faults", "warning"),
    [({"led_level": 0.6}, "LED DIMMED"), ({"led_tint": (1.0, 0.7)}, "LED COLOUR")],
)
def test_fail__the_self_test_warns_of_a_drifted_led(
    make: Make, faults: dict[str, object], warning: str
) -> None:
    """It goes on all the same: a dim picture is for the gates to refuse."""
    appliance = make()
    calibrated(appliance)
    appliance.stage.inject(Faults(**faults))  # type: ignore[arg-type]
    appliance.start()
    appliance.eventually(lambda: warned_yet(appliance) == {warning})


@pytest.mark.usefixtures("_quick_turns")
def test_fail__the_self_test_warns_of_changed_shading(make: Make) -> None:
    """The LED sits askew since: the rim has lost most of its light."""
    appliance = make()
    calibrated(appliance)
    stage = appliance.stage
    stage._view = replace(stage.view, shading=0.7)
    appliance.start()
    appliance.eventually(lambda: warned_yet(appliance) == {"SHADING CHANGED"})


@pytest.mark.usefixtures("_quick_turns")
def test_fail__a_damaged_calibration_is_said_and_the_last_good_one_serves(make: Make) -> None:
    appliance = make()
    good = calibrated(appliance)
    bad = calibrated(appliance)
    glass = appliance.root / "calibration" / bad.name / "glass.png"
    glass.write_bytes(glass.read_bytes()[:100])
    appliance.start()
    appliance.eventually(lambda: warned_yet(appliance) == {"CALIBRATION BROKEN"})
    appliance.capture()
    (report,) = appliance.reports()
    assert report.fields[0].provenance.calibration_sha256 == good.sha256


def test_ok__a_stage_that_moved_is_said(make: Make) -> None:
    appliance = make(frames=3)
    appliance.start()
    appliance.capture()
    still = appliance.wait_for_screen(screens.ResultScreen)
    assert isinstance(still, screens.ResultScreen)
    assert not still.moved
    appliance.stage.inject(Faults(drift_um_per_frame=3.0))
    appliance.capture()
    moved = appliance.wait_for_screen(screens.ResultScreen)
    assert isinstance(moved, screens.ResultScreen)
    assert moved.moved
    (report,) = appliance.reports()
    text = slide_text(report, fields=True)
    assert "mean of 3 frames" in text
    assert "of 3, the sharpest: the stage moved by" in text


def test_ok__the_panel_says_which_way_to_turn(ready: Appliance) -> None:
    hints = set()
    for step in range(60):
        ready.stage.focus(6.0 - 0.2 * step)
        seen = len(ready.panel.shown)
        ready.eventually(lambda seen=seen: len(ready.panel.shown) >= min(seen + 1, 2000))
        shown = ready.panel.shown[-1]
        if isinstance(shown, screens.FocusScreen):
            hints.add(shown.hint)
    assert {"sharper: go on", "turn back"} <= hints
