"""The disk is full or the records are damaged: no captured field is lost while the appliance runs."""

from __future__ import annotations

from typing import Any

import pytest
from leukoscope.appliance.workflow import State
from leukoscope.errors import (
    DiskFullError,
    Fault,
    StoreError,
)
from leukoscope.panel import screens
from leukoscope.records import store as store_module
from leukoscope.records.record import EndedBy
from leukoscope.records.store import RecordStore

from tests.appliance.simulated import Appliance, Make
from tests.appliance.watching import fault_shown


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
