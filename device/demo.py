"""The demonstration: a person at the simulated microscope, played by a script or by the keyboard."""

from __future__ import annotations

import dataclasses
import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from PIL import Image

from device import assembly
from device.calibrate import calibrate, lay_on
from device.calibrator import Step
from device.daemon import Daemon
from device.errors import LeukoscopeError
from device.journal import set_up_logging
from device.panel.button import HOLD_S, Gesture, GestureRelay
from device.panel.display import Display
from device.panel.keyboard import Keyboard
from device.panel.terminal import TerminalDisplay
from device.reading.results import NOTICE
from device.records.reader import RecordReader
from device.records.record import EndedBy
from device.records.text import refusals_of
from device.settings import Settings
from device.simulator.button import SimulatedButton
from device.simulator.hematology import Diagnosis
from device.simulator.panel import MemoryDisplay
from device.simulator.smear import SmearSlide
from device.simulator.stage import Stage
from device.text_table import text_table
from device.wording import brief_reason, brief_text, seen_text
from device.workflow import Event, State

PATIENCE_S = 20.0
"""Longest that the person waits for a screen."""

FIELDS = 2
"""Fields that the person takes of each slide."""

FOCUS_STEPS_UM = (5.0, 2.5, 1.0, 0.0)
"""How the focus wheel is turned, in µm from focus."""

CALM_S = 0.4
"""Least time between two prints of a live screen, so that a terminal can be read."""


@dataclass(frozen=True)
class DemoSlide:
    """A slide to show. Seeds below 1000 are the demonstration's: no model was trained on them."""

    slide: SmearSlide
    in_focus: bool = True

    @property
    def truth(self) -> str:
        """What the person knows of the slide."""
        name = self.slide.diagnosis.value
        return name if self.in_focus else f"{name}, out of focus"


SLIDES = (
    *(
        DemoSlide(SmearSlide(diagnosis, seed))
        for seed, diagnosis in enumerate(Diagnosis, start=1)
        if diagnosis is not Diagnosis.EMPTY
    ),
    DemoSlide(SmearSlide(Diagnosis.EMPTY, 6)),
    DemoSlide(SmearSlide(Diagnosis.NORMAL, 7), in_focus=False),
)
"""One slide of each class, one empty, one out of focus."""


class CalmTerminal(TerminalDisplay):
    """A terminal that prints every screen but the live ones, of which it leaves some out.

    live: tells whether the instrument shows a live picture just now.
    """

    def __init__(self, stream: TextIO, live: Callable[[], bool]) -> None:
        super().__init__(stream)
        self._live = live
        self._printed = 0.0

    def show(self, image: Image.Image) -> None:
        """Print the picture, unless it is a live one that follows the last too soon."""
        now = time.monotonic()
        if self._live() and now - self._printed < CALM_S:
            return
        self._printed = now
        super().show(image)


def scripted_demo(settings: Settings, into: Path, stream: TextIO) -> int:
    """Calibrate, show `SLIDES` to the appliance as a person would, then print what came of it.

    into: the folder of the records; made if absent. Returns the exit status.
    """
    settings = _simulated(settings, into)
    set_up_logging(sys.stderr, logging.WARNING)
    stage = Stage()
    calibrate_once(settings, TerminalDisplay(stream), stage, lambda line: _write(stream, line))
    daemon = assembly.make_daemon(
        settings, CalmTerminal(stream, lambda: daemon.state is State.READY), stage
    )
    button = SimulatedButton(daemon.on_gesture)
    daemon.attach(button)
    person = _Person(daemon, button, stage)
    thread = threading.Thread(target=person.show_all, name="person", daemon=True)
    thread.start()
    status = daemon.run()
    thread.join(PATIENCE_S)
    stream.write("\n" + person.report(Path(settings.storage.directory)) + "\n")
    if person.problem:
        raise LeukoscopeError(f"the demonstration stopped: {person.problem}")
    return status


def interactive_demo(settings: Settings, into: Path, stream: TextIO) -> int:
    """Let a person at the keyboard play with the appliance. Returns the exit status."""
    if not sys.stdin.isatty():
        raise LeukoscopeError("the interactive demonstration needs a terminal to read keys from")
    settings = _simulated(settings, into)
    set_up_logging(sys.stderr, logging.WARNING)
    stage = Stage()
    calibrate_once(settings, MemoryDisplay(), stage, lambda line: _write(stream, line))
    daemon = assembly.make_daemon(settings, TerminalDisplay(stream, in_place=True), stage)
    choice = _Choice(stage)
    keyboard = Keyboard(
        sys.stdin,
        daemon.on_gesture,
        {
            "m": stage.move,
            "n": choice.next_slide,
            "+": lambda: stage.focus(stage.view.defocus_um + 0.5),
            "-": lambda: stage.focus(stage.view.defocus_um - 0.5),
            "q": lambda: daemon.post(Event.TERMINATED),
        },
    )
    stream.write(
        "SPACE press   h hold 2 s: finish slide   p hold 6 s: power off\n"
        "m move to the next field   n next slide   + - focus wheel   q quit\n"
    )
    daemon.attach(keyboard)
    daemon.stop_on_signals()
    status = daemon.run()
    stream.write(f"\nRecords and pictures: {settings.storage.directory}\n{NOTICE} SIMULATED.\n")
    return status


def calibrate_once(
    settings: Settings, display: Display, stage: Stage, say: Callable[[str], None]
) -> None:
    """Calibrate the simulated microscope, unless it has been: a person with a clean slide and a micrometer.

    Raises what the parts raise.
    """
    if assembly.find_calibration(settings).calibration is not None:
        return
    relay = GestureRelay(lambda _gesture: None)

    def next_slide(step: Step, done: int) -> None:
        lay_on(stage, step, done)
        relay(Gesture.PRESS)

    calibrate(settings, display, relay, say, stage, next_slide)


def _write(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


def _simulated(settings: Settings, into: Path) -> Settings:
    """The settings with simulated parts, and the records in `into`."""
    return dataclasses.replace(
        settings,
        parts=dataclasses.replace(settings.parts, microscope="simulated", panel="simulated"),
        storage=dataclasses.replace(settings.storage, directory=str(into.resolve())),
        timing=dataclasses.replace(settings.timing, message_s=1.0),
    )


class _Choice:
    """Which slide the person at the keyboard takes next."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._taken = stage, 0
        self.next_slide()

    def next_slide(self) -> None:
        shown = SLIDES[self._taken % len(SLIDES)]
        self._taken += 1
        self._stage.load(shown.slide, defocus_um=FOCUS_STEPS_UM[0])


class _ImpatienceError(Exception):
    """A screen did not come."""


class _Person:
    """Puts slides on the stage, turns the wheel, presses the button, waits for the panel."""

    def __init__(self, daemon: Daemon, button: SimulatedButton, stage: Stage) -> None:
        self._daemon, self._button, self._stage = daemon, button, stage
        self._shown: list[tuple[str, float]] = []
        self.problem = ""

    def show_all(self) -> None:
        """Show every slide, then stop the appliance, whatever happened."""
        try:
            for shown in SLIDES:
                self._show(shown)
        except _ImpatienceError as error:
            self.problem = str(error)
        finally:
            self._daemon.post(Event.TERMINATED)

    def _show(self, shown: DemoSlide) -> None:
        self._stage.load(shown.slide, defocus_um=FOCUS_STEPS_UM[0])
        self._wait_for(State.READY)
        for distance in FOCUS_STEPS_UM if shown.in_focus else FOCUS_STEPS_UM[:1]:
            self._stage.focus(distance)
            time.sleep(CALM_S)
        slowest = 0.0
        for _ in range(FIELDS):
            slowest = max(slowest, self._press())
            self._stage.move()
            time.sleep(CALM_S)
        self._button.press_for(HOLD_S + 0.1)
        self._wait_for(State.SLIDE_DONE)
        time.sleep(CALM_S)
        self._press_on()
        self._shown.append((shown.truth, slowest))

    def _press_on(self) -> None:
        """Press until the instrument goes on: it heeds no press that comes while it is still recording."""
        begun = time.monotonic()
        while self._daemon.state is State.SLIDE_DONE:
            self._button.press_for(0.05)
            time.sleep(CALM_S)
            self._bear(begun, "the next slide")

    def _press(self) -> float:
        """Press once and wait for the answer; returns the seconds it took from letting go."""
        before = self._daemon.fields_captured
        self._button.press_for(0.05)
        released = time.monotonic()
        while self._daemon.fields_captured == before or self._daemon.state not in (
            State.RESULT,
            State.READY,
        ):
            self._bear(released, "an answer to a press")
        return time.monotonic() - released

    def _wait_for(self, state: State) -> None:
        begun = time.monotonic()
        while self._daemon.state is not state:
            self._bear(begun, f"the state '{state.value}'")

    def _bear(self, since: float, what: str) -> None:
        if self._daemon.state is State.FAULT:
            raise _ImpatienceError("the appliance shows a fault; the line above says which")
        if time.monotonic() - since > PATIENCE_S:
            raise _ImpatienceError(
                f"{what} did not come in {PATIENCE_S:g} s; it is '{self._daemon.state.value}'"
            )
        time.sleep(0.002)

    def report(self, directory: Path) -> str:
        """The table of what was shown, and where everything lies."""
        with RecordReader(directory) as records:
            # One that was not finished, because of a problem, is none of those shown.
            finished = [s for s in records.slides() if s.ended_by is EndedBy.PERSON]
            slides = finished[len(finished) - len(self._shown) :]
            refused = [refusals_of(records.slide(slide.number).fields) for slide in slides]
        rows = [("SLIDE", "TRUTH", "VERDICT", "SEEN", "WHY")]
        rows += [
            (
                slide.name,
                truth,
                brief_text(slide.verdict),
                seen_text(slide.verdict),
                # Of a slide of which nothing could be read the gate says more than the verdict does.
                problems.most_common(1)[0][0]
                if problems and not slide.verdict.fields
                else brief_reason(slide.verdict),
            )
            for (truth, _), slide, problems in zip(self._shown, slides, refused, strict=True)
        ]
        slowest = [f"{1000 * seconds:.0f}" for _, seconds in sorted(self._shown, key=itemgetter(1))]
        times = f"From press to verdict: {slowest[0]} to {slowest[-1]} ms." if slowest else ""
        return "\n".join(
            [
                *text_table(rows),
                "",
                *([times] if times else []),
                f"Records and pictures: {directory}",
                f"SIMULATED: rendered smears show how the appliance works, not how well. {NOTICE}",
            ]
        )
