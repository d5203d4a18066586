"""Measures how light, shading and dust have drifted since the calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.calibration.empty_field import DETAIL_UM, background_map, contrasts, shrink_to_grid
from leukoscope.calibration.white_balance import linear
from leukoscope.errors import CalibrationError
from leukoscope.field import Field, Rgb
from leukoscope.imaging.background import BackgroundMap, estimate_background
from leukoscope.imaging.components import components
from leukoscope.imaging.flat_field import flatten

MIN_LIGHT, MAX_LIGHT = 0.90, 1.10
"""Limits of the light, as a share of the calibration's. 10 % moves the background from level 225 to 215 or 234. A warm
LED is a few percent dimmer than a cold one; that is not ageing."""
MAX_COLOUR = 0.03
"""Largest change of red or blue relative to green: three levels of 225."""
MAX_SHADING_PERCENT = 5.0
"""Largest change of the shading, percent of light. It is two percent of level, the least that `check_empty` takes for
structure. A lens or LED that was moved changes the shading more."""
MAX_DUST_PERCENT = 0.3
"""Largest part of the field that specks may cover, percent: 55 of 18,500 µm², one and a half red cells."""
DUST_CONTRAST, MIN_DUST_UM2 = 0.05, 2.0
"""Least contrast of a speck against the background (share of sRGB level), and its least area: 1.6 µm across."""

FILM, FILM_COLOUR = 0.15, 0.09
"""The stained film between the cells of a smear absorbs at most this share of green light, and changes red and blue
relative to green by at most this. 40 rendered slides under an unchanged light gave 0.86 to 0.97 for green, 1.01 to
1.08 for red and 0.97 to 1.00 for blue. Real films were not measured."""
MAX_UNEVEN = 25.0
"""Largest difference of the background over a corrected field with cells, levels of 255. Estimates from rendered
smears in focus differ by up to 15."""
_SAMPLES = 6
_BIN = 0.004
_NEAR = 0.02
_MIN_GLASS = 0.03


@dataclass(frozen=True)
class LightDrift:
    """Ratios of linear light, now to then. 1 is no change.

    Attributes:
        light: Ratio of green.
        red: Ratio of red, divided by that of green.
        blue: Ratio of blue, divided by that of green.
        smear: Whether it was measured between cells. The film there darkens and tints the background, so the limits
            are wider.
    """

    light: float
    red: float
    blue: float
    smear: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is over its limit, in at most 18 characters each."""
        colour = max(abs(self.red - 1), abs(self.blue - 1))
        limits = (
            (self.light < MIN_LIGHT - (FILM if self.smear else 0), "LED DIMMED"),
            (self.light > MAX_LIGHT, "LED BRIGHTER"),
            (colour > MAX_COLOUR + (FILM_COLOUR if self.smear else 0), "LED COLOUR"),
        )
        return tuple(text for over, text in limits if over)


@dataclass(frozen=True)
class SmearDrift:
    """Drift measured on a field with cells, on the background between them.

    Attributes:
        light: Drift of the LED's light.
        uneven: Levels (of 255) by which the background still differs over the field after the correction.
    """

    light: LightDrift
    uneven: float

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is over its limit, in at most 18 characters each."""
        shading = ("SHADING CHANGED",) if self.uneven > MAX_UNEVEN else ()
        return (*shading, *self.light.warnings)

    def __str__(self) -> str:
        light = self.light
        return (
            f"light × {light.light:.2f}, red × {light.red:.2f}, blue × {light.blue:.2f}, "
            f"background differs by {self.uneven:.0f} levels over the field"
        )


@dataclass(frozen=True)
class Drift:
    """Drift measured on an empty field.

    Attributes:
        light: Drift of the LED's light.
        shading_percent: Largest change of any channel's shading, percent of light. The change of the light as a
            whole is not in it.
        dust_percent: Percent of the field that specks cover.
    """

    light: LightDrift
    shading_percent: float
    dust_percent: float

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is over its limit, in at most 18 characters each."""
        limits = (
            (self.shading_percent > MAX_SHADING_PERCENT, "SHADING CHANGED"),
            (self.dust_percent > MAX_DUST_PERCENT, "DUST"),
        )
        return (*self.light.warnings, *(text for over, text in limits if over))


def measure_drift(rgb: Rgb, then: BackgroundMap, um_per_px: float) -> Drift:
    """Measure the drift of an empty field (see `check_empty`) since a calibration.

    Args:
        rgb: Shape (height, width, 3), made with the calibration's controls and not corrected.
        then: The calibration's background map, shape (rows, columns, 3), with 7 or more rows and columns.
        um_per_px: Scale of `rgb`.
    """
    ratios = _light_of(background_map([rgb], *then.shape[:2])) / _light_of(then)
    light = _light_drift(np.median(ratios, axis=(0, 1)))
    shape = ratios / np.median(ratios, axis=(0, 1))
    dark = contrasts(rgb, um_per_px).min(axis=2) < -DUST_CONTRAST
    areas = [blob.area_px for blob in components(dark)]
    specks = sum(area for area in areas if area * DETAIL_UM**2 >= MIN_DUST_UM2)
    return Drift(light, 100 * float(np.abs(shape - 1).max()), 100 * specks / dark.size)


def quick_drift(rgb: Rgb, then: BackgroundMap) -> LightDrift:
    """Measure the drift of the light on a field that may have cells, by the background between them.

    The film between the cells is stained: it makes the light up to FILM too low, and changes colour by up to
    FILM_COLOUR. A light that is a quarter dimmer is always found.

    Args:
        rgb: As for `measure_drift`.
        then: As for `measure_drift`.

    Raises:
        CalibrationError: NO GLASS: too little of the field is background.
    """
    rows, columns = (n * _SAMPLES for n in then.shape[:2])
    expected = np.stack(
        [
            np.asarray(
                Image.fromarray(np.ascontiguousarray(then[..., c])).resize(
                    (columns, rows), Image.Resampling.BILINEAR
                )
            )
            for c in range(3)
        ],
        axis=-1,
    )
    ratios = (_light_of(shrink_to_grid(rgb, rows, columns)) / _light_of(expected)).reshape(-1, 3)
    green = ratios[:, 1]
    glass = np.abs(green / _brightest_common(green) - 1) < _NEAR
    if np.count_nonzero(glass) < _MIN_GLASS * glass.size:
        raise CalibrationError(
            "the field shows too little background to measure the light: move to a thinner part of "
            "the smear",
            "NO GLASS",
            "thinner part of smear",
        )
    return _light_drift(np.median(ratios[glass], axis=0), smear=True)


def smear_drift(field: Field, then: BackgroundMap) -> SmearDrift:
    """Measure the drift of light and shading on a field in focus that may have cells.

    Args:
        field: Made with the calibration's controls and not corrected.
        then: The calibration's background map, as for `measure_drift`.

    Raises:
        CalibrationError: NO GLASS: too little of the field is background.
    """
    light = quick_drift(field.rgb, then)
    background = estimate_background(flatten(field.rgb, then), field.um_per_px, 2)
    return SmearDrift(light, float(np.ptp(background, axis=(0, 1)).max()))


def _light_of(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the linear light of levels, always above 0."""
    return np.maximum(linear(levels.astype(np.float64)), 1e-4)


def _light_drift(ratios: npt.NDArray[np.float64], *, smear: bool = False) -> LightDrift:
    red, green, blue = (float(ratio) for ratio in ratios)
    return LightDrift(green, red / green, blue / green, smear)


def _brightest_common(values: npt.NDArray[np.float64]) -> float:
    """Return the brightest of the common values. That is the background: it is brighter than cells, and even."""
    logs = np.log(values)
    edges = np.arange(logs.min() - 2 * _BIN, logs.max() + 3 * _BIN, _BIN)
    counts = np.convolve(np.histogram(logs, bins=edges)[0], [1, 2, 3, 2, 1], "same")
    inner = counts[1:-1]
    peaks = (inner >= counts[:-2]) & (inner >= counts[2:]) & (inner > counts.max() / 4)
    brightest = 1 + int(np.flatnonzero(peaks)[-1])
    return float(np.exp((edges[brightest] + edges[brightest + 1]) / 2))
