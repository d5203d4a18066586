"""Dilation, erosion and smoothing, compared with their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from leukoscope.imaging.components import label
from leukoscope.imaging.morphology import box_mean, count_pixels, dilate, erode, select_touched

MASKS = npst.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))
STACKS = npst.arrays(np.bool_, st.tuples(st.integers(0, 4), st.integers(1, 9), st.integers(1, 9)))


@given(MASKS)
def test_ok__one_step_is_a_cross(mask: np.ndarray) -> None:
    padded = np.pad(mask, 1)
    cross = padded[1:-1, 1:-1].copy()
    for rows, columns in ((0, 1), (2, 1), (1, 0), (1, 2)):
        cross |= padded[rows : rows + mask.shape[0], columns : columns + mask.shape[1]]
    assert np.array_equal(dilate(mask, 1), cross)


@given(MASKS, st.integers(0, 5))
def test_ok__steps_are_a_cross_and_a_square_in_turn(mask: np.ndarray, steps: int) -> None:
    height, width = mask.shape
    expected = mask
    for step in range(steps):
        padded = np.pad(expected, 1)
        near = [
            padded[y : y + height, x : x + width]
            for y in range(3)
            for x in range(3)
            if step % 2 or 1 in (y, x)
        ]
        expected = np.any(near, axis=0)
    assert np.array_equal(dilate(mask, steps), expected)


@given(STACKS, st.integers(1, 4))
def test_ok__masks_of_a_stack_do_not_see_each_other(masks: np.ndarray, steps: int) -> None:
    seeds = masks & (np.arange(masks.size).reshape(masks.shape) % 3 == 0)
    parts, large, means = select_touched(masks, seeds), dilate(masks, steps), box_mean(masks, steps)
    small, counts = erode(masks, steps), count_pixels(masks)
    for number, mask in enumerate(masks):
        assert np.array_equal(large[number], dilate(mask, steps))
        assert np.array_equal(small[number], erode(mask, steps))
        assert np.array_equal(parts[number], select_touched(mask, seeds[number]))
        assert np.array_equal(means[number], box_mean(mask, steps))
        assert counts[number] == mask.sum()


@given(MASKS, st.integers(0, 2**32 - 1))
def test_ok__parts_touched_are_components_with_a_seed(mask: np.ndarray, seed: int) -> None:
    seeds = np.random.default_rng(seed).random(mask.shape) < 0.2
    labels, blobs = label(mask)
    own = [number for number in range(1, len(blobs) + 1) if seeds[labels == number].any()]
    assert np.array_equal(select_touched(mask, seeds), np.isin(labels, own))


@given(MASKS, st.integers(0, 4))
def test_ok__growing_keeps_and_shrinking_takes(mask: np.ndarray, steps: int) -> None:
    assert (dilate(mask, steps) >= mask).all()
    assert (erode(mask, steps) <= mask).all()
    assert np.array_equal(erode(mask, steps), ~dilate(~mask, steps))


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
