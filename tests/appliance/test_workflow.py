"""The workflow's table: what holds after any sequence of events."""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from leukoscope.appliance import workflow
from leukoscope.appliance.workflow import Event, Situation, State

DARK = (State.ASLEEP, State.SLIDE_DONE, State.FAULT, State.POWERING_OFF, State.STOPPED)
HAPPENING = [event for event in Event if event not in (Event.HOLD_EMPTY, Event.HOLD_DONE)]
"""What can be posted; the two others `step` makes of a HOLD."""
TELLING = (workflow.ShowResult, workflow.ShowSlideDone, workflow.ShowFault)


class AnyEvents(RuleBasedStateMachine):
    """The light, the panel and the captured field of an instrument to which anything happens."""

    def __init__(self) -> None:
        super().__init__()
        self.situation = workflow.START
        self.lit = False
        self.tells = False  # the panel shows a verdict or a fault
        self.in_hand = False  # a field is captured, and neither read nor kept
        self.recorded = False  # the slide that the panel names is in the records
        self.exited = False

    @precondition(lambda self: not self.exited)
    @rule(event=st.sampled_from(HAPPENING))
    def happen(self, event: Event) -> None:
        before = self.situation
        self.situation, effects = workflow.step(before, event)
        if event is Event.CAPTURED and self.situation.state is not before.state:
            self.in_hand = True
            assert workflow.ReadField() in effects
        if before.state is State.READING and event in (Event.READ, Event.REFUSED):
            self.in_hand = False
        for effect in effects:
            self.perform(effect)
        # LightOn on the way to READY and to CAPTURING puts a live picture on the panel.
        if self.situation.state in (State.READY, State.CAPTURING, State.STARTING):
            self.tells = False

    def perform(self, effect: workflow.Effect) -> None:
        match effect:
            case workflow.LightOn() | workflow.CaptureField():
                self.lit = True  # a capture leaves the light on
            case workflow.LightOff():
                self.lit = False
            case workflow.RunSelfTest():
                assert not self.lit  # it leaves the light as it found it: off
            case workflow.KeepField():
                self.in_hand = False
            case workflow.FinishSlide():
                self.recorded = False
            case workflow.ShowSlideDone():
                self.recorded = True
            case workflow.KeepQcSlide():
                assert self.recorded
                assert self.tells
            case workflow.PanelOff():
                assert not self.tells
            case workflow.Exit() | workflow.PowerOff():
                self.exited = True
        if isinstance(effect, TELLING):
            self.tells = True

    @invariant()
    def light_is_off_when_idle(self) -> None:
        if self.situation.state in DARK:
            assert not self.lit

    @invariant()
    def light_is_on_where_a_person_looks(self) -> None:
        if self.situation.state in (State.READY, State.CAPTURING, State.RESULT):
            assert self.lit

    @invariant()
    def no_captured_field_is_lost(self) -> None:
        """It is being read, or was read, or was kept unread; a daemon that is stopped keeps it, too."""
        assert not self.in_hand or self.situation.state is State.READING or self.exited

    @invariant()
    def a_fault_is_told(self) -> None:
        if self.situation.state is State.FAULT:
            assert self.tells

    @precondition(lambda self: self.exited)
    @rule()
    def start_again(self) -> None:
        """What systemd does, or a person with the plug."""
        assert not self.lit
        self.situation = workflow.START
        self.exited = self.tells = self.in_hand = False


TestAnyEvents = AnyEvents.TestCase


def reachable(start: Situation) -> set[State]:
    """The states to which events can lead from a situation."""
    seen, waiting = {start}, deque([start])
    while waiting:
        here = waiting.popleft()
        for event in Event:
            there, _ = workflow.step(here, event)
            there = Situation(there.state, min(there.fields, 1))
            if there not in seen:
                seen.add(there)
                waiting.append(there)
    return {situation.state for situation in seen}


@pytest.mark.parametrize("fields", [0, 1])
@pytest.mark.parametrize("state", [s for s in State if s is not State.STOPPED])
def test_ok__ready_can_be_reached_again(state: State, fields: int) -> None:
    assert State.READY in reachable(Situation(state, fields))


def test_ok__every_state_is_reached() -> None:
    assert reachable(workflow.START) == set(State)


@pytest.mark.parametrize("event", Event)
def test_ok__stopped_is_the_end(event: Event) -> None:
    stopped = Situation(State.STOPPED, 1)
    assert workflow.step(stopped, event) == (stopped, ())


@pytest.mark.parametrize("state", [s for s in State if s is not State.STOPPED])
def test_ok__systemd_can_stop_it_anywhere(state: State) -> None:
    situation, effects = workflow.step(Situation(state), Event.TERMINATED)
    assert situation.state is State.STOPPED
    assert effects == (workflow.LightOff(), workflow.Exit(0))


def test_ok__idle_hides_no_verdict() -> None:
    for state in (State.RESULT, State.SLIDE_DONE):
        situation, effects = workflow.step(Situation(state, 1), Event.IDLE)
        assert situation.state is State.ASLEEP
        assert workflow.PanelOff() not in effects


def test_ok__hold_without_a_field_finishes_nothing() -> None:
    situation, effects = workflow.step(Situation(State.READY), Event.HOLD)
    assert (situation, effects) == (Situation(State.READY), (workflow.ShowNoField(),))


def test_ok__hold_on_a_finished_slide_keeps_it_as_a_control() -> None:
    done = Situation(State.SLIDE_DONE)
    assert workflow.step(done, Event.HOLD) == (done, (workflow.KeepQcSlide(),))


def test_ok__hold_before_the_slide_is_recorded_keeps_nothing() -> None:
    finishing = Situation(State.SLIDE_DONE, 3)
    assert workflow.step(finishing, Event.HOLD) == (finishing, ())


def test_ok__fields_are_counted_until_the_slide_is_recorded() -> None:
    situation = Situation(State.READY)
    counts = []
    for event in (
        *(Event.PRESS, Event.CAPTURED, Event.REFUSED),
        *(Event.PRESS, Event.CAPTURED, Event.READ),
        *(Event.HOLD, Event.FAULTED, Event.PRESS, Event.TESTED),
        *(Event.HOLD, Event.FINISHED),
    ):
        situation, _ = workflow.step(situation, event)
        counts.append(situation.fields)
    assert counts == [0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 0]
    assert situation.state is State.SLIDE_DONE


def node(state: State) -> str:
    return state.value.upper().replace(" ", "_")


def test_ok__diagram_shows_every_state_and_transition() -> None:
    lines = workflow.diagram().splitlines()
    assert lines[0] == "stateDiagram-v2"
    for state in State:
        assert re.search(rf"\b{node(state)}\b", "\n".join(lines)), state
    arrows = re.findall(r"^    (\w+) --> (\w+): (.+)$", workflow.diagram(), re.MULTILINE)
    drawn = {(here, there, name) for here, there, names in arrows for name in names.split(" / ")}
    assert drawn == {
        (node(state), node(transition.state), event.value)
        for (state, event), transition in workflow.TABLE.items()
        if event is not Event.TERMINATED
    }


def test_ok__the_documents_show_the_diagram(checkout: Path) -> None:
    page = (checkout / "docs" / "panel.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL)
    assert workflow.diagram() in blocks, "put what `leukoscope workflow` prints into docs/panel.md"
