"""The gates: the checks that a field must pass before a model reads it, and the advice when it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from leukoscope.field import Field, Rgb
from leukoscope.imaging.scaling import resample
from leukoscope.imaging.sharpness import Sharpness, measure_sharpness
from leukoscope.reading.cell_types import NOT_COUNTED, CellType
from leukoscope.reading.red_cell_discs import Discs
from leukoscope.reading.results import Gate, GateName, WhiteCell

MIN_LIGHT_LEVELS = 40.0
"""Least rise of the mean level (of 255) from the LED-off to the LED-on frame."""
MIN_BACKGROUND_LEVEL, MAX_BACKGROUND_LEVEL = 90.0, 252.0
"""Limits of the background's level (98th percentile of the mean of R, G and B, of 255)."""
MAX_CLIPPED_PERCENT = 2.0
"""Largest share of clipped pixels, in percent. A pixel is clipped when two of its channels are at 254 or 255, or
when one is and the pixel is not background. A white balance of another camera can leave the background at 255 in
one channel; that costs nothing while the cells, which are darker, still show their colour."""
GLASS_SHARE = 0.93
"""Least share of the background's level, in every channel, of a pixel that is background. The palest cells (darkness
0.1 in green) are below it."""
MIN_SHARPNESS = 0.096
"""Least sharpness (see sharpness.py). It is the highest limit that refuses at most 2 % of the good fields of every
kind, chosen on half of the slides. It refuses nearly all fields that are 1.25 µm out of focus."""
RED_CELL_DIAMETER_UM, LEAST_DISCS = (5.8, 9.2), 20
"""Limits of the common diameter of a field's red cells, and least number of discs that give one. 99 % of the real
fields of every set have 6.2 to 9.1 µm. A scale that is wrong by a factor of 1.4 or more takes most of them out."""
MIN_RED_CELL_PERCENT = 6.0
"""Least share, in percent, of a picture's edges that are rims of red cells beyond chance (see red_cell_discs.py). It
is the highest limit that, together with the limits of the diameter, refuses at most 1 % of the real fields of every
set. Fields at the edge of a smear, and fields of rouleaux alone, are refused."""
MAX_ARTEFACTS_PERCENT, LEAST_ARTEFACTS = 70.0, 6
"""A field is not taken for a smear if it has at least this number of artefacts and they are a larger share of its
finds than this. Chosen on real fields: no normal field is refused, and at most 3 % of the fields of a leukaemia."""
MIN_CONTRAST_LEVELS = 3.0
"""Least contrast (see sharpness.py), in levels of 255. Below it there is nothing to focus on."""

GATES_UM_PER_PX = 0.34
"""Scale, µm per pixel, at which the limits were measured. Pictures are first resampled to about this scale."""

BACKGROUND_PERCENTILE = 98.0
CLIPPED_LEVEL = 254


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
    total = red + green.astype(np.uint16) + blue
    yield _exposure(_percentile(total, BACKGROUND_PERCENTILE) / 3)
    yield _clipping(100 * int(np.count_nonzero(_clipped((red, green, blue)))) / total.size)


def _clipped(planes: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.bool_]:
    """Find the pixels that are clipped (see `MAX_CLIPPED_PERCENT`); the planes are R, G and B, of one shape."""
    red, green, blue = (plane >= CLIPPED_LEVEL for plane in planes)
    one = red | green | blue
    if not one.any():
        return one
    two = (red & green) | (red & blue) | (green & blue)
    for plane in planes:
        level = _percentile(plane, BACKGROUND_PERCENTILE)
        two |= one & (plane < GLASS_SHARE * level)
    return two


def _percentile(values: npt.NDArray[np.uint8] | npt.NDArray[np.uint16], percent: float) -> float:
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


def red_cell_gates(discs: Discs) -> Iterator[Gate]:
    """Check that a flattened field shows red cells, of the size that red cells have; yield: scale, red cells.

    The scale gate is left out if there are too few discs for a diameter.
    """
    diameter, count = discs.common_size()
    if count >= LEAST_DISCS:
        low, high = RED_CELL_DIAMETER_UM
        wrong = not low <= diameter <= high
        yield Gate(
            GateName.SCALE,
            round(diameter, 2),
            "µm",
            low,
            high,
            "WRONG SCALE?" if wrong else "",
            "check slide and scale" if wrong else "",
        )
    percent = 100 * discs.red_cell_share
    none = percent < MIN_RED_CELL_PERCENT
    yield Gate(
        GateName.RED_CELLS,
        round(percent, 1),
        "%",
        MIN_RED_CELL_PERCENT,
        None,
        "NO RED CELLS" if none else "",
        "check slide and focus" if none else "",
    )


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
