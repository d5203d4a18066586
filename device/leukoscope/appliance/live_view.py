"""What the panel shows while the instrument waits for a person: focus meter, result, warnings and hints."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from leukoscope.appliance.open_slide import OpenSlide
from leukoscope.appliance.parts import Parts
from leukoscope.appliance.workflow import State
from leukoscope.field import Field
from leukoscope.panel import screens
from leukoscope.panel.button import Gesture, Hold
from leukoscope.panel.focus_meter import FocusMeter
from leukoscope.panel.panel import Panel
from leukoscope.reading.wording import qc_mark

HEALTH_S = 10.0
"""Time between two checks of power and temperature."""

ALTERNATE_S = 3.0
"""How long a warning stays on the panel. For the same time after it, the line says what a press does."""

LIVE = (State.READY, State.RESULT)
"""The states that show a live picture."""

HOLD_ACTIONS = {Gesture.HOLD: "FINISH SLIDE", Gesture.LONG_HOLD: "POWER OFF"}
KEEP_CONTROL = "KEEP CONTROL"
"""What a hold does when a slide is finished."""

CONTROL_BROKEN = "CONTROL BROKEN"

_log = logging.getLogger(__name__)


class LiveView:
    """Shows live frames and messages on the panel, and hints over them while the button is held.

    Attributes:
        optics_warning: What the self-test found wrong with the optics; "" if nothing.
    """

    def __init__(
        self, panel: Panel, parts: Parts, health_warning: Callable[[], str], message_s: float
    ) -> None:
        """Prepare the view.

        Args:
            panel: Shows the screens.
            parts: The parts to use.
            health_warning: As `Host.warning`.
            message_s: How long a message stays, seconds.
        """
        self._panel, self._parts = panel, parts
        self._ask_health, self._message_s = health_warning, message_s
        self.optics_warning = ""
        self._meter = FocusMeter()
        self._message: tuple[screens.Screen, float] | None = None
        self._health_warning, self._health_due = "", 0.0

    def start_slide(self) -> None:
        """Begin a new slide. The focus meter starts again, because the sharpness of the last slide does not apply."""
        self._meter = FocusMeter()

    def measure(self, frame: Field) -> None:
        """Measure the focus of a live frame, without showing it."""
        self._meter.update(frame, self._parts.open_reader().model.um_per_px)

    def show(self, state: State, slide: OpenSlide) -> None:
        """Show the newest frame's focus: the focus meter in READY, a thin bar under the verdict in RESULT."""
        if state is State.RESULT:
            self.show_result(slide)
        elif self._message is not None and time.monotonic() < self._message[1]:
            self._panel.show(self._message[0])
        else:
            verdict = slide.verdict
            self._panel.show(
                self._meter.screen(slide.name, verdict.fields, verdict.white_cells, self._warning())
            )

    def show_result(self, slide: OpenSlide) -> None:
        """Show the verdict of the slide so far, and that of its newest field alone."""
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

    def show_message(self, screen: screens.Screen) -> None:
        """Show a message for a few seconds in place of the focus meter."""
        self._panel.show(screen)
        self._message = (screen, time.monotonic() + self._message_s)

    def end_message(self) -> None:
        """Go back to the focus meter."""
        self._message = None

    def show_hint(self, state: State, hold: Hold | None) -> None:
        """Show what letting go of the button does, once it has been held too long for a press.

        Args:
            state: The workflow's state.
            hold: How long the button has been held; None while it is up.
        """
        action = _hold_action(state, hold.gesture) if hold is not None else ""
        if hold is not None and action:
            self._panel.hint(screens.HoldHint(action, hold.progress))
        else:
            self._panel.unhint()

    def _warning(self) -> str:
        """Return power and heat first, otherwise optics and control slides in turn, with a pause after each."""
        turns = [
            shown
            for warning in (self.optics_warning, self._qc_warning())
            if warning
            for shown in (warning, "")
        ]
        turn = int(time.monotonic() / ALTERNATE_S)
        return self._power_warning() or (turns[turn % len(turns)] if turns else "")

    def _qc_warning(self) -> str:
        """Return what is wrong with the control slides; "" if nothing is, or if the model does not use them."""
        qc, monitor = self._parts.qc_status(), self._parts.monitor
        if qc is None or monitor is None:
            return ""
        return CONTROL_BROKEN if monitor.found.problems else qc_mark(qc.state)

    def _power_warning(self) -> str:
        now = time.monotonic()
        if now >= self._health_due:
            self._health_due = now + HEALTH_S
            warning = self._ask_health()
            if warning and warning != self._health_warning:
                _log.warning("power or heat: %s", warning)
            self._health_warning = warning
        return self._health_warning


def _hold_action(state: State, gesture: Gesture) -> str:
    """Return what letting go of the button does now; "" if a hold does nothing in this state."""
    if gesture is Gesture.HOLD:
        if state is State.SLIDE_DONE:
            return KEEP_CONTROL
        return HOLD_ACTIONS[gesture] if state in LIVE else ""
    return HOLD_ACTIONS[gesture] if gesture is Gesture.LONG_HOLD else ""
