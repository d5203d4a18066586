"""Finding the exposure: empty glass as bright as it may be with room above it, by raw green."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leukoscope.errors import CalibrationError

TARGET = 0.75
"""Level of empty glass, as a share of the sensor's range: sRGB 225 of 255, where shot noise is still low
and glare, a brighter LED when cold, and white balance have a third more before they clip."""
CLIPPED = 0.98
"""Level from which nothing is known of the light: pixels differ in where they saturate."""
TOLERANCE = 0.03
"""How far the level may be from TARGET, as a share of it; exposure comes in steps of a sensor's line."""
PERCENTILE = 99.9
"""Percentile of the pixels that is the level: all of the glass stays below it but hot pixels."""
MIN_RISE = 0.01
"""Least rise of the level from the shortest to the longest exposure that is light and not dark current."""
SETTLING_FRAMES = 8
"""Frames, after the doubling, in which the level must settle; a steady light takes three."""


@dataclass(frozen=True)
class Exposure:
    """exposure_us: microseconds. level: PERCENTILE of raw green at it, share of the sensor's range."""

    exposure_us: int
    level: float


def find_exposure(
    measure: Callable[[int], npt.NDArray[np.float32]], shortest_us: int, longest_us: int
) -> Exposure:
    """Find the exposure that puts empty glass at TARGET, and see that it holds for two frames.

    measure: makes a raw frame at an exposure in microseconds, and returns its green pixels, any
        shape but empty, float32, shares of the sensor's range above black, linear in light.
    shortest_us, longest_us: limits of the exposure, 1 or more, microseconds.

    The exposure doubles from the shortest while the level is below half of TARGET, and then goes by
    proportion. At most log2(longest / shortest) + 10 frames are made.

    Raises CalibrationError: NO LIGHT when the level does not rise with exposure, TOO DARK when the
    longest is not enough, TOO BRIGHT when the shortest is too much, UNSTEADY when no level holds;
    ValueError when the limits are none; and what `measure` raises.
    """
    if not 1 <= shortest_us < longest_us:
        raise ValueError(f"exposure needs 1 <= shortest < longest, not {shortest_us}, {longest_us}")
    exposure_us = shortest_us
    level = first_level = green_level(measure(exposure_us))
    if level > TARGET * (1 + TOLERANCE):
        raise CalibrationError(
            f"empty glass is at {level:.0%} of the sensor's range at the shortest exposure, "
            f"{shortest_us} µs, over the {TARGET:.0%} aimed at: dim the LED (a larger resistor)",
            "TOO BRIGHT",
            "dim the LED",
        )
    while level < TARGET / 2 and exposure_us < longest_us:
        exposure_us = min(2 * exposure_us, longest_us)
        level = green_level(measure(exposure_us))
    for _ in range(SETTLING_FRAMES):
        if exposure_us == longest_us and level < TARGET * (1 - TOLERANCE):
            raise _too_dark(level, level - first_level, longest_us)
        before, asked_us = level, exposure_us
        if not _on_target(level):
            # A clipped level says only that there is too much light.
            share = 0.5 if level >= CLIPPED else TARGET / max(level, MIN_RISE)
            exposure_us = min(max(round(exposure_us * share), shortest_us), longest_us)
        level = green_level(measure(exposure_us))
        if exposure_us == asked_us and _on_target(before) and _on_target(level):
            return Exposure(exposure_us, (before + level) / 2)
    raise CalibrationError(
        f"the level of empty glass does not settle ({level:.0%} of the sensor's range at "
        f"{exposure_us} µs, {TARGET:.0%} aimed at): the light flickers (drive the LED by direct "
        "current, no PWM; keep room light off), or it is so bright that the exposure's steps are too "
        "coarse (dim the LED)",
        "UNSTEADY",
        "LED must not flicker",
    )


def green_level(green: npt.NDArray[np.float32]) -> float:
    """PERCENTILE of a raw frame's green pixels, shares of the sensor's range."""
    return float(np.percentile(green, PERCENTILE))


def _on_target(level: float) -> bool:
    return math.isclose(level, TARGET, rel_tol=0, abs_tol=TOLERANCE * TARGET)


def _too_dark(level: float, rise: float, longest_us: int) -> CalibrationError:
    if rise < MIN_RISE:
        return CalibrationError(
            f"the picture does not get brighter with exposure (raw green {level:.1%} of the sensor's "
            f"range at {longest_us} µs): check the LED and its wires, and that light comes through",
            "NO LIGHT",
            "check LED and slide",
        )
    return CalibrationError(
        f"empty glass is at {level:.0%} of the sensor's range at the longest exposure, "
        f"{longest_us} µs, below the {TARGET:.0%} aimed at: move to empty glass, brighten the LED, "
        "or allow a longer exposure or more analogue gain in the settings",
        "TOO DARK",
        "move to empty glass",
    )
