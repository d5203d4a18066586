"""Finds near-duplicates: equal files, and fields that were taken again, refocused, shifted or mirrored.

The search has two steps, so that it needs only seconds and little memory for some thousands of pictures. The first
finds each picture's nearest neighbours by the amplitude of its spectrum, which a shift or a half turn does not change.
The second correlates two thumbnails at every small shift, in four orientations. A slow change of light across the
field is removed first. Otherwise all fields of one microscope would be similar.

This finds the same field at a shift of up to a quarter of a side, mirrored or not. It does not find a quarter turn,
another magnification, or a smaller overlap. scikit-learn's nearest neighbours are not used: the similarity is the
better of two, with one picture mirrored or not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukoscope_training.shared.errors import TrainingError

SIDE = 64
"""Side of a thumbnail in pixels. It is square, whatever the picture's proportions."""

SHIFT = SIDE // 4

NEAR = 0.62
"""Correlation from which two fields show the same place.

Chosen on the 1,427 fields of lld-40x, chula-pi and bccd; models/training/README.md reports what it finds and misses.
"""

NEIGHBOURS = 64
"""Candidates for each picture. On those fields 80 find no more pairs, and 16 find 10 fewer."""

LEAST_DETAIL = 0.01
"""An overlap with a smaller share of the product of both pictures' energies gets a lower score."""

_LIGHT_RADIUS = 6
_LOW = 8
_PADDED = SIDE + SHIFT
_BLOCK = 512


@dataclass(frozen=True, order=True)
class Pair:
    """Two pictures of the same place.

    Attributes:
        first: The first picture's number in the list.
        second: The second picture's number.
        score: Correlation, at most 1.
        equal_files: Whether the files are equal.
    """

    first: int
    second: int
    score: float
    equal_files: bool = False


def find_pairs(paths: Sequence[Path]) -> list[Pair]:
    """Find all pairs, in order. Of equal files only the first is compared with others.

    Raises:
        TrainingError: A file is not a picture.
        OSError: A file can't be read.
    """
    first_of: dict[str, int] = {}
    pairs = []
    for place, path in enumerate(paths):
        first = first_of.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), place)
        if first != place:
            pairs.append(Pair(first, place, 1.0, equal_files=True))
    places = sorted(first_of.values())
    if len(places) > 1:
        details = np.stack([_flatten(read_thumbnail(paths[place])) for place in places])
        for i, others in _find_candidates(details).items():
            scores = _correlate(details[i], details[others])
            pairs += [
                Pair(places[i], places[j], float(score))
                for j, score in zip(others, scores, strict=True)
                if score >= NEAR
            ]
    return sorted(pairs)


def find_groups(count: int, pairs: Sequence[Pair]) -> list[int]:
    """Return, for each of `count` pictures, the first picture of its group. That may be the picture itself."""
    first = list(range(count))

    def root(place: int) -> int:
        while first[place] != place:
            place = first[place]
        return place

    for pair in pairs:
        low, high = sorted((root(pair.first), root(pair.second)))
        first[high] = low
    return [root(place) for place in range(count)]


def read_thumbnail(path: Path) -> NDArray[np.float32]:
    """Read a picture in grey, (64, 64), 0 to 255.

    Raises:
        TrainingError: It can't be read.
    """
    try:
        with Image.open(path) as picture:
            picture.draft("L", (4 * SIDE, 4 * SIDE))
            grey = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    except (OSError, SyntaxError, ValueError) as error:
        # Pillow raises SyntaxError for some broken PNG files, and a truncated file's error has no name.
        raise TrainingError(f"{path}: can't be read as a picture: {error}") from error
    return np.asarray(grey, dtype=np.float32)


def _flatten(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtract from each pixel the mean of the 13 px square around it."""
    side = 2 * _LIGHT_RADIUS + 1
    padded = np.pad(grey.astype(np.float64), _LIGHT_RADIUS, mode="edge")
    sums = np.pad(padded, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    boxes = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    detail: NDArray[np.float32] = (grey - boxes / side**2).astype(np.float32)
    return detail


def _find_candidates(details: NDArray[np.float32]) -> dict[int, list[int]]:
    """For each picture, find the later ones that are among its nearest by spectrum, or that it is among."""
    window = np.outer(np.hanning(SIDE + 2)[1:-1], np.hanning(SIDE + 2)[1:-1])
    low = np.arange(-_LOW, _LOW + 1)[:, None], np.arange(-_LOW, _LOW + 1)[None, :]
    sizes = np.stack([np.sqrt(np.abs(np.fft.fft2(one * window)[low])) for one in details])
    plain = _normalise(sizes - sizes.mean(axis=0))
    mirrored = plain.reshape(sizes.shape)[:, :, ::-1].reshape(plain.shape)
    near: dict[int, set[int]] = {i: set() for i in range(len(details))}
    count = min(NEIGHBOURS, len(details) - 1)
    for start in range(0, len(details), _BLOCK):
        rows = plain[start : start + _BLOCK]
        alike = np.maximum(rows @ plain.T, rows @ mirrored.T)
        alike[np.arange(len(rows)), np.arange(start, start + len(rows))] = -np.inf
        nearest = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        for i, others in enumerate(nearest.tolist(), start):
            for j in others:
                near[min(i, j)].add(max(i, j))
    return {i: sorted(others) for i, others in near.items() if others}


def _normalise(sizes: NDArray[np.float64]) -> NDArray[np.float32]:
    flat = sizes.reshape(len(sizes), -1)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (flat / np.maximum(lengths, 1e-6)).astype(np.float32)
    return unit


def _correlate(one: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float64]:
    """Find the best correlation of a thumbnail with some others, over all small shifts and four orientations.

    For each shift only the overlap counts.

    Args:
        one: Shape (64, 64).
        others: Shape (k, 64, 64).

    Returns:
        Shape (k,), at most 1.
    """
    wanted = np.arange(-SHIFT, SHIFT + 1)
    shifts = (slice(None), wanted[:, None], wanted[None, :])

    def spectrum(pictures: NDArray[np.float32]) -> NDArray[np.complexfloating]:
        return np.fft.rfft2(pictures, s=(_PADDED, _PADDED))

    def at_shifts(
        a: NDArray[np.complexfloating], b: NDArray[np.complexfloating]
    ) -> NDArray[np.floating]:
        # The padding is as wide as the largest shift. Otherwise the picture would wrap around.
        return np.fft.irfft2(np.conj(a) * b, s=(_PADDED, _PADDED))[shifts]

    whole = spectrum(np.ones((1, SIDE, SIDE), np.float32))
    of_others = spectrum(others)
    energy_of_others = at_shifts(whole, spectrum(others**2))
    all_energy = (one**2).sum() * (others**2).sum(axis=(1, 2))[:, None, None]
    # If one picture has almost no detail in the overlap, the score would be only rounding noise.
    least = np.maximum(LEAST_DETAIL * all_energy, 1e-6)
    best: NDArray[np.float64] = np.full(len(others), -1.0)
    for rows, columns in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        turned = one[None, ::rows, ::columns]
        energy = at_shifts(spectrum(turned**2), whole) * energy_of_others
        alike = at_shifts(spectrum(turned), of_others) / np.sqrt(np.maximum(energy, least))
        best = np.maximum(best, alike.max(axis=(1, 2)))
    np.minimum(best, 1.0, out=best)
    return best
