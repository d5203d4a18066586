"""Performs the workflow's effects: capturing and reading a field, recording it, finishing a slide, showing screens."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from leukoscope import __version__
from leukoscope.appliance import workflow
from leukoscope.appliance.events import EventQueue
from leukoscope.appliance.live_view import LiveView
from leukoscope.appliance.notifier import Notifier
from leukoscope.appliance.open_slide import OpenSlide
from leukoscope.appliance.parts import Parts
from leukoscope.appliance.self_test import Finding, SelfTest
from leukoscope.appliance.workflow import Event, State
from leukoscope.errors import LeukoscopeError, LightError, StoreError
from leukoscope.field import Field
from leukoscope.panel import screens
from leukoscope.panel.panel import Panel
from leukoscope.qc.errors import QcError
from leukoscope.qc.monitor import kept_notice
from leukoscope.records.record import EndedBy

MAX_NOTICE_S = 5.0
"""Longest time that a message may delay the self-test. The watchdog is not fed meanwhile."""

_log = logging.getLogger(__name__)


class EffectPerformer:
    """Performs the workflow's effects, one at a time, on the slide and the parts.

    Attributes:
        fields_captured: Number of fields captured since the start.
        exit_status: Exit status of the process, once it shall end. None before that.
    """

    def __init__(
        self,
        *,
        parts: Parts,
        panel: Panel,
        view: LiveView,
        events: EventQueue,
        notifier: Notifier,
        power_off: Callable[[], None],
        message_s: float,
    ) -> None:
        """Prepare to perform effects.

        Args:
            parts: The parts to use.
            panel: Shows the screens.
            view: The live view.
            events: The daemon's queue, from which late gestures are dropped.
            notifier: Tells systemd that the self-test goes on.
            power_off: As in `Host`.
            message_s: How long a message stays on the panel, seconds.
        """
        self._parts, self._panel, self._view = parts, panel, view
        self._events, self._notifier = events, notifier
        self._power_off, self._message_s = power_off, message_s
        self._slide: OpenSlide | None = None
        self._finished: OpenSlide | None = None
        self._captured: Field | None = None
        self.fields_captured = 0
        self.exit_status: int | None = None

    @property
    def slide_name(self) -> str:
        """Name of the open slide; "" before the first self-test."""
        return self._slide.name if self._slide is not None else ""

    def opened_slide(self) -> OpenSlide:
        """Return the slide on the stage.

        Raises:
            LeukoscopeError: There is none before the first self-test.
        """
        if self._slide is None:
            raise LeukoscopeError("no slide is open: the self-test has not passed")
        return self._slide

    def perform(self, effect: workflow.Effect, state: State) -> Event | None:
        """Perform one effect.

        Args:
            effect: What to do.
            state: The workflow's state.

        Returns:
            The answer of an effect that gives one; None for the others.

        Raises:
            LeukoscopeError: A part has failed.
        """
        match effect:
            case workflow.RunSelfTest():
                return self._run_self_test()
            case workflow.LightOn():
                self._parts.open_microscope().light_on()
                self._view.end_message()
            case workflow.LightOff():
                self._switch_light_off(state)
            case workflow.CaptureField():
                return self._capture_field()
            case workflow.ReadField():
                return self._read_field()
            case workflow.KeepField():
                self._keep_field()
            case workflow.ShowResult():
                self._events.drop_gestures(self.slide_name)
                self._view.show_result(self.opened_slide())
            case workflow.ShowRefusal():
                self._show_refusal()
            case workflow.ShowNoField():
                self._view.show_message(
                    screens.NoticeScreen("NO FIELD YET", "Press to capture one", "")
                )
            case workflow.FinishSlide():
                return self._finish_slide()
            case workflow.ShowSlideDone():
                self._show_slide_done()
            case workflow.KeepQcSlide():
                self._keep_qc_slide()
            case workflow.PanelOff():
                self._panel.show(screens.AsleepScreen())
            case workflow.ShowFault():
                self._events.drop_gestures(self.slide_name)
                self._panel.show(screens.FaultScreen(self._parts.fault, restarts=False))
            case workflow.PowerDown():
                return self._power_down()
            case workflow.PowerOff():
                self._panel.show(screens.UnplugScreen())
                self._panel.keep()
                self._power_off()
                self.exit_status = 0
            case workflow.Exit(status):
                self.exit_status = status
                if status:
                    self._panel.show(screens.FaultScreen(self._parts.fault, restarts=True))
                    self._panel.keep()
        return None

    def close(self) -> None:
        """Record the fields that are not recorded yet, if that is possible, and close the records."""
        slide = self._slide
        if slide is not None and self._captured is not None:
            slide.add_unread(self._captured)
        if slide is not None and slide.waits:
            try:
                self._open_records()
            except StoreError as error:
                _log.error("a captured field is lost: %s", error)
        self._parts.close_store()

    # The self-test and the records.

    def _run_self_test(self) -> Event:
        """Test every part. The panel shows which one is being tested."""
        tests = SelfTest(self._parts, self._test_records).tests
        for done, test in enumerate(tests):
            self._panel.show(screens.StartingScreen(__version__, test.part, done, len(tests)))
            self._notifier.alive()
            finding = test.run()
            level = logging.WARNING if finding.warning else logging.INFO
            _log.log(level, "%s: %s", test.part, finding.text)
            if test.part == "calibration":
                self._view.optics_warning = finding.warning
        qc = self._parts.qc_status()
        if qc is not None:
            _log.info("%s: %s", qc.state.value, qc.text)
        self._events.drop_gestures(self.slide_name)
        return Event.TESTED

    def _test_records(self) -> Finding:
        return Finding(f"slide {self._open_records().name} is open")

    def _open_records(self) -> OpenSlide:
        """Open the records if they are closed, and record the fields that wait.

        Returns:
            The open slide. It gets a new number if the records are new, or hold no field of it.

        Raises:
            StoreError: The records can't be opened or written.
        """
        were_closed = self._parts.store is None
        store, slide = self._parts.open_store(), self._slide
        if were_closed:
            for notice in store.notices:
                _log.warning("%s", notice)
                self._panel.show(
                    screens.NoticeScreen("NEW RECORDS", "The old were damaged,", "kept aside")
                )
                time.sleep(min(self._message_s, MAX_NOTICE_S))
            if slide is not None and (store.notices or not slide.in_records):
                slide.move_to(store.next_slide())
        if slide is None:
            store.close_interrupted()
            slide = self._slide = self._new_slide()
        slide.record(store)
        return slide

    def _new_slide(self) -> OpenSlide:
        number = self._parts.opened_store().next_slide()
        return OpenSlide(number, self._parts.provenance, self._parts.qc_status)

    # A press.

    def _capture_field(self) -> Event:
        self._panel.show(screens.CapturingScreen(self.slide_name))
        self._captured = self._parts.open_microscope().capture()
        self.fields_captured += 1
        return Event.CAPTURED

    def _read_field(self) -> Event:
        """Read the captured field and record it. What the panel shows afterwards is on the disk."""
        field, slide = self._captured, self.opened_slide()
        if field is None:
            raise LeukoscopeError("there is no captured field to read")
        reader, store = self._parts.open_reader(), self._parts.opened_store()
        self._panel.show(screens.ReadingScreen(slide.name))
        store.start_encoding(slide.number, field, simulated=self._parts.simulated)
        self._captured = None
        slide.read(field, reader)
        slide.record(store)
        gate = slide.last.failed_gate
        verdict = slide.last_verdict
        _log.info(
            "field %s: %s",
            "refused" if gate else "read",
            gate.problem if gate else f"{verdict.headline} {verdict.headline_confidence:.2f}",
            extra={"slide": slide.name, "field": len(slide.readings)},
        )
        return Event.REFUSED if gate else Event.READ

    def _keep_field(self) -> None:
        """Record a field that could not be read or recorded. If that fails too, it waits in memory."""
        slide = self.opened_slide()
        if self._captured is not None:
            slide.add_unread(self._captured)
            self._captured = None
        if self._parts.store is not None:
            try:
                slide.record(self._parts.store)
            except StoreError as error:
                _log.error("a captured field waits in memory: %s", error)

    def _show_refusal(self) -> None:
        self._events.drop_gestures(self.slide_name)
        slide = self.opened_slide()
        gate = slide.last.failed_gate
        if gate is not None:
            self._view.show_message(screens.RefusalScreen(slide.name, gate))

    # A hold.

    def _finish_slide(self) -> Event:
        self.opened_slide().finish(self._parts.opened_store(), EndedBy.PERSON)
        return Event.FINISHED

    def _show_slide_done(self) -> None:
        slide = self.opened_slide()
        self._events.drop_gestures(slide.name)
        self._panel.show(screens.SlideDoneScreen(slide.name, slide.verdict))
        _log.info("slide done: %s", slide.verdict.headline, extra={"slide": slide.name})
        self._finished, self._slide = slide, self._new_slide()
        self._view.start_slide()

    def _keep_qc_slide(self) -> None:
        """Keep the slide that was finished last as a control slide. The panel shows this, or why it can't be one."""
        slide, monitor = self._finished, self._parts.monitor
        if slide is None or monitor is None:
            raise LeukoscopeError("there is no finished slide, or no model, for a control slide")
        try:
            series = monitor.keep(
                slide.name, slide.readings, slide.verdict, self._parts.provenance()
            )
        except QcError as error:
            _log.info("not kept as a control slide: %s", error, extra={"slide": slide.name})
            self._panel.show(screens.NoticeScreen("CONTROL REFUSED", error.problem, error.advice))
            return
        title, line1, line2 = kept_notice(series, slide.name)
        _log.info("kept as a control slide: %s", line1, extra={"slide": slide.name})
        self._panel.show(screens.NoticeScreen(title, line1, line2))

    # The end.

    def _power_down(self) -> Event:
        """Finish the slide and close the records."""
        self._panel.show(screens.PowerOffScreen("saving records"))
        if self._slide is not None:
            self._open_records().finish(self._parts.opened_store(), EndedBy.POWER_OFF)
            self._parts.close_store()
        return Event.POWERED_DOWN

    def _switch_light_off(self, state: State) -> None:
        """Switch the LED off.

        Raises:
            LightError: It can't be switched off. On the way to a fault or to the end this is only logged.
        """
        try:
            self._parts.light_off()
        except LightError as error:
            if state not in (State.FAULT, State.STOPPED):
                raise
            _log.error("%s", error)
