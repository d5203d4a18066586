"""The demonstration: a person at the simulated microscope, played by a script or by the keyboard."""

from __future__ import annotations

import dataclasses
import itertools
import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from leukoscope import assembly
from leukoscope.appliance.daemon import Daemon
from leukoscope.appliance.workflow import Event, State
from leukoscope.calibration.steps import STEPS, Step
from leukoscope.commands.calibrate import calibrate, place_slide
from leukoscope.commands.demo.settings import demo_settings, lines_to_type, write_demo_settings
from leukoscope.commands.demo.view import DemoView, open_view
from leukoscope.errors import LeukoscopeError
from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.panel.button import HOLD_S, Gesture, GestureRelay
from leukoscope.panel.display import Display
from leukoscope.panel.keyboard import GESTURES_TEXT, Keyboard
from leukoscope.panel.terminal import is_live_terminal
from leukoscope.reading.wording import brief_reason, brief_text, outcome_text, seen_text
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import EndedBy
from leukoscope.reports.table import text_table
from leukoscope.reports.text import commonest_refusal
from leukoscope.settings.settings import Settings
from leukoscope.simulator.button import SimulatedButton
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import NORMAL_SLIDE, Stage
from leukoscope.system.journal import set_up_logging
from leukoscope.system.output import interruptible

PATIENCE_S = 20.0
"""Longest that the person waits for a screen."""

FIELDS = 2
"""Fields that the person takes of each slide."""

FOCUS_STEPS_UM = (5.0, 2.5, 1.0, 0.0)
"""How the focus wheel is turned, in µm from focus."""

FOCUS_STEP_UM = 0.5
"""How far a key turns the focus wheel."""

MESSAGE_S = 1.0
"""How long the panel says why a field was refused."""

CALM_S = 0.4
"""How long the person looks before doing the next thing, so that one who looks on can follow."""

KEYS = f"{GESTURES_TEXT}   m next field   n next slide   + - focus wheel   q quit"


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
    DemoSlide(NORMAL_SLIDE),
    *(
        DemoSlide(SmearSlide(diagnosis, seed))
        for seed, diagnosis in enumerate(Diagnosis, start=1)
        if diagnosis not in (Diagnosis.NORMAL, Diagnosis.EMPTY)
    ),
    DemoSlide(SmearSlide(Diagnosis.EMPTY, 6)),
    DemoSlide(SmearSlide(Diagnosis.NORMAL, 7), in_focus=False),
)
"""One slide of each class, one empty, one out of focus."""


def scripted_demo(settings: Settings, into: Path, stream: TextIO) -> int:
    """Calibrate, show `SLIDES` to the appliance as a person would, then print what came of it.

    into: the folder of the records; made if absent. Returns the exit status.
    """
    settings = demo_settings(settings, into)
    file = write_demo_settings(settings, into)
    stage = Stage()
    with interruptible(), open_view(stream, "Ctrl-C stop") as view:
        set_up_logging(sys.stderr, logging.WARNING)
        _calibrate(settings, view, stage)
        daemon = assembly.make_daemon(_impatient(settings), view.display, stage)
        button = SimulatedButton(daemon.on_gesture)
        daemon.attach(button)
        person = _Person(daemon, button, stage, view, Path(settings.storage.directory))
        thread = threading.Thread(target=person.show_all, name="person", daemon=True)
        thread.start()
        status = daemon.run()
        thread.join(PATIENCE_S)
    stream.write("\n" + person.report() + "\n")
    stream.write(f"\n{_lines_to_type(settings, file)}\n")
    if person.problem:
        raise LeukoscopeError(f"the demonstration stopped: {person.problem}")
    return status


def interactive_demo(settings: Settings, into: Path, stream: TextIO) -> int:
    """Let a person at the keyboard play with the appliance. Returns the exit status."""
    if not sys.stdin.isatty() or not is_live_terminal(stream):
        raise LeukoscopeError(
            "the interactive demonstration needs a terminal: to read keys from, and to place text in "
            "(not TERM=dumb)"
        )
    settings = demo_settings(settings, into)
    file = write_demo_settings(settings, into)
    stage = Stage()
    with interruptible(), open_view(stream, KEYS) as view:
        set_up_logging(sys.stderr, logging.WARNING)
        _calibrate(settings, view, stage)
        daemon = assembly.make_daemon(_impatient(settings), view.display, stage)
        hands = _Hands(stage, view)
        keyboard = Keyboard(
            sys.stdin,
            lambda gesture: hands.do(gesture, daemon),
            {
                "m": hands.move,
                "n": hands.next_slide,
                "+": lambda: hands.turn(FOCUS_STEP_UM),
                "-": lambda: hands.turn(-FOCUS_STEP_UM),
                "q": lambda: daemon.post(Event.TERMINATED),
            },
        )
        daemon.attach(keyboard)
        daemon.stop_on_signals()
        status = daemon.run()
    stream.write(f"Records and pictures: {settings.storage.directory}\n{NOTICE} {SIMULATED}.\n")
    stream.write(f"\n{_lines_to_type(settings, file)}\n")
    return status


def calibrate_once(
    settings: Settings,
    display: Display,
    stage: Stage,
    say: Callable[[str], None],
    on_step: Callable[[Step], None] = lambda _step: None,
) -> None:
    """Calibrate the simulated microscope, unless it has been: a person with a clean slide and a micrometer.

    on_step: told each step. Raises what the parts raise.
    """
    if assembly.find_calibration(settings).calibration is not None:
        return
    relay = GestureRelay(lambda _gesture: None)

    def next_slide(step: Step, done: int) -> None:
        on_step(step)
        place_slide(stage, step, done)
        relay(Gesture.PRESS)

    calibrate(settings, display, relay, say, stage, next_slide, press="")


def _calibrate(settings: Settings, view: DemoView, stage: Stage) -> None:
    """The same before the eyes of a person, who has nothing to press."""
    title, steps = "Calibrating by itself", itertools.count(1)
    view.where(title, f"{len(STEPS)} steps")

    def look(step: Step) -> None:
        view.where(title, f"step {next(steps)} of {len(STEPS)}: {step.title}")

    calibrate_once(settings, view.display, stage, view.tell, look)


def _impatient(settings: Settings) -> Settings:
    """The settings with short messages."""
    return dataclasses.replace(
        settings, timing=dataclasses.replace(settings.timing, message_s=MESSAGE_S)
    )


def _lines_to_type(settings: Settings, file: Path) -> str:
    """See `lines_to_type`; the slide to show is the newest that was named, else the newest."""
    with RecordReader(Path(settings.storage.directory)) as records:
        slides = [slide for slide in records.slides() if slide.fields_kept]
    named = [slide for slide in slides if slide.verdict.label is not None] or slides
    return lines_to_type(file, named[-1].name if named else None)


def _place(stage: Stage, fields: str = "") -> str:
    """Where stage and focus wheel are."""
    view = stage.view
    return f"field {view.field + 1}{fields}   focus wheel {view.defocus_um:+.1f} µm from focus"


class _Hands:
    """What the person at the keyboard does. Runs on the keyboard's thread; each key is answered at once."""

    def __init__(self, stage: Stage, view: DemoView) -> None:
        self._stage, self._view, self._taken = stage, view, 0
        self.next_slide()

    def next_slide(self) -> None:
        """Put the next slide on the stage, out of focus."""
        shown = SLIDES[self._taken % len(SLIDES)]
        self._taken += 1
        self._stage.load(shown.slide, defocus_um=FOCUS_STEPS_UM[0])
        self._look("another slide lies on the stage: turn the focus wheel with - and +")

    def move(self) -> None:
        """Move the stage to the next field."""
        self._stage.move()
        self._look("moved to another field")

    def turn(self, by_um: float) -> None:
        """Turn the focus wheel."""
        self._stage.focus(self._stage.view.defocus_um + by_um)
        self._look(f"turned the focus wheel by {by_um:+.1f} µm")

    def do(self, gesture: Gesture, daemon: Daemon) -> None:
        """Do something with the button."""
        self._view.tell(f"button: {gesture.value}")
        daemon.on_gesture(gesture)

    def _look(self, did: str) -> None:
        number = (self._taken - 1) % len(SLIDES)
        self._view.where(_title(number), _place(self._stage))
        self._view.tell(did)


def _title(number: int) -> str:
    """Which slide it is, e.g. 'Slide 2 of 7: ALL'."""
    return f"Slide {number + 1} of {len(SLIDES)}: {SLIDES[number].truth}"


class _ImpatienceError(Exception):
    """A screen did not come."""


class _Person:
    """Puts slides on the stage, turns the wheel, presses the button, waits for the panel."""

    def __init__(
        self, daemon: Daemon, button: SimulatedButton, stage: Stage, view: DemoView, directory: Path
    ) -> None:
        """directory: of the records."""
        self._daemon, self._button, self._stage = daemon, button, stage
        self._view, self._directory = view, directory
        self._shown: list[tuple[str, float]] = []
        self.problem = ""

    def show_all(self) -> None:
        """Show every slide, then stop the appliance, whatever happened."""
        try:
            for number, shown in enumerate(SLIDES):
                self._show(number, shown)
        except _ImpatienceError as error:
            self.problem = str(error)
        except OSError as error:  # nobody reads what the demonstration prints
            self.problem = str(error)
        finally:
            self._daemon.post(Event.TERMINATED)

    def _show(self, number: int, shown: DemoSlide) -> None:
        self._stage.load(shown.slide, defocus_um=FOCUS_STEPS_UM[0])
        self._look(number)
        self._view.tell("turning the focus wheel")
        self._wait_for(State.READY)
        for distance in FOCUS_STEPS_UM if shown.in_focus else FOCUS_STEPS_UM[:1]:
            self._stage.focus(distance)
            self._look(number)
            time.sleep(CALM_S)
        slowest = 0.0
        for field in range(1, FIELDS + 1):
            self._view.tell(f"field {field}: pressed")
            slowest = max(slowest, self._press())
            self._view.tell(self._last_field())
            time.sleep(CALM_S)
            if field < FIELDS:
                self._stage.move()
                self._look(number)
        self._view.tell("holding the button for 2 s: finish the slide")
        self._button.press_for(HOLD_S + 0.1)
        self._wait_for(State.SLIDE_DONE)
        time.sleep(CALM_S)
        self._view.finished()
        self._press_on()
        self._shown.append((shown.truth, slowest))

    def _look(self, number: int) -> None:
        self._view.where(_title(number), _place(self._stage, f" of {FIELDS}"))

    def _last_field(self) -> str:
        """What the records say of the newest field."""
        with RecordReader(self._directory) as records:
            newest = records.slides()[-1].number
            field = records.slide(newest).fields[-1]
        gate, verdict = field.reading.failed_gate, field.verdict
        if gate is not None:
            return f"field {field.number} refused: {gate.problem}: {gate.advice}"
        return f"field {field.number} read: {outcome_text(verdict) if verdict else 'no verdict'}"

    def _press_on(self) -> None:
        """Press until the instrument goes on: a press that comes while it is still recording is dropped."""
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

    def report(self) -> str:
        """The table of what was shown, and where everything lies."""
        with RecordReader(self._directory) as records:
            # One that was not finished, because of a problem, is none of those shown.
            finished = [s for s in records.slides() if s.ended_by is EndedBy.PERSON]
            slides = finished[len(finished) - len(self._shown) :]
            refusals = [commonest_refusal(records.slide(slide.number).fields) for slide in slides]
        rows = [("SLIDE", "TRUTH", "VERDICT", "SEEN", "WHY")]
        rows += [
            (
                slide.name,
                truth,
                brief_text(slide.verdict),
                seen_text(slide.verdict),
                # Of a slide of which nothing could be read the gate says more than the verdict does.
                refusal if refusal and not slide.verdict.fields else brief_reason(slide.verdict),
            )
            for (truth, _), slide, refusal in zip(self._shown, slides, refusals, strict=True)
        ]
        slowest = [f"{1000 * seconds:.0f}" for _, seconds in sorted(self._shown, key=itemgetter(1))]
        times = f"From press to verdict: {slowest[0]} to {slowest[-1]} ms." if slowest else ""
        return "\n".join(
            [
                *text_table(rows),
                "",
                *([times] if times else []),
                f"Records and pictures: {self._directory}",
                f"SIMULATED: rendered smears show how the appliance works, not how well. {NOTICE}",
            ]
        )
