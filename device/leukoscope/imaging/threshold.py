"""Finds the threshold between the dark and the bright part of a picture from its histogram."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

HISTOGRAM_BINS = 128
MIN_SPREAD = 1e-4
"""Least range of values that can hold two classes. np.histogram fails on a range of a few float32 steps."""


def otsu_threshold(values: npt.NDArray[np.float32]) -> float:
    """Find the threshold with the largest between-class variance (Otsu, IEEE Trans. SMC 9, 1979, 62-66).

    Args:
        values: One or more values.

    Returns:
        The threshold; the highest value when the values are all alike.
    """
    high = float(values.max())
    if high - float(values.min()) < MIN_SPREAD:
        return high
    counts, edges = np.histogram(values, bins=HISTOGRAM_BINS)
    centres = (edges[1:] + edges[:-1]) / 2
    share = counts / counts.sum()
    below = np.cumsum(share)
    mean_below = np.cumsum(share * centres)
    variance = (mean_below[-1] * below - mean_below) ** 2 / np.maximum(below * (1 - below), 1e-9)
    return float(centres[int(np.argmax(variance))])
