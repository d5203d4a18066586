"""The focus meter in a session: what it says while the wheel turns, rests, and the slide moves."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from leukoscope.field import Field
from leukoscope.panel.canvas import WIDTH, draw_small
from leukoscope.panel.focus_meter import HOLD_FRAMES, STEP_FRAMES, TRAIL_FRAMES, FocusMeter, Hint
from leukoscope.panel.screens import FocusScreen
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field

MODEL_UM_PER_PX, LIVE_UM_PER_PX, SHAPE = 0.34, 0.245, (240, 320)
MARGIN = 40
LAG = STEP_FRAMES + HOLD_FRAMES


@functools.cache
def _light(field: int, defocus_um: float) -> np.ndarray:
    shape = (SHAPE[0], SHAPE[1] + MARGIN)
    smear = render_field(
        SmearSlide(Diagnosis.ALL, 40600), field, um_per_px=LIVE_UM_PER_PX, shape=shape
    )
    return defocus(smear.transmittance, defocus_um, LIVE_UM_PER_PX)


class Session:
    """A meter that is shown frames; each with its own noise."""

    def __init__(self) -> None:
        self.meter = FocusMeter()
        self._rng = np.random.default_rng(0)

    def show(
        self, defocus_um: float, *, field: int = 0, exposure: float = 1.0, moved_px: int = 0
    ) -> FocusScreen:
        seen = _light(field, round(abs(defocus_um), 6))[:, moved_px : moved_px + SHAPE[1]]
        rgb = expose(seen, led_level=1.0, exposure=exposure, shading=0.15, rng=self._rng)
        self.meter.update(Field(rgb, LIVE_UM_PER_PX), MODEL_UM_PER_PX)
        return self.meter.screen("S0001", 0, 0, "")


@pytest.mark.parametrize("side", [1, -1])
def test_ok__sweep_through_focus(side: int) -> None:
    session = Session()
    coming = [session.show(side * z) for z in np.arange(4, 0.3, -0.2)]
    session.show(0.0)
    going = [session.show(-side * z) for z in np.arange(0.2, 4, 0.2)]
    assert {s.hint for s in coming[STEP_FRAMES:]} == {Hint.GO_ON.value}
    assert {s.hint for s in going[LAG + 1 :]} == {Hint.TURN_BACK.value}
    assert going[0].peak > 0.9 * max(s.sharpness for s in coming)


def test_ok__hint_ends_when_the_wheel_rests() -> None:
    session = Session()
    for z in np.arange(0, 2, 0.2):
        session.show(z)
    resting = [session.show(1.8).hint for _ in range(TRAIL_FRAMES + LAG)]
    assert resting[0] == Hint.TURN_BACK.value
    assert set(resting[LAG:]) == {Hint.NONE.value}


@pytest.mark.parametrize("defocus_um", [0.0, 1.0, 3.0])
def test_ok__no_hint_at_rest(defocus_um: float) -> None:
    session = Session()
    assert {session.show(defocus_um).hint for _ in range(30)} == {""}


@pytest.mark.parametrize(("before", "after"), [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (2.0, 2.0)])
def test_ok__no_hint_when_the_field_is_exchanged(before: float, after: float) -> None:
    session = Session()
    shown = [session.show(before) for _ in range(12)]
    shown += [session.show(after, field=1) for _ in range(12)]
    assert {screen.hint for screen in shown} == {""}


def test_ok__no_hint_while_the_slide_moves() -> None:
    session = Session()
    shown = [session.show(0.5, moved_px=px) for px in range(0, MARGIN, 3)]
    assert {screen.hint for screen in shown} == {""}


@pytest.mark.parametrize("defocus_um", [0.0, 2.0])
def test_ok__no_hint_when_the_light_changes(defocus_um: float) -> None:
    session = Session()
    shown = [session.show(defocus_um, exposure=e) for e in (1.0,) * 8 + (0.8,) * 12]
    assert {screen.hint for screen in shown} == {""}


def test_ok__peak_is_held_and_forgotten_with_the_field() -> None:
    session = Session()
    sharp = session.show(0.0)
    blurred = session.show(1.5)
    assert blurred.sharpness < sharp.sharpness
    assert blurred.peak > 0.95 * sharp.peak
    other = session.show(1.5, field=1)
    assert other.peak == other.sharpness < sharp.peak


def test_ok__out_of_focus_says_which_way() -> None:
    session = Session()
    shown = [session.show(z) for z in np.arange(6, 3, -0.3)]
    assert shown[0].problem == shown[-1].problem == "OUT OF FOCUS"
    assert shown[0].hint == ""
    assert shown[-1].hint == Hint.GO_ON.value


def test_fail__no_hint_in_the_dark() -> None:
    session = Session()
    shown = [session.show(z, exposure=0.05) for z in np.arange(4, 0, -0.2)]
    assert {(screen.problem, screen.hint) for screen in shown} == {("TOO DARK", "")}


def test_ok__hints_fit_beside_the_percent() -> None:
    for hint in Hint:
        assert len(hint.value) <= 14
        assert draw_small(hint.value, 999).width <= WIDTH - 52
