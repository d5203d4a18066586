"""The sheet that cells are drawn on: absorbance over pixels, addressed in micrometres."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leukoscope.simulator.stain import Colour
from leukoscope.simulator.texture import Plane


class SheetWindow(NamedTuple):
    """The part of the sheet around one cell, and where its pixels are.

    rows, columns: slices of the sheet. x_um, y_um: from the cell's centre to each pixel's centre,
    shapes (1, width) and (height, 1), float32, µm; x to the right, y down.
    """

    rows: slice
    columns: slice
    x_um: Plane
    y_um: Plane


class Sheet:
    """Absorbance of a field, shape (height, width, 3), float32, natural log, R, G, B.

    The origin is the middle of the field. Patches add up, as absorbing layers do (Beer-Lambert).
    """

    def __init__(self, shape: tuple[int, int], um_per_px: float) -> None:
        self.um_per_px = um_per_px
        self.absorbance = np.zeros((*shape, 3), dtype=np.float32)
        height, width = shape
        self._x = ((np.arange(width) - (width - 1) / 2) * um_per_px).astype(np.float32)
        self._y = ((np.arange(height) - (height - 1) / 2) * um_per_px).astype(np.float32)

    def window(self, x_um: float, y_um: float, reach_um: float) -> SheetWindow | None:
        """The pixels within `reach_um` of a point in x and y; None when there are none."""
        first = int(np.searchsorted(self._x, x_um - reach_um))
        last = int(np.searchsorted(self._x, x_um + reach_um))
        upper = int(np.searchsorted(self._y, y_um - reach_um))
        lower = int(np.searchsorted(self._y, y_um + reach_um))
        if first >= last or upper >= lower:
            return None
        return SheetWindow(
            slice(upper, lower),
            slice(first, last),
            self._x[None, first:last] - np.float32(x_um),
            self._y[upper:lower, None] - np.float32(y_um),
        )

    def add(self, window: SheetWindow, amount: Plane, colour: Colour) -> None:
        """Lay `amount` (shape of the window) of a dye over the window."""
        part = self.absorbance[window.rows, window.columns]
        for channel in range(3):
            part[:, :, channel] += amount * colour[channel]

    def transmittance(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """Share of the light let through, shape (height, width, 3), float32, 0..1.

        Uses up the sheet: the 9 MB of a usual field become the answer, as memory is short.
        """
        passed = self.absorbance
        np.maximum(passed, 0.0, out=passed)
        np.negative(passed, out=passed)
        return np.exp(passed, out=passed)
