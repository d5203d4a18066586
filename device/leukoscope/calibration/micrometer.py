"""Measures the ruling of a stage micrometer: how many pixels there are from line to line.

The gradients give the direction of the lines. The darkness summed along that direction is a profile with one peak per
line. A comb with evenly spaced teeth is fitted to the peaks. The distance between its teeth is the pitch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.errors import CalibrationError
from leukoscope.field import Rgb

MIN_LINES = 5
"""Least number of lines of a ruling. A field at 40x shows 15 lines that are 10 µm apart. It shows at most 4 of the
longer lines, which are 50 µm apart: too few to be taken for the ruling."""
MIN_COHERENCE = 0.35
"""Least share of the gradients in one direction, 0 to 1. 409 fields without a ruling, rendered and real, have up to
0.24; drawn rulings have 0.62 or more."""
MIN_CONTRAST = 0.01
"""Least height of the profile's highest peak, as a share of the background. With less there are no lines."""
MIN_FILLED = 0.8
"""Least share of the comb's teeth, from the first to the last, that are lines."""
MIN_EXPLAINED = 0.7
"""Least share of the peaks' areas that is on the comb. A comb of twice the pitch would have only half of it, so a
multiple of the pitch is not taken for the pitch. The rest is dust and engraved numbers."""
MAX_DEVIATION = 0.03
"""Largest rms distance of lines from their teeth, as a share of the pitch."""

_SIDE_PX = 1000
_GLASS_BLOCKS = 12
_GLASS_PERCENTILE = 80.0
_PEAK_SHARE = 0.25
_ON_COMB = 0.1
_MIN_PITCH_PX = 4.0


@dataclass(frozen=True)
class Ruling:
    """A ruling that was found.

    Attributes:
        pitch_px: Distance from line to line, pixels, measured across the lines.
        angle_deg: Direction across the lines, -90 to 90 degrees: 0 is to the right (upright lines), 90 is down.
        lines: Number of lines found, 5 or more.
    """

    pitch_px: float
    angle_deg: float
    lines: int


def find_pitch(rgb: Rgb) -> Ruling:
    """Find the dark, evenly spaced, parallel lines of a stage micrometer, in any direction.

    Args:
        rgb: Shape (height, width, 3), in focus. Lines of several lengths, a base line across them and an
            engraved number are allowed. A crossed grid is not.

    Raises:
        CalibrationError: NO RULING: there is no such ruling. FEW LINES: the picture has fewer than five lines.
    """
    shrink = max(1, max(rgb.shape[:2]) // _SIDE_PX)
    darkness = _darkness(rgb, shrink)
    coherence, angle = _direction(darkness)
    if coherence < MIN_COHERENCE:
        raise _no_ruling(f"only {coherence:.0%} of its edges run one way")
    angle = _refine(darkness, angle)
    places, areas = _peaks(*_profile(darkness, angle))
    if len(places) < MIN_LINES:
        raise _few_lines(len(places))
    comb = _best_comb(places, areas)
    if comb is None:
        raise _no_ruling("its dark lines are not evenly spaced")
    pitch, on = comb
    if on < MIN_LINES:
        raise _few_lines(on)
    # Turned by 180 degrees the direction is the same.
    degrees = (float(np.degrees(angle)) + 90) % 180 - 90
    return Ruling(pitch * shrink, degrees, on)


def _no_ruling(why: str) -> CalibrationError:
    return CalibrationError(
        f"the picture shows no ruling of a stage micrometer: {why}; put the micrometer under the "
        "lens, focus on its lines and let them fill the field",
        "NO RULING",
        "focus on the ruling",
    )


def _few_lines(lines: int) -> CalibrationError:
    return CalibrationError(
        f"only {lines} lines are seen, and {MIN_LINES} or more are needed: let the finest lines of "
        "the micrometer fill the field, and focus on them",
        "FEW LINES",
        "show more fine lines",
    )


def _darkness(rgb: Rgb, shrink: int) -> npt.NDArray[np.float32]:
    """Return how much darker each pixel is than the background around it, as a share, -1..1; shape (h, w)."""
    green = Image.fromarray(rgb[..., 1].astype(np.float32)).reduce(shrink)
    levels: npt.NDArray[np.float32] = np.asarray(green)
    height, width = levels.shape
    tall, wide = max(1, height // _GLASS_BLOCKS), max(1, width // _GLASS_BLOCKS)
    rows, columns = height // tall, width // wide
    blocks = levels[: rows * tall, : columns * wide].reshape(rows, tall, columns, wide)
    glass = np.percentile(blocks, _GLASS_PERCENTILE, axis=(1, 3)).astype(np.float32)
    local = Image.fromarray(glass).resize((width, height), Image.Resampling.BILINEAR)
    darkness: npt.NDArray[np.float32] = np.clip(
        1 - levels / np.maximum(np.asarray(local), 1), -1, 1
    )
    return darkness


def _direction(darkness: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return the coherence of the gradients, 0..1, and their main direction, radians.

    Both come from the structure tensor (Bigün & Granlund, Proc. 1st ICCV, 1987, 433-438).
    """
    # Sums of 3 x 3 pixels halve the noise, whose gradients have all directions.
    smooth = darkness[:-2] + darkness[1:-1] + darkness[2:]
    smooth = smooth[:, :-2] + smooth[:, 1:-1] + smooth[:, 2:]
    across = (smooth[1:-1, 2:] - smooth[1:-1, :-2]).ravel()
    down = (smooth[2:, 1:-1] - smooth[:-2, 1:-1]).ravel()
    xx, yy, xy = (float(np.dot(a, b)) for a, b in ((across, across), (down, down), (across, down)))
    if xx + yy == 0:
        return 0.0, 0.0
    return float(np.hypot(xx - yy, 2 * xy)) / (xx + yy), float(np.arctan2(2 * xy, xx - yy)) / 2


def _profile(
    darkness: npt.NDArray[np.float32], angle: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the places along `angle`, pixels, in steps of one, and the darkness at each.

    The darkness is the sum over a bin, minus that of the background, divided by the size of the largest bin. So a
    long line counts more than a short one.
    """
    height, width = darkness.shape
    x = (np.arange(width) * np.cos(angle))[None, :]
    y = (np.arange(height) * np.sin(angle))[:, None]
    place = (x + y).ravel()
    first = float(place.min())
    place -= first
    below = place.astype(np.intp)
    above_share = place - below
    length = int(below.max()) + 2
    values = darkness.ravel()
    # Each pixel is shared between its two nearest bins, so that places are finer than bins.
    sums = np.bincount(below, values * (1 - above_share), length)
    sums += np.bincount(below + 1, values * above_share, length)
    counts = np.bincount(below, 1 - above_share, length)
    counts += np.bincount(below + 1, above_share, length)
    glass = np.median(sums / np.maximum(counts, 1))
    # Sums, not means: in the corners of a turned picture a bin may hold only a short line.
    dark: npt.NDArray[np.float64] = (sums - glass * counts) / counts.max()
    return np.arange(length, dtype=np.float64) + first, dark


def _refine(darkness: npt.NDArray[np.float32], angle: float) -> float:
    """Return the angle near `angle` at which the profile is sharpest, with the largest steps."""
    half = np.asarray(Image.fromarray(darkness).reduce(2))

    def sharpness(offset: float) -> float:
        steps = np.diff(_profile(half, angle + np.radians(offset))[1])
        return float(np.dot(steps, steps))

    best = 0.0
    for step, reach in ((0.8, 5), (0.2, 4), (0.05, 3)):
        best = max((best + step * n for n in range(-reach, reach + 1)), key=sharpness)
    return angle + float(np.radians(best))


def _peaks(
    places: npt.NDArray[np.float64], profile: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the centres of mass and the areas of the peaks. Peaks that the picture's edge cuts are left out."""
    top = float(profile.max())
    if top < MIN_CONTRAST:
        raise _no_ruling("there are no dark lines in it")
    rise = profile - _PEAK_SHARE * top
    over = np.concatenate(([False], rise > 0, [False]))
    edges = np.flatnonzero(over[1:] != over[:-1])
    runs = [
        slice(start, end)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        if start > 0 and end < len(rise)
    ]
    areas = np.array([rise[run].sum() for run in runs])
    centres = [np.dot(places[run], rise[run]) / rise[run].sum() for run in runs]
    return np.array(centres), areas


def _best_comb(
    places: npt.NDArray[np.float64], areas: npt.NDArray[np.float64]
) -> tuple[float, int] | None:
    """Return pitch and number of lines of the comb that fits the peaks best, or None if none fits."""
    best: tuple[float, int] | None = None
    best_score = 0.0
    for first in range(len(places)):
        for second in range(first + 1, min(first + 4, len(places))):
            pitch = float(places[second] - places[first])
            if pitch < _MIN_PITCH_PX:
                continue
            pitch, offset = _fit_comb(places, pitch, float(places[first]))
            tooth, off = _teeth(places, pitch, offset)
            on = np.abs(off) < _ON_COMB
            hit = np.unique(tooth[on])
            if len(hit) < 2:
                continue
            filled = len(hit) / (hit[-1] - hit[0] + 1)
            explained = float(areas[on].sum() / areas.sum())
            deviation = float(np.sqrt(np.mean(off[on] ** 2)))
            fits = filled >= MIN_FILLED and explained >= MIN_EXPLAINED
            if fits and deviation <= MAX_DEVIATION and filled * explained > best_score:
                best = _median_step(tooth[on], places[on]), len(hit)
                best_score = filled * explained
    return best


def _teeth(
    places: npt.NDArray[np.float64], pitch: float, offset: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the nearest tooth of each place, and the distance from it, as a share of the pitch."""
    share = (places - offset) / pitch
    tooth = np.rint(share)
    return tooth, share - tooth


def _fit_comb(places: npt.NDArray[np.float64], pitch: float, offset: float) -> tuple[float, float]:
    """Fit a comb by least squares, from the first teeth outwards.

    Fitting all teeth at once would fail: a small error of the first pitch grows to several teeth at the far end.
    """
    reach = 3.0
    while True:
        tooth, off = _teeth(places, pitch, offset)
        on = (np.abs(off) < _ON_COMB) & (np.abs(tooth) <= reach)
        if len(np.unique(tooth[on])) < 2:
            return pitch, offset
        pitch, offset = (float(value) for value in np.polyfit(tooth[on], places[on], 1))
        if pitch < _MIN_PITCH_PX or reach > np.ptp(tooth):
            return max(pitch, _MIN_PITCH_PX), offset
        reach *= 2


def _median_step(tooth: npt.NDArray[np.float64], places: npt.NDArray[np.float64]) -> float:
    """Return the pitch as the median over all pairs of lines (Theil). An engraved number can't shift it."""
    first, second = np.nonzero(tooth[None, :] > tooth[:, None])
    return float(np.median((places[second] - places[first]) / (tooth[second] - tooth[first])))
