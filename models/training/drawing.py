"""Drawing training windows: every class and every kind of field equally often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from .architecture import CLASSES
from .augment import Augmentation, window
from .cache import WINDOW_PX, Ready


@dataclass(frozen=True)
class Mixture:
    """What training windows are drawn from.

    rendered: share of windows from the simulator. erased: share whose white cells are cut out and
    whose target is an equal probability for each class. decoy: share with patches beside the cells.
    """

    rendered: float
    erased: float
    decoy: float


class Drawer:
    """Draws windows with their targets."""

    def __init__(
        self,
        sets: dict[str, Ready],
        mixture: Mixture,
        augmentation: Augmentation,
        side: int,
        rng: np.random.Generator,
    ) -> None:
        self._sets = sets
        self._mixture = mixture
        self._augmentation = augmentation
        self._side = side
        self._rng = rng
        self._rows = {
            (rendered, label): [
                (name, int(row))
                for name, ready in sets.items()
                if (name == "rendered") == rendered
                for row in np.flatnonzero(ready.label == label)
            ]
            for rendered in (False, True)
            for label in range(CLASSES)
        }

    def batches(self, count: int, size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """`count` batches: windows (size, 3, side, side), float32, 0..1; targets (size, 5)."""
        threads = torch.get_num_threads()
        for _ in range(count):
            torch.set_num_threads(1)  # waiting for each other costs more in such small steps
            labels = self._rng.permutation(np.arange(size) % CLASSES)
            pictures = torch.empty(
                (size, 3, self._side, self._side), memory_format=torch.channels_last
            )
            targets = torch.zeros((size, CLASSES))
            for place, label in enumerate(labels):
                pictures[place], targets[place] = self._one(int(label))
            torch.set_num_threads(threads)
            yield pictures, targets

    def _one(self, label: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng = self._rng
        rows = self._rows[rng.random() < self._mixture.rendered, label]
        name, row = rows[rng.integers(len(rows))]
        ready = self._sets[name]
        points = ready.centres[row]
        points = points[~np.isnan(points[:, 0])]
        if self._augmentation.jitter_px:
            x, y = points[rng.integers(len(points))]
        else:
            x, y = ready.windows[row] + WINDOW_PX / 2
        kind = rng.random()
        if kind < self._mixture.erased:
            picture, target = ready.erased[row], torch.full((CLASSES,), 1 / CLASSES)
        else:
            decoy = kind < self._mixture.erased + self._mixture.decoy
            picture = ready.decoy[row] if decoy else ready.intact[row]
            target = torch.eye(CLASSES)[label]
        seen = window(picture, (float(x), float(y)), self._augmentation, rng, self._side)
        return seen, target
