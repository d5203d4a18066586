"""Finds the exposure at which empty glass is bright, but far enough from clipping. It measures raw green."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leukoscope.errors import CalibrationError

TARGET = 0.75
"""Level of empty glass, as a share of the sensor's range. It is sRGB 225 of 255, and shot noise is low there. Glare, a
cold and therefore brighter LED, and the white balance can add a third before anything clips."""
CLIPPED = 0.98
"""From this level on nothing is known about the light, because pixels saturate at different levels."""
TOLERANCE = 0.03
"""How far the level may be from TARGET, as a share of it. Exposure can only be set in steps of one sensor line."""
PERCENTILE = 99.9
"""The level is this percentile of the pixels. Only hot pixels are above it."""
MIN_RISE = 0.01
"""Least rise of the level from the shortest to the longest exposure. A smaller one is only dark current."""
SETTLING_FRAMES = 8
"""Number of frames, after the doubling, in which the level must settle. A steady light needs three."""


@dataclass(frozen=True)
class Exposure:
    """An exposure, and the level of empty glass that it gives.

    Attributes:
        exposure_us: Microseconds.
        level: PERCENTILE of raw green, as a share of the sensor's range.
    """

    exposure_us: int
    level: float


def find_exposure(
    measure: Callable[[int], npt.NDArray[np.float32]], shortest_us: int, longest_us: int
) -> Exposure:
    """Find the exposure that puts empty glass at TARGET in two frames in a row.

    The exposure starts at the shortest. It doubles while the level is below half of TARGET, and is then computed in
    proportion. At most log2(longest / shortest) + 10 frames are made.

    Args:
        measure: Makes a raw frame at an exposure in microseconds. It returns the green pixels: any shape except
            empty, float32, shares of the sensor's range above black, linear in light. It may raise its own errors.
        shortest_us: Shortest exposure, 1 or more, microseconds.
        longest_us: Longest exposure, microseconds.

    Raises:
        CalibrationError: NO LIGHT: the level does not rise with exposure. TOO DARK: the longest exposure is not
            enough. TOO BRIGHT: the shortest is too much. UNSTEADY: the level does not settle.
        ValueError: The limits are not 1 <= shortest < longest.
    """
    if not 1 <= shortest_us < longest_us:
        raise ValueError(f"exposure needs 1 <= shortest < longest, not {shortest_us}, {longest_us}")
    exposure_us = shortest_us
    level = first_level = green_level(measure(exposure_us))
    if level > TARGET * (1 + TOLERANCE):
        raise CalibrationError(
            f"empty glass is at {level:.0%} of the sensor's range at the shortest exposure, "
            f"{shortest_us} µs, above the target of {TARGET:.0%}: dim the LED (a larger resistor)",
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
        f"{exposure_us} µs, target {TARGET:.0%}): the light flickers (drive the LED by direct "
        "current, without PWM; keep room light off), or it is so bright that the exposure's steps are "
        "too coarse (dim the LED)",
        "UNSTEADY",
        "LED must not flicker",
    )


def green_level(green: npt.NDArray[np.float32]) -> float:
    """Return the level of a raw frame: PERCENTILE of its green pixels, a share of the sensor's range."""
    return float(np.percentile(green, PERCENTILE))


def _on_target(level: float) -> bool:
    return math.isclose(level, TARGET, rel_tol=0, abs_tol=TOLERANCE * TARGET)


def _too_dark(level: float, rise: float, longest_us: int) -> CalibrationError:
    if rise < MIN_RISE:
        return CalibrationError(
            f"the picture does not get brighter with exposure (raw green {level:.1%} of the sensor's "
            f"range at {longest_us} µs): check the LED and its wires, and that its light reaches the camera",
            "NO LIGHT",
            "check LED and slide",
        )
    return CalibrationError(
        f"empty glass is at {level:.0%} of the sensor's range at the longest exposure, "
        f"{longest_us} µs, below the target of {TARGET:.0%}: move to empty glass, brighten the LED, "
        "or allow a longer exposure or more analogue gain in the settings",
        "TOO DARK",
        "move to empty glass",
    )
