"""Training windows: their place, range and repeatability."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch, of the [train] extra, is not installed")

from models.training.augment import FIELD, PAPER, Augmentation, window  # noqa: E402

STILL = Augmentation(zoom=0, jitter_px=0, colour=0, blur_px=0)


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (263, 468, 3), np.uint8)


@pytest.mark.parametrize("augmentation", [PAPER, FIELD])
def test_ok__windows_are_rgb_in_range(picture: np.ndarray, augmentation: Augmentation) -> None:
    seen = window(picture, (10, 250), augmentation, np.random.default_rng(1))
    assert seen.shape == (3, 200, 200)
    assert float(seen.min()) >= 0
    assert float(seen.max()) <= 1


def test_ok__the_same_seed_gives_the_same_window(picture: np.ndarray) -> None:
    first, second = (window(picture, (200, 130), FIELD, np.random.default_rng(7)) for _ in range(2))
    assert torch.equal(first, second)


def test_ok__the_centre_stays_in_the_middle() -> None:
    picture = np.zeros((263, 468, 3), np.uint8)
    picture[126:137, 205:216] = 255  # centred on x 210.5, y 131.5
    for seed in range(5):
        seen = window(picture, (210.5, 131.5), STILL, np.random.default_rng(seed))
        ys, xs = torch.nonzero(seen[0] > 0.5, as_tuple=True)
        assert float(ys.double().mean()) == pytest.approx(99.5, abs=0.7)
        assert float(xs.double().mean()) == pytest.approx(99.5, abs=0.7)


def test_ok__a_small_picture_is_mirrored() -> None:
    picture = np.full((150, 190, 3), 200, np.uint8)
    seen = window(picture, (20, 20), STILL, np.random.default_rng(0))
    assert torch.allclose(seen, torch.full_like(seen, 200 / 255), atol=1e-3)
