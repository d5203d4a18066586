"""The daemon: one thread that takes events, asks the workflow, performs its effects.

Button callbacks only put a gesture on the queue. Whatever can fail raises a LeukoscopeError, which
becomes an event like any other; whatever can hang has a time-out, after which the process ends.
"""

from __future__ import annotations

import logging
import queue
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leukoscope import __version__
from leukoscope.appliance import workflow
from leukoscope.appliance.open_slide import OpenSlide
from leukoscope.appliance.workflow import Event, State
from leukoscope.calibration.drift import quick_drift
from leukoscope.calibration.folder import FoundCalibration
from leukoscope.calibration.record import Calibration
from leukoscope.errors import (
    CalibrationError,
    CameraTimeoutError,
    Fault,
    LeukoscopeError,
    LightError,
    StoreError,
)
from leukoscope.field import Field
from leukoscope.imaging.background import estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.microscope.microscope import Microscope
from leukoscope.model.readers import SlideReader
from leukoscope.panel import screens
from leukoscope.panel.button import Button, Gesture, Hold
from leukoscope.panel.focus_meter import FocusMeter
from leukoscope.panel.panel import Panel
from leukoscope.qc.errors import QcError
from leukoscope.qc.monitor import QcMonitor, kept_notice
from leukoscope.qc.series import QcScope, QcStatus
from leukoscope.reading.gates import GATES_UM_PER_PX
from leukoscope.reading.window_reader import live_gates
from leukoscope.reading.wording import qc_mark
from leukoscope.records.provenance import Provenance, gather_provenance
from leukoscope.records.record import EndedBy
from leukoscope.records.store import RecordStore
from leukoscope.settings.settings import TimingSettings

WATCHDOG_S = 5.0
"""Longest that the loop waits before it tells systemd that it is alive."""

QUIET_TICK_S = 0.1
"""How often the loop looks at a held button while no live frame is shown."""

ASLEEP_TICK_S = 0.5
"""The same while asleep: a hold need not show its hint at once there."""

HEALTH_S = 10.0
"""How often power and temperature are asked for."""

GESTURES = {
    Gesture.PRESS: Event.PRESS,
    Gesture.HOLD: Event.HOLD,
    Gesture.LONG_HOLD: Event.LONG_HOLD,
}
STOP_SIGNALS = {
    signal.SIGTERM: "stopped by SIGTERM",
    signal.SIGINT: "stopped by SIGINT (Ctrl-C)",
    signal.SIGHUP: "stopped by SIGHUP (its terminal was closed)",
}
"""The signals that end the appliance, and what the log says of each. systemd sends SIGTERM."""

HELD_ACTIONS = {Gesture.HOLD: "FINISH SLIDE", Gesture.LONG_HOLD: "POWER OFF"}
KEEP_CONTROL = "KEEP CONTROL"
"""What a hold does with a finished slide."""

CONTROL_BROKEN = "CONTROL BROKEN"
NOT_CALIBRATED, CALIBRATION_DAMAGED = "NOT CALIBRATED", "CALIBRATION BROKEN"
MAX_UNEVEN = 25.0
"""Most levels by which glass may differ over a calibrated field with cells on it: estimates of it from
rendered smears in focus differ by up to 15."""

ALTERNATE_S = 3.0
"""How long a warning stays on the panel, and then what a press does, in turn."""
LIVE = (State.READY, State.RESULT)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PartFactories:
    """How each part is opened; the self-test calls those that are not open.

    Raise the LeukoscopeError of their part. controls: the control slides of a model. simulated: whether
    any field comes from a simulator.
    """

    calibration: Callable[[], FoundCalibration]
    microscope: Callable[[Calibration | None], Microscope]
    classifier: Callable[[], SlideReader]
    store: Callable[[], RecordStore]
    controls: Callable[[QcScope], QcMonitor]
    simulated: bool


@dataclass(frozen=True)
class Host:
    """What the daemon asks of the machine around it.

    notify: tells systemd; warning: power or heat, for the panel; power_off: asks for it.
    """

    notify: Callable[[str], None]
    warning: Callable[[], str]
    power_off: Callable[[], None]


class Daemon:
    """The appliance. `run` returns the exit status; other threads may only call `post` and `stop`."""

    def __init__(
        self,
        openers: PartFactories,
        panel: Panel,
        timing: TimingSettings,
        surroundings: Host,
    ) -> None:
        self._openers, self._panel = openers, panel
        self._timing, self._surroundings = timing, surroundings
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._button: Button | None = None
        self._situation = workflow.START
        self._calibration = FoundCalibration(None, ())
        self._microscope: Microscope | None = None
        self._classifier: SlideReader | None = None
        self._store: RecordStore | None = None
        self._monitor: QcMonitor | None = None
        self._slide: OpenSlide | None = None
        self._done: OpenSlide | None = None
        self._captured: Field | None = None
        self._fields_captured = 0
        self._fault = Fault.INTERNAL
        self._meter = FocusMeter()
        self._message: tuple[screens.Screen, float] | None = None
        self._warning, self._health_due = "", 0.0
        self._optics = ""
        self._touched = self._alive = time.monotonic()
        self._exit: int | None = None
        self._why_stopped = ""

    @property
    def state(self) -> State:
        """Where the instrument is; to be read from any thread."""
        return self._situation.state

    @property
    def fields_captured(self) -> int:
        """Fields captured since the start; to be read from any thread."""
        return self._fields_captured

    def stop_on_signals(self) -> None:
        """Take SIGTERM, SIGINT and SIGHUP as a wish to stop, with the light off. In the main thread.

        A SIGHUP that is ignored stays so: behind nohup the end of the terminal is no wish to stop.
        """
        for number, why in STOP_SIGNALS.items():
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_, why=why: self.stop(why))

    def attach(self, button: Button) -> None:
        """Watch this button for the hint of what letting go would do."""
        self._button = button

    def post(self, event: Event) -> None:
        """Put an event on the queue; from any thread."""
        self._events.put(event)

    def stop(self, why: str) -> None:
        """Ask it to end, with the light off; why: for the log. From any thread, or a signal's handler."""
        # The first one counts: Ctrl-C also ends a pipe's reader, and that end is told a moment later.
        self._why_stopped = self._why_stopped or why
        self.post(Event.TERMINATED)

    def on_gesture(self, gesture: Gesture) -> None:
        """Put a gesture on the queue; from any thread."""
        self.post(GESTURES[gesture])

    def run(self) -> int:
        """Run until powered off, stopped or hung; then the light is off. Returns the exit status."""
        try:
            self._perform_all((workflow.SelfTest(),))
            # With a fault, too: the panel names it and a press tests again, so systemd may not kill it.
            self._surroundings.notify("READY=1")
            while self._exit is None:
                self._tick()
            return self._exit
        except Exception:
            _log.exception("fault %s: a defect in the software", Fault.INTERNAL.code)
            self._surroundings.notify(f"STATUS={State.FAULT.value} {Fault.INTERNAL.line}")
            self._panel.show(screens.FaultScreen(Fault.INTERNAL, restarts=True))
            self._panel.keep()
            return 1
        finally:
            self._close()

    # The loop.

    def _tick(self) -> None:
        """Take one event, or show a live frame, or wait a little."""
        self._stay_alive()
        live = self.state in LIVE
        try:
            if live:
                event = self._events.get_nowait()
            else:
                quiet = ASLEEP_TICK_S if self.state is State.ASLEEP else QUIET_TICK_S
                event = self._events.get(timeout=quiet)
        except queue.Empty:
            if self._held() is not None:
                self._touched = time.monotonic()
            elif time.monotonic() - self._touched > self._timing.sleep_after_s:
                self._touched = time.monotonic()
                self._handle(Event.IDLE)
            if self.state in LIVE:
                self._show_live()
            self._show_hint()
        else:
            self._touched = time.monotonic()
            self._panel.unhint()
            self._handle(event)

    def _stay_alive(self) -> None:
        now = time.monotonic()
        if now - self._alive >= WATCHDOG_S / 2:
            self._alive = now
            self._surroundings.notify("WATCHDOG=1")

    def _handle(self, event: Event) -> None:
        """Take the workflow's step for an event, and perform what it asks for."""
        before = self._situation
        self._situation, effects = workflow.step(before, event)
        if self._situation.state is not before.state:
            _log.info(
                "%s: %s -> %s",
                (event is Event.TERMINATED and self._why_stopped) or event.value,
                before.state.value,
                self._situation.state.value,
                extra={"slide": self._slide_name},
            )
            self._tell_status()
        self._perform_all(effects)

    def _tell_status(self) -> None:
        """Tell systemd where the instrument is, for `systemctl status` and `leukoscope status`.

        Every user may read it: of a fault the advice, not the error, which can name a folder.
        """
        said, fields = self.state.value, self._situation.fields
        if self.state is State.FAULT:
            said += f" {self._fault.line}"
        elif self._slide is not None:
            said += f", {self._slide.name}, {fields} field{'' if fields == 1 else 's'}"
        self._surroundings.notify(f"STATUS={said}")

    def _perform_all(self, effects: tuple[workflow.Effect, ...]) -> None:
        """Perform effects in order; an answer is handled at once, a failure drops the rest."""
        waiting = deque(effects)
        while waiting:
            effect = waiting.popleft()
            try:
                answer = self._perform(effect)
            except LeukoscopeError as error:
                answer = self._failed(error)
                waiting.clear()
            if answer is not None:
                self._handle(answer)

    def _failed(self, error: LeukoscopeError) -> Event:
        """Name the fault, let go of the part that failed, and say so as an event."""
        self._fault = error.fault
        _log.error("fault %s: %s", error.fault.code, error, extra={"slide": self._slide_name})
        if isinstance(error, CameraTimeoutError):
            return Event.HUNG
        if error.fault in (Fault.CAMERA, Fault.LIGHT):
            if not self._let_go_of_microscope():
                return Event.HUNG
        elif error.fault is Fault.MODEL:
            self._classifier = None
        elif error.fault is Fault.STORAGE and self._store is not None:
            self._store.close()
            self._store = None
        return Event.FAULTED

    # The effects.

    def _perform(self, effect: workflow.Effect) -> Event | None:
        match effect:
            case workflow.SelfTest():
                return self._self_test()
            case workflow.LightOn():
                self._opened_microscope().light_on()
                self._message = None
            case workflow.LightOff():
                self._light_off()
            case workflow.CaptureField():
                return self._capture()
            case workflow.ReadField():
                return self._read()
            case workflow.KeepField():
                self._keep()
            case workflow.ShowResult():
                self._drop_gestures()
                self._show_result()
            case workflow.ShowRefusal():
                self._drop_gestures()
                gate = self._opened_slide().last.failed_gate
                if gate is not None:
                    self._say(screens.RefusalScreen(self._slide_name, gate))
            case workflow.ShowNoField():
                self._say(screens.NoticeScreen("NO FIELD YET", "Press to capture one", ""))
            case workflow.FinishSlide():
                return self._finish_slide()
            case workflow.ShowSlideDone():
                self._show_slide_done()
            case workflow.KeepControl():
                self._keep_control()
            case workflow.PanelOff():
                self._panel.show(screens.AsleepScreen())
            case workflow.ShowFault():
                self._drop_gestures()
                self._panel.show(screens.FaultScreen(self._fault, restarts=False))
            case workflow.PowerDown():
                return self._power_down()
            case workflow.PowerOff():
                self._panel.show(screens.UnplugScreen())
                self._panel.keep()
                self._surroundings.power_off()
                self._exit = 0
            case workflow.Exit(status):
                self._exit = status
                if status:
                    self._panel.show(screens.FaultScreen(self._fault, restarts=True))
                    self._panel.keep()
        return None

    def _self_test(self) -> Event:
        """Open what is not open and check every part, telling the panel each step."""
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("records", self._test_store),
            ("camera", self._test_camera),
            ("light", self._test_light),
            ("calibration", self._test_calibration),
            ("model", self._test_model),
        )
        for done, (name, test) in enumerate(steps):
            self._panel.show(screens.StartingScreen(__version__, name, done, len(steps)))
            self._surroundings.notify("WATCHDOG=1")
            test()
        self._drop_gestures()
        self._touched = time.monotonic()  # nobody could touch it before
        return Event.TESTED

    def _test_store(self) -> None:
        if self._store is None:
            self._store = self._openers.store()
            for notice in self._store.notices:
                _log.warning("%s", notice)
                self._panel.show(
                    screens.NoticeScreen("NEW RECORDS", "The old were damaged,", "kept aside")
                )
                time.sleep(min(self._timing.message_s, WATCHDOG_S))
            if self._slide is not None and (self._store.notices or not self._slide.in_records):
                self._slide.move_to(self._store.next_slide())
        if self._slide is None:
            self._store.close_interrupted()
            self._slide = self._new_slide(self._store)
        self._slide.record(self._store)

    def _test_camera(self) -> None:
        self._opened_microscope().preview()

    def _test_light(self) -> None:
        # LEDs dim over weeks: the log keeps the level of each start.
        test = self._opened_microscope().test_light()
        _log.info("LED raises the picture by %.1f levels", test.rise)
        self._lit = test.lit

    def _test_calibration(self) -> None:
        """Say which calibration is in force, and what of it no longer holds. None stops the start."""
        found = self._calibration
        if found.calibration is None:
            _log.warning("not calibrated: shading is estimated; run: leukoscope calibrate")
            self._optics = CALIBRATION_DAMAGED if found.problems else NOT_CALIBRATED
            return
        calibration = found.calibration
        _log.info("calibration %s of %s", calibration.name, calibration.made)
        self._optics = CALIBRATION_DAMAGED if found.problems else ""
        if not live_gates(self._lit, GATES_UM_PER_PX)[-1].passed:
            _log.info("whether the optics have drifted can't be told now: nothing is in focus")
            return
        try:
            drift = quick_drift(self._lit.rgb, calibration.glass)
        except CalibrationError as error:  # a slide without glass between its cells
            _log.info("whether the LED has drifted can't be told now: %s", error)
            return
        even = flatten(self._lit.rgb, calibration.glass)
        uneven = np.ptp(estimate_background(even, self._lit.um_per_px, 2), axis=(0, 1)).max()
        if uneven > MAX_UNEVEN:
            _log.warning(
                "SHADING CHANGED since calibration %s: glass differs by %.0f levels over the field; "
                "to be sure: leukoscope calibrate --check",
                *(calibration.name, uneven),
            )
            self._optics = self._optics or "SHADING CHANGED"
        for warning in drift.warnings:
            _log.warning(
                "%s since calibration %s (light × %.2f, red × %.2f, blue × %.2f); to be sure: "
                "leukoscope calibrate --check",
                *(warning, calibration.name, drift.light, drift.red, drift.blue),
            )
        self._optics = self._optics or "".join(drift.warnings[:1])

    def _test_model(self) -> None:
        if self._classifier is None:
            self._classifier = self._openers.classifier()
            card = self._classifier.card
            _log.info("model %s %s on %s", card.name, card.version, self._classifier.runtime)
            self._monitor = self._openers.controls(QcScope(card.sha256, self._openers.simulated))
        qc = self._qc_status()
        if qc is not None:
            _log.info("%s: %s", qc.state.value, qc.text)

    def _capture(self) -> Event:
        self._panel.show(screens.CapturingScreen(self._slide_name))
        self._captured = self._opened_microscope().capture()
        self._fields_captured += 1
        return Event.CAPTURED

    def _read(self) -> Event:
        """Read the captured field and record it: what the panel shows next is on the disk."""
        field, slide = self._captured, self._opened_slide()
        if field is None or self._classifier is None:
            raise LeukoscopeError("there is no captured field, or no model, to read it with")
        self._panel.show(screens.ReadingScreen(self._slide_name))
        self._opened_store().start_encoding(slide.number, field, simulated=self._openers.simulated)
        self._captured = None
        slide.read(field, self._classifier)
        slide.record(self._opened_store())
        gate = slide.last.failed_gate
        verdict = slide.last_verdict
        _log.info(
            "field %s: %s",
            "refused" if gate else "read",
            gate.problem if gate else f"{verdict.headline} {verdict.headline_confidence:.2f}",
            extra={"slide": slide.name, "field": len(slide.readings)},
        )
        return Event.REFUSED if gate else Event.READ

    def _keep(self) -> None:
        """Record what could not be read or recorded; if that fails too, it waits in memory."""
        slide = self._opened_slide()
        if self._captured is not None:
            slide.add_unread(self._captured)
            self._captured = None
        if self._store is not None:
            try:
                slide.record(self._store)
            except StoreError as error:
                _log.error("a captured field waits in memory: %s", error)

    def _finish_slide(self) -> Event:
        slide, store = self._opened_slide(), self._opened_store()
        slide.finish(store, EndedBy.PERSON)
        return Event.FINISHED

    def _show_slide_done(self) -> None:
        slide, store = self._opened_slide(), self._opened_store()
        self._drop_gestures()
        self._panel.show(screens.SlideDoneScreen(slide.name, slide.verdict))
        _log.info("slide done: %s", slide.verdict.headline, extra={"slide": slide.name})
        self._done, self._slide = slide, self._new_slide(store)
        self._meter = FocusMeter()

    def _keep_control(self) -> None:
        """Keep the slide that was finished last as a control, or say on the panel why it can't be one."""
        if self._done is None or self._monitor is None:
            raise LeukoscopeError("there is no finished slide, or no model, for a control")
        done = self._done
        try:
            series = self._monitor.keep(done.name, done.readings, done.verdict, self._provenance())
        except QcError as error:
            _log.info("not kept as a control: %s", error, extra={"slide": done.name})
            self._panel.show(screens.NoticeScreen("CONTROL REFUSED", error.problem, error.advice))
            return
        title, line1, line2 = kept_notice(series, done.name)
        _log.info("kept as a control: %s", line1, extra={"slide": done.name})
        self._panel.show(screens.NoticeScreen(title, line1, line2))

    def _power_down(self) -> Event:
        self._panel.show(screens.PowerOffScreen("saving records"))
        if self._slide is not None:
            self._test_store()
            store = self._opened_store()
            self._slide.finish(store, EndedBy.POWER_OFF)
            store.close()
            self._store = None
        return Event.POWERED_DOWN

    # The panel.

    def _show_live(self) -> None:
        """One live frame: the focus meter in READY; in RESULT the verdict stays, with a thin meter."""
        if self._classifier is None:
            return
        try:
            frame = self._opened_microscope().preview()
            if not self._events.empty():
                return  # a press waits: it comes first
            self._meter.update(frame, self._classifier.um_per_px)
        except LeukoscopeError as error:
            self._handle(self._failed(error))
            return
        if self.state is State.RESULT:
            self._show_result()
        elif self._message is not None and time.monotonic() < self._message[1]:
            self._panel.show(self._message[0])
        else:
            verdict = self._opened_slide().verdict
            self._panel.show(
                self._meter.screen(
                    self._slide_name, verdict.fields, verdict.white_cells, self._shown_warning()
                )
            )

    def _show_result(self) -> None:
        slide = self._opened_slide()
        alone = slide.last_verdict
        self._panel.show(
            screens.ResultScreen(
                slide.name,
                slide.verdict,
                alone.headline,
                alone.headline_confidence,
                self._meter.level,
                slide.last_moved,
            )
        )

    def _say(self, screen: screens.Screen) -> None:
        """Show a message for a few seconds, in place of the focus meter."""
        self._panel.show(screen)
        self._message = (screen, time.monotonic() + self._timing.message_s)

    def _held(self) -> Hold | None:
        return self._button.held() if self._button is not None else None

    def _show_hint(self) -> None:
        """While the button is held long enough to mean something else, say what letting go does."""
        if self._exit is not None:
            return
        held = self._held()
        if held is not None and self._means_something(held.gesture):
            keeps = held.gesture is Gesture.HOLD and self.state is State.SLIDE_DONE
            action = KEEP_CONTROL if keeps else HELD_ACTIONS[held.gesture]
            self._panel.hint(screens.HoldHint(action, held.progress))
        else:
            self._panel.unhint()

    def _means_something(self, gesture: Gesture) -> bool:
        """Whether letting go now would do what the hint says."""
        may_hold = self.state in (*LIVE, State.SLIDE_DONE)
        return gesture is Gesture.LONG_HOLD or (gesture is Gesture.HOLD and may_hold)

    def _health(self) -> str:
        now = time.monotonic()
        if now >= self._health_due:
            self._health_due = now + HEALTH_S
            warning = self._surroundings.warning()
            if warning and warning != self._warning:
                _log.warning("power or heat: %s", warning)
            self._warning = warning
        return self._warning

    def _shown_warning(self) -> str:
        """Power and heat first; optics and control in turn, between them what a press does."""
        turns = [
            told
            for warning in (self._optics, self._control_warning())
            if warning
            for told in (warning, "")
        ]
        turn = int(time.monotonic() / ALTERNATE_S)
        return self._health() or (turns[turn % len(turns)] if turns else "")

    def _control_warning(self) -> str:
        """What is wrong with the controls, or ''; for a model that knows none always ''."""
        qc = self._qc_status()
        if qc is None or self._monitor is None:
            return ""
        return CONTROL_BROKEN if self._monitor.found.problems else qc_mark(qc.state)

    def _drop_gestures(self) -> None:
        """Forget presses made while the instrument was busy; a stop or a power-off is kept."""
        kept = []
        while not self._events.empty():
            event = self._events.get_nowait()
            if event in (Event.PRESS, Event.HOLD):
                _log.info(
                    "%s not heeded: the instrument was busy",
                    event.value,
                    extra={"slide": self._slide_name},
                )
            else:
                kept.append(event)
        for event in kept:
            self._events.put(event)

    # The parts.

    @property
    def _slide_name(self) -> str:
        return self._slide.name if self._slide is not None else ""

    def _qc_status(self) -> QcStatus | None:
        """What the controls say now; None for a model that reads fields: it knows no controls."""
        if self._monitor is None or self._classifier is None:
            return None
        return self._monitor.status() if self._classifier.card.kind == "cells" else None

    def _new_slide(self, store: RecordStore) -> OpenSlide:
        return OpenSlide(store.next_slide(), self._provenance, self._qc_status)

    def _opened_microscope(self) -> Microscope:
        if self._microscope is None:
            self._calibration = self._openers.calibration()
            for problem in self._calibration.problems:
                _log.warning("%s", problem)
            self._microscope = self._openers.microscope(self._calibration.calibration)
        return self._microscope

    def _opened_slide(self) -> OpenSlide:
        if self._slide is None:
            raise LeukoscopeError("no slide is open: the self-test has not passed")
        return self._slide

    def _opened_store(self) -> RecordStore:
        if self._store is None:
            raise StoreError("the records are not open: the self-test has not passed")
        return self._store

    def _provenance(self) -> Provenance:
        card = self._classifier.card if self._classifier is not None else None
        return gather_provenance(
            model_name=card.name if card else "none",
            model_version=card.version if card else "",
            model_sha256=card.sha256 if card else "",
            simulated=self._openers.simulated,
        )

    def _light_off(self) -> None:
        """Switch the light off. Raises LightError, but not while a fault is dealt with already."""
        if self._microscope is not None:
            try:
                self._microscope.light_off()
            except LightError as error:
                if self.state not in (State.FAULT, State.STOPPED):
                    raise
                _log.error("%s", error)

    def _let_go_of_microscope(self) -> bool:
        """Close it, if it is open; False when its camera hangs, so that only a new process can open it."""
        if self._microscope is not None:
            microscope, self._microscope = self._microscope, None
            try:
                microscope.close()
            except CameraTimeoutError as error:
                _log.error("%s", error)
                return False
            except LeukoscopeError as error:
                _log.error("%s", error)
        return True

    def _close(self) -> None:
        self._let_go_of_microscope()
        self._surroundings.notify("STOPPING=1")
        if self._button is not None:
            self._button.close()
        if self._slide is not None and self._captured is not None:
            self._slide.add_unread(self._captured)
        if self._slide is not None and self._slide.waits:
            try:
                self._test_store()
            except StoreError as error:
                _log.error("a captured field is lost: %s", error)
        if self._store is not None:
            self._store.close()
        self._panel.close()
