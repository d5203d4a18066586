"""Augmented cells: the same seed gives the same, and what is not cell stays black, as on the device."""

from __future__ import annotations

import numpy as np
from leukoscope_training.cells.augmentation import augment, find_palette

SLIDES = np.array([[0.3, 0.4, 0.2], [0.5, 0.3, 0.1]], np.float32)


def discs(count: int, radius_px: float) -> np.ndarray:
    """Cells in the middle of black pictures."""
    y, x = np.mgrid[:64, :64] - 31.5
    disc = (x * x + y * y < radius_px**2)[..., None]
    random = np.random.default_rng(7)
    return (random.integers(60, 200, (count, 64, 64, 3)) * disc).astype(np.uint8)


def seen(pictures: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    own = np.tile(SLIDES[0], (len(pictures), 1))
    geometry = np.zeros((len(pictures), 5), np.float32)
    return augment(pictures, geometry, own, SLIDES, np.random.default_rng(seed))


def test_ok__what_is_not_cell_stays_black() -> None:
    shown, _ = seen(discs(64, radius_px=12), seed=1)

    y, x = np.mgrid[:64, :64] - 31.5
    # Enlarged, moved and blurred, a disc of 12 px stays well within 24.
    assert not shown[:, x * x + y * y > 24**2].any()
    assert shown[:, 32, 32].any(axis=1).all()


def test_ok__a_black_picture_stays_black() -> None:
    shown, _ = seen(np.zeros((8, 64, 64, 3), np.uint8), seed=1)
    assert not shown.any()


def test_ok__one_seed_gives_one_result() -> None:
    pictures = discs(6, radius_px=15)
    for one, other in zip(seen(pictures, seed=3), seen(pictures, seed=3), strict=True):
        assert np.array_equal(one, other)
    assert not np.array_equal(seen(pictures, seed=3)[0], seen(pictures, seed=4)[0])


def test_ok__pictures_stay_within_what_the_device_shows() -> None:
    shown, geometry = seen(discs(64, radius_px=15), seed=5)
    assert shown.dtype == geometry.dtype == np.float32
    assert shown.min() >= 0
    assert shown.max() <= 1


def test_ok__a_cell_that_is_shown_smaller_is_told_to_be_smaller() -> None:
    pictures = discs(200, radius_px=15)
    shown, geometry = seen(pictures, seed=6)
    area = (shown.max(axis=3) > 0.1).sum(axis=(1, 2))
    assert np.corrcoef(np.log(area), geometry[:, 0])[0, 1] > 0.8


def test_ok__a_slides_colour_is_the_median_of_its_cells() -> None:
    colour = np.array([[0.1] * 3, [0.2] * 3, [0.9] * 3, [0.5] * 3], np.float32)
    found = find_palette(colour, np.array(["a", "a", "a", "b"]), np.ones(4, bool))
    np.testing.assert_allclose(found.own[:, 0], [0.2, 0.2, 0.2, 0.5])
    assert len(found.all) == 2
