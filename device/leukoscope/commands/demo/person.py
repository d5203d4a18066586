"""Plays the person in the scripted demonstration: puts slides on the stage, presses the button, waits for the panel."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from leukoscope.appliance.daemon import Daemon
from leukoscope.appliance.workflow import Event, State
from leukoscope.commands.demo.slides import FOCUS_STEPS_UM, DemoSlide, place_text, slide_title
from leukoscope.commands.demo.view import DemoView
from leukoscope.panel.button import HOLD_S
from leukoscope.reading.wording import outcome_text
from leukoscope.records.reader import RecordReader
from leukoscope.simulator.button import SimulatedButton
from leukoscope.simulator.stage import Stage

PATIENCE_S = 20.0
"""Longest wait for a screen."""

FIELDS = 2
"""Number of fields that the person captures of each slide."""

CALM_S = 0.4
"""Pause before the next action, so that somebody who watches can follow."""


class _TooSlowError(Exception):
    """A screen did not come in time, or the appliance shows a fault."""


class Person:
    """Shows slides to a running appliance. It runs on its own thread.

    Attributes:
        shown: The finished slides, each with the longest time from a press to its answer in seconds.
        problem: Why the person stopped; "" if all slides were shown.
    """

    def __init__(
        self,
        daemon: Daemon,
        button: SimulatedButton,
        stage: Stage,
        view: DemoView,
        directory: Path,
        slides: Sequence[DemoSlide],
    ) -> None:
        """Prepare the person.

        Args:
            daemon: The appliance.
            button: The button to press.
            stage: Where to put the slides.
            view: Shows what the person does.
            directory: Folder of the records.
            slides: The slides to show, in order.
        """
        self._daemon, self._button, self._stage = daemon, button, stage
        self._view, self._directory, self._slides = view, directory, slides
        self.shown: list[tuple[DemoSlide, float]] = []
        self.problem = ""

    def show_all(self) -> None:
        """Show every slide. Stop the appliance after the last one, or after a problem."""
        try:
            for index, slide in enumerate(self._slides):
                self._show(index, slide)
        except (_TooSlowError, OSError) as error:  # OSError: the view's terminal or pipe has closed
            self.problem = str(error)
        finally:
            self._daemon.post(Event.TERMINATED)

    def _show(self, index: int, slide: DemoSlide) -> None:
        self._stage.load(slide.slide, defocus_um=FOCUS_STEPS_UM[0])
        self._look(index)
        self._view.tell("turning the focus wheel")
        self._wait_for(State.READY)
        for distance in FOCUS_STEPS_UM if slide.in_focus else FOCUS_STEPS_UM[:1]:
            self._stage.focus(distance)
            self._look(index)
            time.sleep(CALM_S)
        slowest = 0.0
        for field in range(1, FIELDS + 1):
            self._view.tell(f"field {field}: pressed")
            slowest = max(slowest, self._press())
            self._view.tell(self._last_field())
            time.sleep(CALM_S)
            if field < FIELDS:
                self._stage.move()
                self._look(index)
        self._view.tell("holding the button for 2 s: finish the slide")
        self._button.press_for(HOLD_S + 0.1)
        self._wait_for(State.SLIDE_DONE)
        time.sleep(CALM_S)
        self._view.finished()
        self._press_on()
        self.shown.append((slide, slowest))

    def _look(self, index: int) -> None:
        self._view.where(slide_title(self._slides, index), place_text(self._stage, f" of {FIELDS}"))

    def _last_field(self) -> str:
        """Return what the records say about the newest field."""
        with RecordReader(self._directory) as records:
            newest = records.slides()[-1].number
            field = records.slide(newest).fields[-1]
        gate, verdict = field.reading.failed_gate, field.verdict
        if gate is not None:
            return f"field {field.number} refused: {gate.problem}: {gate.advice}"
        return f"field {field.number} read: {outcome_text(verdict) if verdict else 'no verdict'}"

    def _press(self) -> float:
        """Press once and wait for the answer. Return the seconds from the release to the answer."""
        before = self._daemon.fields_captured
        self._button.press_for(0.05)
        released = time.monotonic()
        while self._daemon.fields_captured == before or self._daemon.state not in (
            State.RESULT,
            State.READY,
        ):
            self._wait("an answer to a press", released)
        return time.monotonic() - released

    def _press_on(self) -> None:
        """Press until the appliance goes on. It ignores a press while it is still recording."""
        begun = time.monotonic()
        while self._daemon.state is State.SLIDE_DONE:
            self._button.press_for(0.05)
            time.sleep(CALM_S)
            self._wait("the next slide", begun)

    def _wait_for(self, state: State) -> None:
        begun = time.monotonic()
        while self._daemon.state is not state:
            self._wait(f"the state '{state.value}'", begun)

    def _wait(self, what: str, since: float) -> None:
        """Wait a moment.

        Raises:
            _TooSlowError: The appliance shows a fault, or `what` takes longer than `PATIENCE_S`.
        """
        if self._daemon.state is State.FAULT:
            raise _TooSlowError("the appliance shows a fault; the line above says which")
        if time.monotonic() - since > PATIENCE_S:
            raise _TooSlowError(
                f"{what} did not come in {PATIENCE_S:g} s; it is '{self._daemon.state.value}'"
            )
        time.sleep(0.002)
