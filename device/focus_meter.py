"""The live focus meter: sharpness of each small frame, its peak, and what is wrong with it."""

from __future__ import annotations

from device.field import Field
from device.panel.screens import Focus
from device.reading.reader import live_gates

BLURRED, SHARP = 0.11, 0.30
"""Sharpness (see reading/focus.py) at the left and right end of the bar."""

PEAK_DECAY = 0.005
"""How far the peak mark falls each frame, so that it follows a slide that was moved."""


class FocusMeter:
    """Takes small frames one by one. level, peak: 0..1 of the bar, now and lately at best."""

    def __init__(self) -> None:
        self.level = 0.0
        self.peak = 0.0
        self._problem = self._advice = ""

    def update(self, frame: Field, um_per_px: float) -> None:
        """Measure a frame at the model's scale."""
        gates = live_gates(frame, um_per_px)
        self.level = min(max((gates[-1].value - BLURRED) / (SHARP - BLURRED), 0.0), 1.0)
        self.peak = max(self.level, self.peak - PEAK_DECAY)
        failed = next((gate for gate in gates if not gate.passed), None)
        self._problem = failed.problem if failed else ""
        self._advice = failed.advice if failed else ""

    def screen(self, slide: str, fields: int, white_cells: int, warning: str) -> Focus:
        """The focus screen of the newest frame; fields and white_cells are the slide's so far."""
        return Focus(
            slide=slide,
            sharpness=self.level,
            peak=self.peak,
            problem=self._problem,
            advice=self._advice,
            fields=fields,
            white_cells=white_cells,
            warning=warning,
        )
