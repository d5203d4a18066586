"""The workflow: one table says what happens in each state at each event.

It is a pure function: (situation, event) -> (situation, effects). `leukoscope workflow` prints the table as a diagram,
which docs/panel.md shows.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace


class State(enum.Enum):
    """A state of the instrument. The value is its name in the diagram, in the log and for systemd."""

    STARTING = "starting"
    READY = "ready"
    CAPTURING = "capturing"
    READING = "reading"
    RESULT = "result"
    SLIDE_DONE = "slide done"
    ASLEEP = "asleep"
    FAULT = "fault"
    POWERING_OFF = "powering off"
    STOPPED = "stopped"


class Event(enum.Enum):
    """An event: something that can happen. The value is its name in the diagram and in the log."""

    PRESS = "press"
    HOLD = "hold 2 s"
    HOLD_EMPTY = "hold 2 s, no field yet"
    HOLD_DONE = "hold 2 s, slide recorded"
    LONG_HOLD = "hold 6 s"
    IDLE = "untouched"
    TESTED = "self-test passed"
    CAPTURED = "field captured"
    READ = "field read"
    REFUSED = "gate failed"
    FAULTED = "part failed"
    HUNG = "camera hung"
    FINISHED = "slide recorded"
    POWERED_DOWN = "records closed"
    TERMINATED = "stopped"


@dataclass(frozen=True)
class Effect:
    """Something that the daemon does. Each subclass is one effect. Some effects answer with an event."""


@dataclass(frozen=True)
class RunSelfTest(Effect):
    """Test every part. Answers TESTED, FAULTED or HUNG."""


@dataclass(frozen=True)
class LightOn(Effect):
    """Switch the LED on."""


@dataclass(frozen=True)
class LightOff(Effect):
    """Switch the LED off."""


@dataclass(frozen=True)
class CaptureField(Effect):
    """Capture a field, and a frame with the LED off. Answers CAPTURED, FAULTED or HUNG."""


@dataclass(frozen=True)
class ReadField(Effect):
    """Read the captured field and record it. Answers READ, REFUSED (a gate failed) or FAULTED."""


@dataclass(frozen=True)
class KeepField(Effect):
    """Record a captured field that could not be read or recorded, so that it is not lost."""


@dataclass(frozen=True)
class ShowResult(Effect):
    """Show the verdict of the slide so far. It stays until a person acts."""


@dataclass(frozen=True)
class ShowRefusal(Effect):
    """Show the failed gate and its advice for a few seconds."""


@dataclass(frozen=True)
class ShowNoField(Effect):
    """Show for a few seconds that the slide has no field yet."""


@dataclass(frozen=True)
class FinishSlide(Effect):
    """Record the verdict of the slide, if it has a field. Answers FINISHED or FAULTED."""


@dataclass(frozen=True)
class ShowSlideDone(Effect):
    """Show number and verdict of the finished slide, and begin the next slide."""


@dataclass(frozen=True)
class KeepQcSlide(Effect):
    """Keep the finished slide as a control slide, or show why it can't be one. Answers FAULTED or nothing."""


@dataclass(frozen=True)
class PanelOff(Effect):
    """Darken the panel. This happens only when it shows no verdict and no fault."""


@dataclass(frozen=True)
class ShowFault(Effect):
    """Show number, name and advice of the fault."""


@dataclass(frozen=True)
class PowerDown(Effect):
    """Finish the open slide and close the records. Answers POWERED_DOWN or FAULTED."""


@dataclass(frozen=True)
class PowerOff(Effect):
    """Leave SAFE TO UNPLUG on the panel, ask the machine to power off, and end the process."""


@dataclass(frozen=True)
class Exit(Effect):
    """End the process. Status 0 is for a requested stop; after status 1 systemd starts the process again."""

    status: int


@dataclass(frozen=True)
class Transition:
    """The state after an event, and the effects to perform on the way there, in order."""

    state: State
    effects: tuple[Effect, ...] = ()


_FAULT = Transition(State.FAULT, (LightOff(), ShowFault()))
_HUNG = Transition(State.FAULT, (LightOff(), ShowFault(), Exit(1)))
_CAPTURE = Transition(State.CAPTURING, (LightOn(), CaptureField()))
_FINISH = Transition(State.SLIDE_DONE, (LightOff(), FinishSlide()))
_POWER_DOWN = Transition(State.POWERING_OFF, (LightOff(), PowerDown()))

TABLE: dict[tuple[State, Event], Transition] = {
    (State.STARTING, Event.TESTED): Transition(State.READY, (LightOn(),)),
    (State.READY, Event.PRESS): _CAPTURE,
    (State.READY, Event.HOLD): _FINISH,
    (State.READY, Event.HOLD_EMPTY): Transition(State.READY, (ShowNoField(),)),
    (State.READY, Event.IDLE): Transition(State.ASLEEP, (LightOff(), PanelOff())),
    (State.CAPTURING, Event.CAPTURED): Transition(State.READING, (ReadField(),)),
    (State.READING, Event.READ): Transition(State.RESULT, (ShowResult(),)),
    (State.READING, Event.REFUSED): Transition(State.READY, (ShowRefusal(),)),
    (State.READING, Event.FAULTED): Transition(State.FAULT, (LightOff(), KeepField(), ShowFault())),
    (State.RESULT, Event.PRESS): _CAPTURE,
    (State.RESULT, Event.HOLD): _FINISH,
    (State.RESULT, Event.IDLE): Transition(State.ASLEEP, (LightOff(),)),
    (State.SLIDE_DONE, Event.FINISHED): Transition(State.SLIDE_DONE, (ShowSlideDone(),)),
    (State.SLIDE_DONE, Event.HOLD_DONE): Transition(State.SLIDE_DONE, (KeepQcSlide(),)),
    (State.SLIDE_DONE, Event.PRESS): Transition(State.READY, (LightOn(),)),
    (State.SLIDE_DONE, Event.IDLE): Transition(State.ASLEEP),
    (State.ASLEEP, Event.PRESS): Transition(State.READY, (LightOn(),)),
    (State.ASLEEP, Event.HOLD): Transition(State.READY, (LightOn(),)),
    (State.ASLEEP, Event.HOLD_EMPTY): Transition(State.READY, (LightOn(),)),
    (State.FAULT, Event.PRESS): Transition(State.STARTING, (RunSelfTest(),)),
    (State.POWERING_OFF, Event.POWERED_DOWN): Transition(State.STOPPED, (PowerOff(),)),
    # Powering off now would lose a field that waits in memory, so the panel shows the fault. A second long hold
    # powers off.
    (State.POWERING_OFF, Event.FAULTED): _FAULT,
    (State.FAULT, Event.LONG_HOLD): Transition(State.STOPPED, (LightOff(), PowerOff())),
}
"""The transition of each state at each event. The loops below add more. An event without one changes nothing."""

_PERSON_MAY_POWER_OFF = (State.READY, State.RESULT, State.SLIDE_DONE, State.ASLEEP)
_PARTS_IN_USE = (State.STARTING, State.READY, State.CAPTURING, State.RESULT, State.SLIDE_DONE)
for _state in _PERSON_MAY_POWER_OFF:
    TABLE[_state, Event.LONG_HOLD] = _POWER_DOWN
for _state in (*_PARTS_IN_USE, State.ASLEEP):
    TABLE[_state, Event.FAULTED] = _FAULT
for _state in _PARTS_IN_USE:
    TABLE[_state, Event.HUNG] = _HUNG
for _state in State:
    if _state is not State.STOPPED:
        TABLE[_state, Event.TERMINATED] = Transition(State.STOPPED, (LightOff(), Exit(0)))


@dataclass(frozen=True)
class Situation:
    """The state, and the number of fields captured of the open slide (>= 0). Refused fields count too."""

    state: State
    fields: int = 0


START = Situation(State.STARTING)
"""The situation at power-on. The first effect is a `RunSelfTest`."""


def step(situation: Situation, event: Event) -> tuple[Situation, tuple[Effect, ...]]:
    """Return the next situation and the effects to perform, in order. Without a transition nothing changes."""
    if event is Event.HOLD and situation.fields == 0:
        done = situation.state is State.SLIDE_DONE
        event = Event.HOLD_DONE if done else Event.HOLD_EMPTY
    transition = TABLE.get((situation.state, event))
    if transition is None:
        return situation, ()
    fields = situation.fields
    if event is Event.CAPTURED:
        fields += 1
    elif event is Event.FINISHED:
        fields = 0
    return replace(situation, state=transition.state, fields=fields), transition.effects


def diagram() -> str:
    """Return the table as a Mermaid state diagram: one arrow for each pair of states, in the order of the table.

    A stop from outside is left out, because it does the same in every state.
    """
    events: dict[tuple[State, State], list[str]] = {}
    for (state, event), transition in TABLE.items():
        if event is not Event.TERMINATED:
            events.setdefault((state, transition.state), []).append(event.value)
    lines = ["stateDiagram-v2", f"    [*] --> {_node(State.STARTING)}"]
    lines += [
        f"    {_node(state)} --> {_node(to)}: {' / '.join(names)}"
        for (state, to), names in events.items()
    ]
    lines.append(f"    {_node(State.STOPPED)} --> [*]")
    return "\n".join(lines) + "\n"


def _node(state: State) -> str:
    return state.value.replace(" ", "_").upper()
