"""What a press does in each state: a table. Pure: (situation, event) -> (situation, effects).

The README's diagram is drawn from `TABLE` by `leukoscope workflow`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace


class State(enum.Enum):
    """Where the instrument is; the value is its display name."""

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
    """What can happen; the value is its name in the diagram and in the log."""

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
    """Something the daemon does, in order; the ones below say what."""


@dataclass(frozen=True)
class RunSelfTest(Effect):
    """Check every part; answers TESTED, FAULTED or HUNG."""


@dataclass(frozen=True)
class LightOn(Effect):
    """Switch the LED on."""


@dataclass(frozen=True)
class LightOff(Effect):
    """Switch the LED off."""


@dataclass(frozen=True)
class CaptureField(Effect):
    """Take an LED-on and an LED-off frame; answers CAPTURED, FAULTED or HUNG."""


@dataclass(frozen=True)
class ReadField(Effect):
    """Gates, white cells, model, record; answers READ, REFUSED or FAULTED."""


@dataclass(frozen=True)
class KeepField(Effect):
    """Record a captured field that could not be read, so that it is not lost."""


@dataclass(frozen=True)
class ShowResult(Effect):
    """Put the verdict of the slide so far on the panel; it stays until a person acts."""


@dataclass(frozen=True)
class ShowRefusal(Effect):
    """Put the failed gate and its advice on the panel for a few seconds."""


@dataclass(frozen=True)
class ShowNoField(Effect):
    """Say for a few seconds that the slide has no field yet."""


@dataclass(frozen=True)
class FinishSlide(Effect):
    """Record the slide's verdict, if it has any field; answers FINISHED or FAULTED."""


@dataclass(frozen=True)
class ShowSlideDone(Effect):
    """Put the finished slide's verdict and number on the panel."""


@dataclass(frozen=True)
class KeepControl(Effect):
    """Keep the finished slide as a control, or say why it can't be one; answers FAULTED or nothing."""


@dataclass(frozen=True)
class PanelOff(Effect):
    """Darken the panel; only ever when it shows no verdict and no fault."""


@dataclass(frozen=True)
class ShowFault(Effect):
    """Put the fault's number, name and advice on the panel."""


@dataclass(frozen=True)
class PowerDown(Effect):
    """Finish the open slide, close the records; answers POWERED_DOWN."""


@dataclass(frozen=True)
class PowerOff(Effect):
    """SAFE TO UNPLUG stays on the panel; ask the system to power off; end."""


@dataclass(frozen=True)
class Exit(Effect):
    """End the process: status 0 when asked to stop, 1 for systemd to start it again."""

    status: int


@dataclass(frozen=True)
class Transition:
    """The state after an event, and what to do on the way, in order."""

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
    (State.SLIDE_DONE, Event.HOLD_DONE): Transition(State.SLIDE_DONE, (KeepControl(),)),
    (State.SLIDE_DONE, Event.PRESS): Transition(State.READY, (LightOn(),)),
    (State.SLIDE_DONE, Event.IDLE): Transition(State.ASLEEP),
    (State.ASLEEP, Event.PRESS): Transition(State.READY, (LightOn(),)),
    (State.ASLEEP, Event.HOLD): Transition(State.READY, (LightOn(),)),
    (State.ASLEEP, Event.HOLD_EMPTY): Transition(State.READY, (LightOn(),)),
    (State.FAULT, Event.PRESS): Transition(State.STARTING, (RunSelfTest(),)),
    (State.POWERING_OFF, Event.POWERED_DOWN): Transition(State.STOPPED, (PowerOff(),)),
    # What waits in memory would be lost: say so. From the fault a second long hold does power off.
    (State.POWERING_OFF, Event.FAULTED): _FAULT,
    (State.FAULT, Event.LONG_HOLD): Transition(State.STOPPED, (LightOff(), PowerOff())),
}
"""Every transition that is not the same everywhere; an event without one changes nothing."""

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
    """The state and how many fields of the open slide were captured (>= 0), refused ones too."""

    state: State
    fields: int = 0


START = Situation(State.STARTING)
"""Where the instrument begins; its first effect is a `RunSelfTest`."""


def step(situation: Situation, event: Event) -> tuple[Situation, tuple[Effect, ...]]:
    """The next situation and the effects to perform, in order; nothing where the table has none."""
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
    """The table as a Mermaid state diagram: one arrow a pair of states, in the table's order.

    What a stop from outside does is left out: it is the same from every state.
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
