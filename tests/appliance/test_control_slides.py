"""Control slides: a hold keeps a finished slide as one, and each verdict says what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from leukoscope.appliance.workflow import State
from leukoscope.errors import Fault
from leukoscope.field import Field
from leukoscope.panel import screens
from leukoscope.qc import folder as folder_module
from leukoscope.qc.folder import QcFolder
from leukoscope.reading.cell_types import CellType
from leukoscope.reading.differential import ABNORMAL, Baseline
from leukoscope.reading.reader_errors import BASELINE_SPREAD
from leukoscope.reading.results import FieldReading, QcState, Verdict

from tests.appliance.simulated import Appliance, Make, StubReader, StubWindowReader
from tests.appliance.watching import fault_shown, finish_slide, warned_yet
from tests.qc.examples import NORMAL, cell, normal_reading, reading


class NormalReader(StubReader):
    """Reads these cells in every field, normal ones at first, and keeps the baselines it judged by."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = normal_reading(60)
        self.baselines: list[Baseline | None] = []

    def read(self, field: Field) -> FieldReading:
        return self.cells

    def judge(
        self,
        readings: Sequence[FieldReading],
        qc: QcState = QcState.UNCONTROLLED,
        baseline: Baseline | None = None,
        baseline_spread: float = BASELINE_SPREAD,
    ) -> Verdict:
        self.baselines.append(baseline)
        return super().judge(readings, qc, baseline, baseline_spread)


@pytest.fixture
def reads_cells(make: Make) -> Appliance:
    """An appliance that reads normal cells, 60 a field."""
    appliance = make()
    appliance.reader = NormalReader()
    return appliance


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
    assert reads_cells.reader.baselines[-1] is None
    assert finish_slide(reads_cells).verdict.qc is QcState.VALID
    assert reads_cells.reader.baselines[-1] == dict.fromkeys(ABNORMAL, 0.0)
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


def test_ok__a_drifted_control_is_shown_at_once_and_with_each_verdict(
    reads_cells: Appliance,
) -> None:
    reads_cells.start()
    for _ in range(3):
        finish_slide(reads_cells)
        keep_control(reads_cells)
    swollen = cell(CellType.NEUTROPHIL, replace(NORMAL, nuclear_area=100.0))
    reads_cells.reader.cells = reading(*[swollen] * 60)
    finish_slide(reads_cells)
    notice = keep_control(reads_cells)
    assert (notice.title, notice.line1) == ("DRIFTED", "1-3s nuclear area")
    assert finish_slide(reads_cells).verdict.qc is QcState.DRIFTED


@pytest.mark.usefixtures("quick_turns")
def test_ok__ready_says_that_the_device_is_uncontrolled(reads_cells: Appliance) -> None:
    reads_cells.start()
    reads_cells.eventually(lambda: warned_yet(reads_cells) == {"NOT CALIBRATED", "UNCONTROLLED"})


@pytest.mark.usefixtures("quick_turns")
def test_fail__a_damaged_control_slide_is_shown(
    reads_cells: Appliance, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = reads_cells.root / "control" / "S0001.toml"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("no control", encoding="utf-8")
    reads_cells.start()
    reads_cells.eventually(lambda: warned_yet(reads_cells) == {"NOT CALIBRATED", "CONTROL BROKEN"})
    assert "S0001.toml" in caplog.text


def test_fail__few_cells_are_no_control(reads_cells: Appliance) -> None:
    reads_cells.reader.cells = normal_reading(34)
    reads_cells.start()
    finish_slide(reads_cells)
    notice = keep_control(reads_cells)
    assert (notice.title, notice.line1) == ("CONTROL REFUSED", "34 of 50 cells:")
    assert not (reads_cells.root / "control").exists()


def test_fail__a_reader_of_windows_has_no_controls(make: Make) -> None:
    appliance = make()
    appliance.reader = StubWindowReader()
    appliance.start()
    assert finish_slide(appliance).verdict.qc is None
    notice = keep_control(appliance)
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
