"""The gates: the checks that a field must pass before a model reads it, and the advice when it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from leukoscope.field import Field, Rgb
from leukoscope.imaging.scaling import resample
from leukoscope.imaging.sharpness import Sharpness, measure_sharpness
from leukoscope.reading.cell_types import NOT_COUNTED, CellType
from leukoscope.reading.results import Gate, GateName, WhiteCell

MIN_LIGHT_LEVELS = 40.0
"""Least rise of the mean level (of 255) from the LED-off to the LED-on frame."""
MIN_BACKGROUND_LEVEL, MAX_BACKGROUND_LEVEL = 90.0, 252.0
"""Limits of the background's level (98th percentile of the mean of R, G and B, of 255)."""
MAX_CLIPPED_PERCENT = 2.0
"""Largest share of pixels, in percent, that may be clipped. A pixel is clipped if two of its channels are at 254 or
255, or if it belongs to a cell and one of them is. Background with one channel at 255 is only the colour of a warm
light: 8 fields of Baltimore have up to 47 % of such pixels, and none in a cell."""
CELL_LEVEL = 0.9
"""A pixel belongs to a cell if its green is below this share of the background's. The background's green is its
`BACKGROUND_PERCENTILE`."""
MIN_SHARPNESS = 0.096
"""Least sharpness (see sharpness.py). It is the highest limit that refuses at most 2 % of the good fields of every
kind, chosen on half of the slides. It refuses nearly all fields that are 1.25 µm out of focus."""
MAX_ARTEFACTS_PERCENT, LEAST_ARTEFACTS = 70.0, 6
"""A field is not taken for a smear if it has at least this number of artefacts and they are a larger share of its
finds than this. Chosen on real fields: no normal field is refused, and at most 3 % of the fields of a leukaemia."""
MIN_CONTRAST_LEVELS = 3.0
"""Least contrast (see sharpness.py), in levels of 255. Below it there is nothing to focus on."""

GATES_UM_PER_PX = 0.34
"""Scale, µm per pixel, at which the limits were measured. Pictures are first resampled to about this scale."""

BACKGROUND_PERCENTILE = 98.0
CLIPPED_LEVEL = 254

_Levels: TypeAlias = npt.NDArray[np.uint8]


def picture_gates(rgb: Rgb, um_per_px: float, off_level: float | None) -> Iterator[Gate]:
    """Check the picture itself; yield the gates in order: light, exposure, clipping, focus.

    Args:
        rgb: Shape (height, width, 3).
        um_per_px: Its scale, micrometres per pixel.
        off_level: Mean level of the LED-off frame. None for a picture from a file, which has no such frame: then
            there is no light gate.
    """
    yield from light_gates(rgb, off_level)
    yield focus_gate(measure_sharpness(rgb, um_per_px))


def live_gates(field: Field, um_per_px: float) -> tuple[Gate, ...]:
    """Check a live frame at the model's scale, for the focus meter. All gates are returned, focus last."""
    return tuple(picture_gates(resample(field, um_per_px), um_per_px, field.off_level))


def light_gates(rgb: Rgb, off_level: float | None) -> Iterator[Gate]:
    """Check the first three gates of `picture_gates`: light, exposure, clipping."""
    if off_level is not None:
        yield _light(float(rgb.sum(dtype=np.uint64)) / rgb.size - off_level)
    red, green, blue = (rgb[::2, ::2, channel] for channel in range(3))
    yield _exposure(_percentile(red + green.astype(np.uint16) + blue, BACKGROUND_PERCENTILE) / 3)
    yield _clipping(100 * _count_clipped(red, green, blue) / green.size)


def _count_clipped(red: _Levels, green: _Levels, blue: _Levels) -> int:
    """Count the clipped pixels of three channels; see `MAX_CLIPPED_PERCENT`."""
    full = [channel >= CLIPPED_LEVEL for channel in (red, green, blue)]
    one = full[0] | full[1] | full[2]
    two = (full[0] & full[1]) | (full[0] & full[2]) | (full[1] & full[2])
    if not one.any():
        return 0
    cell = green < CELL_LEVEL * _percentile(green.astype(np.uint16), BACKGROUND_PERCENTILE)
    return int(np.count_nonzero(two | (one & cell)))


def _percentile(values: npt.NDArray[np.uint16], percent: float) -> float:
    """Return the same as np.percentile, but faster: the values are small integers, and are counted."""
    reached = np.cumsum(np.bincount(values.ravel()))
    place = (values.size - 1) * percent / 100
    low, high = np.searchsorted(
        reached, (int(place), min(int(place) + 1, values.size - 1)), "right"
    )
    return float(low + (high - low) * (place - int(place)))


def _light(rise: float) -> Gate:
    dark = rise < MIN_LIGHT_LEVELS
    return Gate(
        GateName.LIGHT,
        round(rise, 1),
        "levels",
        MIN_LIGHT_LEVELS,
        None,
        "NO LIGHT" if dark else "",
        "check LED and slide" if dark else "",
    )


def _exposure(background: float) -> Gate:
    problem, advice = "", ""
    if background < MIN_BACKGROUND_LEVEL:
        problem, advice = "TOO DARK", "check the LED"
    elif background > MAX_BACKGROUND_LEVEL:
        problem, advice = "TOO BRIGHT", "shorten exposure"
    return Gate(
        GateName.EXPOSURE,
        round(background, 1),
        "levels",
        MIN_BACKGROUND_LEVEL,
        MAX_BACKGROUND_LEVEL,
        problem,
        advice,
    )


def _clipping(percent: float) -> Gate:
    clipped = percent > MAX_CLIPPED_PERCENT
    return Gate(
        GateName.CLIPPING,
        round(percent, 2),
        "%",
        None,
        MAX_CLIPPED_PERCENT,
        "GLARE" if clipped else "",
        "shorten exposure" if clipped else "",
    )


def focus_gate(focus: Sharpness) -> Gate:
    """Check that the picture has enough contrast to focus on, and is sharp."""
    problem, advice = "", ""
    if focus.contrast < MIN_CONTRAST_LEVELS:
        problem, advice = "NOTHING SEEN", "move slide or focus"
    elif focus.sharpness < MIN_SHARPNESS:
        problem, advice = "OUT OF FOCUS", "turn the focus wheel"
    return Gate(GateName.FOCUS, round(focus.sharpness, 4), "", MIN_SHARPNESS, None, problem, advice)


def white_cell_gate(cells: Sequence[WhiteCell]) -> Gate:
    """Check that there is at least one white cell in the field."""
    return Gate(
        GateName.WHITE_CELLS,
        float(len(cells)),
        "cells",
        1.0,
        None,
        "" if cells else "NO WHITE CELLS",
        "" if cells else "move the slide",
    )


def cell_gates(finds: Sequence[WhiteCell]) -> tuple[Gate, ...]:
    """Check a field whose cells were read one by one.

    Args:
        finds: The finds that have types.
    """
    gate = white_cell_gate([find for find in finds if find.cell_type not in NOT_COUNTED])
    return (gate, artefact_gate(finds)) if gate.passed else (gate,)


def artefact_gate(finds: Sequence[WhiteCell]) -> Gate:
    """Check that the picture shows a smear: nearly all finds being artefacts means that it does not.

    Args:
        finds: The finds that have types.
    """
    artefacts = sum(find.cell_type is CellType.ARTEFACT for find in finds)
    percent = 100 * artefacts / max(len(finds), 1)
    failed = artefacts >= LEAST_ARTEFACTS and percent > MAX_ARTEFACTS_PERCENT
    return Gate(
        GateName.ARTEFACTS,
        round(percent, 1),
        "%",
        None,
        MAX_ARTEFACTS_PERCENT,
        "NO SMEAR" if failed else "",
        "check slide and stain" if failed else "",
    )
