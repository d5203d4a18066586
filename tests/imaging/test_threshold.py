"""The threshold of a histogram: it leaves most variance between the two sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.imaging.threshold import HISTOGRAM_BINS, otsu_threshold


def brute_otsu(values: np.ndarray) -> float:
    """The middle of the bin at which splitting the histogram leaves most variance between the two."""
    counts, edges = np.histogram(values, bins=HISTOGRAM_BINS)
    centres = (edges[1:] + edges[:-1]) / 2

    def between(split: int) -> float:
        below, above = counts[: split + 1], counts[split + 1 :]
        if not below.sum() or not above.sum():
            return 0.0
        means = [
            np.average(centres[: split + 1], weights=below),
            np.average(centres[split + 1 :], weights=above),
        ]
        return float(below.sum() * above.sum() * (means[0] - means[1]) ** 2) / counts.sum() ** 2

    return max(between(split) for split in range(HISTOGRAM_BINS)), between, centres


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95), st.floats(0.1, 1.0))
def test_ok__otsu_leaves_most_variance_between(seed: int, share: float, apart: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(0.1, 0.05, 400).astype(np.float32)
    values[rng.random(400) < share] += np.float32(apart)
    most, between, centres = brute_otsu(values)
    chosen = int(np.argmin(np.abs(centres - otsu_threshold(values))))
    assert between(chosen) == pytest.approx(most, rel=1e-3)


def test_ok__otsu_parts_two_heaps() -> None:
    values = np.concatenate([np.full(300, 0.1), np.full(40, 0.7)]).astype(np.float32)
    values += np.linspace(0, 0.02, values.size, dtype=np.float32)
    assert 0.1 < otsu_threshold(values) < 0.7


@pytest.mark.parametrize("values", [[0.5], [0.5, 0.5], [0.5, 0.5000001]])
def test_ok__otsu_of_one_heap(values: list[float]) -> None:
    # numpy 2 makes no histogram of values that are a few float32 steps apart: it raises.
    assert otsu_threshold(np.array(values, np.float32)) == pytest.approx(0.5, abs=1e-3)
