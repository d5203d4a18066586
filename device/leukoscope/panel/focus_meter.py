"""The live focus meter: the sharpness of each small frame, its peak, what is wrong, which way to turn the wheel.

One frame does not show on which side of focus the specimen is, because a lens without aberrations blurs both sides
the same. Only a sequence of frames, while somebody turns the wheel, shows whether the picture gets better or worse.
"""

from __future__ import annotations

import enum
import math
from collections import deque

import numpy as np
import numpy.typing as npt

from leukoscope.field import Field, Rgb
from leukoscope.imaging.scaling import resample
from leukoscope.imaging.sharpness import Sharpness, measure_sharpness
from leukoscope.panel.screens import FocusScreen
from leukoscope.reading.gates import MIN_CONTRAST_LEVELS, focus_gate, light_gates
from leukoscope.reading.results import GateName

BLURRED, SHARP = 0.066, 0.16
"""Sharpness (see imaging/sharpness.py) at which its part of the bar is empty, and full."""

SHARP_SHARE = 0.75
"""Part of the bar that sharpness fills. Contrast fills the rest. Contrast still falls where sharpness is constant."""

FULL_CONTRAST_LEVELS = 30.0
"""Contrast, in levels of 255, at which its part of the bar is full. Most fields in focus have less."""

PEAK_DECAY = 0.005
"""How far the peak mark falls in each frame, so that it adapts after the slide was moved."""

TRAIL_FRAMES = 10
"""Number of frames from which a hint is made. They take from a third of a second to a second."""

STEP_FRAMES = 3
"""So many of the newest frames must all change in one direction. A trembling table makes changes in both."""

STEP, CLEAR = 0.02, 0.12
"""Least change of detail (natural logarithm) over the last `STEP_FRAMES`, and over all `TRAIL_FRAMES`. Camera noise
changes it by 0.003, a table that trembles by 0.03 µm by up to 0.02 a frame."""

HOLD_FRAMES = 2
"""A hint stays for this number of frames after its reason has gone, so that it does not flicker."""

SETTLE_FRAMES = 3
"""Frames without a hint after the field has changed, because the picture of a moving slide is smeared."""

BLOCK_UM = 4.0
"""Size of the blocks by which a field is recognised. A few µm of defocus do not change their means."""

SAME_FIELD = 0.85
"""Least correlation of the blocks of one field. With 6 µm of defocus it is 0.92, with 2 µm of movement 0.8."""

_Scene = npt.NDArray[np.float32]


class Hint(enum.Enum):
    """What to do with the focus wheel. The value is the panel's text, at most 14 characters."""

    NONE = ""
    GO_ON = "sharper: go on"
    TURN_BACK = "turn back"


class FocusTrend:
    """Tells whether a sequence of frames gets sharper or softer, from their detail (see imaging/sharpness.py).

    Attributes:
        hint: NONE when nobody turns the wheel, and after the field has changed.
    """

    def __init__(self) -> None:
        self.hint = Hint.NONE
        self._trail: deque[tuple[float, _Scene]] = deque(maxlen=TRAIL_FRAMES)
        self._hold = self._settle = 0

    def add(self, frame: Field, detail: float) -> bool:
        """Take the next frame and its detail.

        Returns:
            Whether the frame shows another field than the oldest of the frames before.
        """
        scene = _extract_scene(frame.rgb, frame.um_per_px)
        changed = bool(self._trail) and _correlate(scene, self._trail[0][1]) < SAME_FIELD
        if changed:
            self._trail.clear()
            self._settle = SETTLE_FRAMES
            self.hint = Hint.NONE
        if self._settle or detail == 0:
            self._settle = max(self._settle - 1, 0)
            self._trail.clear()
        self._trail.append((float(np.log(max(detail, 1e-9))), scene))
        self._update_hint([detail for detail, _ in self._trail])
        return changed

    def _update_hint(self, details: list[float]) -> None:
        now = details[-1]
        steps = np.diff(details[-1 - STEP_FRAMES :])
        if steps.sum() > STEP and (steps > 0).all() and now - min(details) > CLEAR:
            self.hint, self._hold = Hint.GO_ON, HOLD_FRAMES
        elif steps.sum() < -STEP and (steps < 0).all() and max(details) - now > CLEAR:
            self.hint, self._hold = Hint.TURN_BACK, HOLD_FRAMES
        elif self._hold:
            self._hold -= 1
        else:
            self.hint = Hint.NONE


class FocusMeter:
    """Measures small frames one by one.

    Attributes:
        level: Length of the bar now, 0..1.
        peak: The recent maximum of `level`.
    """

    def __init__(self) -> None:
        self.level = 0.0
        self.peak = 0.0
        self._trend = FocusTrend()
        self._problem = self._advice = self._hint = ""

    def update(self, frame: Field, um_per_px: float) -> None:
        """Measure a frame at the model's scale."""
        picture = resample(frame, um_per_px)
        focus = measure_sharpness(picture, um_per_px)
        gates = (*light_gates(picture, frame.off_level), focus_gate(focus))
        if self._trend.add(frame, focus.detail):
            self.peak = 0.0
        self.level = bar_level(focus)
        # Without contrast there is nothing to focus on, so there is no peak.
        seen = focus.contrast >= MIN_CONTRAST_LEVELS
        self.peak = max(self.level, self.peak - PEAK_DECAY) if seen else 0.0
        failed = next((gate for gate in gates if not gate.passed), None)
        self._problem = failed.problem if failed else ""
        self._advice = failed.advice if failed else ""
        # In a dark frame, or one of bare glass, changes of detail say nothing about focus.
        blind = failed is not None and (
            failed.name is not GateName.FOCUS or failed.problem == "NOTHING SEEN"
        )
        self._hint = "" if blind else self._trend.hint.value

    def screen(self, slide: str, fields: int, white_cells: int, warning: str) -> FocusScreen:
        """Return the focus screen for the newest frame.

        Args:
            slide: Number of the slide, "S0042".
            fields: Fields of the slide so far.
            white_cells: White cells of the slide so far.
            warning: What is wrong with the device, or empty.
        """
        return FocusScreen(
            slide=slide,
            sharpness=self.level,
            peak=self.peak,
            problem=self._problem,
            advice=self._advice,
            fields=fields,
            white_cells=white_cells,
            warning=warning,
            hint=self._hint,
        )


def bar_level(focus: Sharpness) -> float:
    """Return the length of the bar, 0..1: longest in focus, 0 when there is nothing to see."""
    if focus.contrast < MIN_CONTRAST_LEVELS:
        return 0.0
    sharp = (focus.sharpness - BLURRED) / (SHARP - BLURRED)
    seen = math.log(focus.contrast / MIN_CONTRAST_LEVELS) / math.log(
        FULL_CONTRAST_LEVELS / MIN_CONTRAST_LEVELS
    )
    return SHARP_SHARE * min(max(sharp, 0.0), 1.0) + (1 - SHARP_SHARE) * min(seen, 1.0)


def _extract_scene(rgb: Rgb, um_per_px: float) -> _Scene:
    """Return the means of green over blocks, minus the mean of 5 x 5 blocks, which removes the shading."""
    # Every second pixel is enough for a mean and saves most of the time.
    green = rgb[::2, ::2, 1]
    side = min(max(1, round(BLOCK_UM / um_per_px / 2)), *green.shape)
    rows, columns = (n // side for n in green.shape)
    blocks = green[: rows * side, : columns * side].reshape(rows, side, columns, side)
    means = blocks.mean(axis=(1, 3), dtype=np.float32)
    wide = np.pad(means, 2, mode="edge")
    around = np.zeros_like(means)
    for down in range(5):
        for across in range(5):
            around += wide[down : down + rows, across : across + columns]
    around /= 25  # in place, because by numpy 2.5's types the quotient would be float64
    scene: _Scene = means - around
    return scene


def _correlate(scene: _Scene, other: _Scene) -> float:
    """Return the correlation, -1..1, of two scenes; 0 when their shapes differ or one of them is empty."""
    if scene.shape != other.shape:
        return 0.0
    norm = float(np.sqrt((scene * scene).sum() * (other * other).sum()))
    return float((scene * other).sum()) / norm if norm else 0.0
