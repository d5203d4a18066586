"""The sheet that cells are drawn on: a picture of absorbance. Places on it are given in micrometres."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leukoscope.simulator.stain import Colour
from leukoscope.simulator.texture import Plane


class SheetWindow(NamedTuple):
    """The part of the sheet around one cell, and the places of its pixels.

    Attributes:
        rows: Rows of the sheet.
        columns: Columns of the sheet.
        x_um: Distance to the right from the cell's centre to each pixel's centre, µm, shape (1, width), float32.
        y_um: The same downwards, shape (height, 1).
    """

    rows: slice
    columns: slice
    x_um: Plane
    y_um: Plane


class Sheet:
    """The absorbance of a field.

    Places are in µm from the middle of the field. Absorbances are added, as for absorbing layers (Beer-Lambert).

    Attributes:
        um_per_px: Scale, micrometres per pixel.
        absorbance: Natural log, R, G, B, shape (height, width, 3), float32.
    """

    def __init__(self, shape: tuple[int, int], um_per_px: float) -> None:
        self.um_per_px = um_per_px
        self.absorbance = np.zeros((*shape, 3), dtype=np.float32)
        height, width = shape
        self._x = ((np.arange(width) - (width - 1) / 2) * um_per_px).astype(np.float32)
        self._y = ((np.arange(height) - (height - 1) / 2) * um_per_px).astype(np.float32)

    def window(self, x_um: float, y_um: float, reach_um: float) -> SheetWindow | None:
        """Return the pixels whose x and y are within `reach_um` of a point; None when there are none."""
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
        """Add `amount` (shape of the window) of a dye to the window."""
        part = self.absorbance[window.rows, window.columns]
        for channel in range(3):
            part[:, :, channel] += amount * colour[channel]

    def transmittance(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """Return the share of the light that passes, shape (height, width, 3), float32, 0..1.

        The sheet can't be used after this: to save memory (9 MB for a usual field), the result overwrites it.
        """
        passed = self.absorbance
        np.maximum(passed, 0.0, out=passed)
        np.negative(passed, out=passed)
        return np.exp(passed, out=passed)
