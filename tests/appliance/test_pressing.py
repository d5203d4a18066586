"""A slide from the first press to its verdict, as a person meets it: presses in, screens, light and records out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest
from leukoscope.appliance.workflow import Event, State
from leukoscope.panel import screens
from leukoscope.reading.cell_types import CellType
from leukoscope.reading.results import FieldReading, GateName, QcState, Verdict
from leukoscope.reading.wording import seen_text
from leukoscope.records.record import EndedBy
from leukoscope.records.store import RecordStore
from leukoscope.reports.slide_text import cells_counted, slide_text
from leukoscope.settings.settings import TimingSettings
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Faults

from tests.appliance.simulated import WINDOW_ANSWER, Appliance, Make, StubWindowReader, surely


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
    assert result.verdict.confidence > 0.9
    assert result.verdict.qc is QcState.UNCONTROLLED
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
    ready.reader.model.answer = surely(CellType.LYMPHOCYTE)
    ready.stage.move()
    ready.capture()
    ready.eventually(
        lambda: (
            isinstance(ready.panel.shown[-1], screens.ResultScreen)
            and ready.panel.shown[-1].verdict.fields == 2
        )
    )
    result = ready.panel.shown[-1]
    (report,) = ready.reports()
    assert result.field_headline == report.fields[1].verdict.headline == "inconclusive"
    assert [field.number for field in report.fields] == [1, 2]
    blasts, lymphocytes = (cells_counted(field.reading.white_cells) for field in report.fields)
    assert blasts > 0
    assert lymphocytes > 0
    count = blasts + lymphocytes
    assert result.verdict.white_cells == count
    assert seen_text(result.verdict) == f"{round(100 * blasts / count)} % blasts of {count}"
    assert report.slide.verdict == result.verdict


def test_ok__the_reader_of_windows_leads_to_a_verdict_too(make: Make) -> None:
    appliance = make()
    appliance.reader = StubWindowReader()
    appliance.start()
    appliance.capture()
    result = appliance.wait_for_screen(screens.ResultScreen)
    assert result.verdict.probabilities == pytest.approx(WINDOW_ANSWER)
    assert (result.verdict.label, result.verdict.reason, result.verdict.qc) == ("ALL", None, None)
    appliance.reader.model.answer = (0.9, 0.02, 0.02, 0.04, 0.02)
    appliance.stage.move()
    appliance.capture()
    appliance.eventually(lambda: appliance.panel.shown[-1].verdict.fields == 2)
    result = appliance.panel.shown[-1]
    assert (result.field_headline, result.field_confidence) == ("normal", pytest.approx(0.9))
    assert result.verdict.headline == "inconclusive"
    assert result.verdict.probabilities == pytest.approx((0.46, 0.46, 0.03, 0.03, 0.02))
    appliance.hold()
    done = appliance.wait_for_screen(screens.SlideDoneScreen)
    (report,) = appliance.reports()
    assert report.slide.verdict == done.verdict == result.verdict


def test_ok__the_verdict_is_worked_out_once_for_a_field(
    ready: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not for every live frame."""
    judged: list[int] = []
    judge = ready.reader.judge

    def count(readings: Sequence[FieldReading], *given: Any) -> Verdict:
        judged.append(len(readings))
        return judge(readings, *given)

    monkeypatch.setattr(ready.reader, "judge", count)
    ready.capture()
    ready.wait_for_screen(screens.ResultScreen)
    seen = len(ready.panel.shown)
    ready.eventually(lambda: len(ready.panel.shown) > seen + 3)
    assert judged == [1]
    ready.stage.move()
    ready.capture()
    assert judged == [1, 1, 2]
    ready.hold()
    ready.wait_for_screen(screens.SlideDoneScreen)
    assert judged == [1, 1, 2]


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
    assert "press ignored" in caplog.text
    assert "hold 2 s ignored" in caplog.text


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


def test_ok__a_stage_that_moved_is_shown(make: Make) -> None:
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


def test_fail__events_that_fit_no_state(ready: Appliance) -> None:
    for event in (Event.TESTED, Event.READ, Event.FINISHED, Event.POWERED_DOWN, Event.CAPTURED):
        ready.daemon.post(event)
    ready.capture()
    assert ready.wait_for_screen(screens.ResultScreen).verdict.label == "ALL"
