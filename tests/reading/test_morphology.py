"""Growing, shrinking and smoothing, against what they are by definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from device.reading.morphology import box_mean, grown, shrunk

MASKS = npst.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@given(MASKS)
def test_ok__one_step_is_a_cross(mask: np.ndarray) -> None:
    padded = np.pad(mask, 1)
    cross = padded[1:-1, 1:-1].copy()
    for rows, columns in ((0, 1), (2, 1), (1, 0), (1, 2)):
        cross |= padded[rows : rows + mask.shape[0], columns : columns + mask.shape[1]]
    assert np.array_equal(grown(mask, 1), cross)


@given(MASKS, st.integers(0, 4))
def test_ok__growing_keeps_and_shrinking_takes(mask: np.ndarray, steps: int) -> None:
    assert (grown(mask, steps) >= mask).all()
    assert (shrunk(mask, steps) <= mask).all()
    assert np.array_equal(shrunk(mask, steps), ~grown(~mask, steps))


@given(MASKS, st.integers(1, 3))
def test_ok__the_mean_of_a_box(mask: np.ndarray, radius: int) -> None:
    padded = np.pad(mask, radius, mode="edge").astype(float)
    expected = [
        [
            padded[y : y + 2 * radius + 1, x : x + 2 * radius + 1].mean()
            for x in range(mask.shape[1])
        ]
        for y in range(mask.shape[0])
    ]
    assert box_mean(mask, radius) == pytest.approx(np.array(expected), abs=1e-5)
