"""The daemon: one thread that takes events, asks the workflow what to do, and has the effects performed.

Callbacks only put an event on the queue. A failure raises a LeukoscopeError, which becomes an event too. Every call
that can hang has a time-out, after which the process ends.
"""

from __future__ import annotations

import logging
import signal
import time
from collections import deque

from leukoscope.appliance import workflow
from leukoscope.appliance.effects import EffectPerformer
from leukoscope.appliance.events import GESTURES, EventQueue
from leukoscope.appliance.live_view import LIVE, LiveView
from leukoscope.appliance.notifier import Notifier
from leukoscope.appliance.parts import Host, PartFactories, Parts
from leukoscope.appliance.workflow import Event, State
from leukoscope.errors import Fault, LeukoscopeError
from leukoscope.panel import screens
from leukoscope.panel.button import Button, Gesture, Hold
from leukoscope.panel.panel import Panel
from leukoscope.settings.settings import TimingSettings

QUIET_TICK_S = 0.1
"""How often the loop checks for a held button while no live frame is shown."""

ASLEEP_TICK_S = 0.5
"""The same while asleep, where the hint of a hold may appear later."""

STOP_SIGNALS = {
    signal.SIGTERM: "stopped by SIGTERM",
    signal.SIGINT: "stopped by SIGINT (Ctrl-C)",
    signal.SIGHUP: "stopped by SIGHUP (its terminal was closed)",
}
"""The signals that end the appliance, and what the log says about each. systemd sends SIGTERM."""

_log = logging.getLogger(__name__)


class Daemon:
    """The appliance. `run` returns the exit status; other threads may only call `post` and `stop`."""

    def __init__(
        self, factories: PartFactories, panel: Panel, timing: TimingSettings, host: Host
    ) -> None:
        """Prepare the daemon. The self-test opens the parts."""
        self._panel, self._notifier = panel, Notifier(host.notify)
        self._sleep_after_s = timing.sleep_after_s
        self._events, self._parts = EventQueue(), Parts(factories)
        self._view = LiveView(panel, self._parts, host.warning, timing.message_s)
        self._performer = EffectPerformer(
            parts=self._parts,
            panel=panel,
            view=self._view,
            events=self._events,
            notifier=self._notifier,
            power_off=host.power_off,
            message_s=timing.message_s,
        )
        self._button: Button | None = None
        self._situation = workflow.START
        self._last_touched = time.monotonic()
        self._why_stopped = ""

    @property
    def state(self) -> State:
        """The workflow's state. Any thread may read it."""
        return self._situation.state

    @property
    def fields_captured(self) -> int:
        """Number of fields captured since the start. Any thread may read it."""
        return self._performer.fields_captured

    def stop_on_signals(self) -> None:
        """Stop, with the light off, at SIGTERM, SIGINT and SIGHUP. Call this in the main thread.

        A SIGHUP that is ignored stays ignored: under nohup the appliance goes on after its terminal has closed.
        """
        for number, why in STOP_SIGNALS.items():
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_, why=why: self.stop(why))

    def attach(self, button: Button) -> None:
        """Watch this button, so that the panel can show what letting go of it would do."""
        self._button = button

    def post(self, event: Event) -> None:
        """Put an event on the queue. Any thread may call this."""
        self._events.post(event)

    def stop(self, why: str) -> None:
        """Ask the daemon to end, with the light off, and log why. Any thread or signal handler may call this."""
        # Only the first reason counts. Ctrl-C also ends the reader of a pipe, which is reported a moment later.
        self._why_stopped = self._why_stopped or why
        self.post(Event.TERMINATED)

    def on_gesture(self, gesture: Gesture) -> None:
        """Put a gesture on the queue. Any thread may call this."""
        self.post(GESTURES[gesture])

    def run(self) -> int:
        """Run until powered off, stopped or hung. Then the light is off; return the exit status."""
        try:
            self._perform((workflow.RunSelfTest(),))
            # Also after a fault: the panel names it, and a press tests again. systemd must not end the process.
            self._notifier.ready()
            while self._performer.exit_status is None:
                self._run_once()
            return self._performer.exit_status
        except Exception:
            _log.exception("fault %s: a defect in the software", Fault.INTERNAL.code)
            self._notifier.fault(Fault.INTERNAL)
            self._panel.show(screens.FaultScreen(Fault.INTERNAL, restarts=True))
            self._panel.keep()
            return 1
        finally:
            self._parts.abandon_microscope()
            self._notifier.stopping()
            if self._button is not None:
                self._button.close()
            self._performer.close()
            self._panel.close()

    def _run_once(self) -> None:
        """Handle one event. If none waits, show a live frame, or wait a little."""
        self._notifier.keep_alive()
        event = self._events.take(self._wait_s())
        if event is not None:
            self._last_touched = time.monotonic()
            self._panel.unhint()
            self._handle(event)
            return
        if self._hold() is not None:
            self._last_touched = time.monotonic()
        elif time.monotonic() - self._last_touched > self._sleep_after_s:
            self._last_touched = time.monotonic()
            self._handle(Event.IDLE)
        if self.state in LIVE:
            self._show_live_frame()
        if self._performer.exit_status is None:
            self._view.show_hint(self.state, self._hold())

    def _wait_s(self) -> float:
        """Return how long to wait for an event: not at all while the panel shows a live picture."""
        if self.state in LIVE:
            return 0.0
        return ASLEEP_TICK_S if self.state is State.ASLEEP else QUIET_TICK_S

    def _hold(self) -> Hold | None:
        return self._button.held() if self._button is not None else None

    def _show_live_frame(self) -> None:
        try:
            frame = self._parts.open_microscope().preview()
            if self._events:
                return  # an event has come meanwhile, and goes first
            self._view.measure(frame)
        except LeukoscopeError as error:
            self._handle(self._fault_event(error))
        else:
            self._view.show(self.state, self._performer.opened_slide())

    def _handle(self, event: Event) -> None:
        """Ask the workflow for the step of an event, and perform its effects."""
        before = self._situation
        self._situation, effects = workflow.step(before, event)
        if self.state is not before.state:
            slide_name = self._performer.slide_name
            cause = (event is Event.TERMINATED and self._why_stopped) or event.value
            change = f"{before.state.value} -> {self.state.value}"
            _log.info("%s: %s", cause, change, extra={"slide": slide_name})
            self._notifier.state(self._situation, slide_name, self._parts.fault)
        self._perform(effects)

    def _perform(self, effects: tuple[workflow.Effect, ...]) -> None:
        """Perform effects in order. An answer is handled at once. After a failure the rest is dropped."""
        waiting = deque(effects)
        while waiting:
            effect = waiting.popleft()
            try:
                answer = self._performer.perform(effect, self.state)
            except LeukoscopeError as error:
                answer = self._fault_event(error)
                waiting.clear()
            if answer is Event.TESTED:
                self._last_touched = time.monotonic()  # gestures do not count during the self-test
            if answer is not None:
                self._handle(answer)

    def _fault_event(self, error: LeukoscopeError) -> Event:
        """Log an error and close the part that failed. Return the event that this means for the workflow."""
        slide = self._performer.slide_name
        _log.error("fault %s: %s", error.fault.code, error, extra={"slide": slide})
        return Event.FAULTED if self._parts.close_failed(error) else Event.HUNG
