"""Connected components, against a flood fill that is plainly right."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from leukoscope.imaging.components import Component, components, label

MASKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14))


def flooded(mask: npt.NDArray[np.bool_]) -> list[Component]:
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    blobs = []
    for first in sorted(left):
        if first not in left:
            continue
        left.discard(first)
        blob = [first]
        for y, x in blob:
            for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if near in left:
                    left.discard(near)
                    blob.append(near)
        ys, xs = zip(*blob, strict=True)
        blobs.append(Component(len(blob), min(xs), min(ys), max(xs) + 1, max(ys) + 1))
    return blobs


@given(MASKS)
def test_ok__components_are_a_flood_fill(mask: npt.NDArray[np.bool_]) -> None:
    assert components(mask) == flooded(mask)


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_ok__components_of_larger_masks(seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((40, 33)) < share
    assert components(mask) == flooded(mask)


def test_ok__runs_at_both_edges_are_not_joined_around_the_rim() -> None:
    mask = np.array([[False, False, True], [True, False, False]])
    assert components(mask) == [Component(1, 2, 0, 3, 1), Component(1, 0, 1, 1, 2)]


def test_ok__a_spiral_is_one_blob() -> None:
    rows = ("#######", "......#", "#####.#", "#...#.#", "#.###.#", "#.....#", "#######")
    mask = np.array([[character == "#" for character in row] for row in rows])
    assert components(mask) == [Component(int(mask.sum()), 0, 0, 7, 7)]


def test_ok__pixels_are_labelled_in_the_order_of_blobs() -> None:
    mask = np.array(
        [[character == "#" for character in row] for row in (".#.#", "##.#", "...#", "#...")]
    )
    labels, _ = label(mask)
    assert labels.tolist() == [[0, 1, 0, 2], [1, 1, 0, 2], [0, 0, 0, 2], [3, 0, 0, 0]]


def test_ok__no_and_only_pixels() -> None:
    assert components(np.zeros((5, 4), np.bool_)) == []
    assert components(np.ones((5, 4), np.bool_)) == [Component(20, 0, 0, 4, 5)]


def test_ok__a_mask_is_left_as_it_is() -> None:
    mask = np.eye(6, dtype=np.bool_)
    components(mask)
    assert (mask == np.eye(6, dtype=np.bool_)).all()
