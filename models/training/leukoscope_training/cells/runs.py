"""The runs: which cells they train and test on, and the names of their files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leukoscope_training.cells.dataset import CLUTTER, SIMULATED, Cells, Flags
from leukoscope_training.data.splits import FOLDS, read_split

WEIGHTS = "weights.npz"
PREDICTIONS = "predictions.npz"
RUN = "run.toml"


@dataclass(frozen=True)
class CellRun:
    """One training and its test, always of whole cells. Each training includes the simulator's cells and clutter.

    Attributes:
        name: Name of the run.
        split: The committed split.
        trained: The parts to train on.
        tested: The parts to test on.
        left_out: A set that is not trained on. All its fields in `trained` and `tested` are tested on.
        ablation: Whether the cells are cut out.
    """

    name: str
    split: str
    trained: tuple[str, ...]
    tested: tuple[str, ...]
    left_out: str = ""
    ablation: bool = False

    def trained_on(self, cells: Cells) -> Flags:
        """Return which cells are trained on, shape (n,)."""
        real = self._in(self.trained, cells) & (cells.source != self.left_out)
        return np.asarray(cells.whole & (real | np.isin(cells.source, (SIMULATED, CLUTTER))))

    def tested_on(self, cells: Cells) -> Flags:
        """Return which cells are tested on, shape (n,). None of their fields is trained on."""
        left_out = self._in(self.trained, cells) & (cells.source == self.left_out)
        return np.asarray(cells.whole & (self._in(self.tested, cells) | left_out))

    def _in(self, parts: tuple[str, ...], cells: Cells) -> Flags:
        part_of = read_split(self.split)
        return np.isin([part_of.get(one, "") for one in cells.sha256.tolist()], parts)


_DISJOINT = "patient-disjoint"
_FOLDS = [
    CellRun(fold, "ten-fold", tuple(other for other in FOLDS if other != fold), (fold,))
    for fold in FOLDS
]

RUNS = {
    run.name: run
    for run in (
        CellRun("a-to-b", _DISJOINT, ("A",), ("B", "external")),
        CellRun("b-to-a", _DISJOINT, ("B",), ("A", "external")),
        CellRun("a-to-b-ablation", _DISJOINT, ("A",), ("B", "external"), ablation=True),
        CellRun("b-to-a-ablation", _DISJOINT, ("B",), ("A", "external"), ablation=True),
        CellRun("a-to-b-without-chula-pi", _DISJOINT, ("A", "external"), ("B",), "chula-pi"),
        CellRun("b-to-a-without-chula-pi", _DISJOINT, ("B", "external"), ("A",), "chula-pi"),
        *_FOLDS,
        CellRun("image-level", "image-level", ("train", "val"), ("test",)),
        CellRun("final", _DISJOINT, ("A", "B", "external"), ()),
    )
}

HALVES = ("a-to-b", "b-to-a")
JOINED = {"patient-disjoint": HALVES, "ten-fold": FOLDS}
"""Runs that together test every patient and slide of lld-40x and chula-pi once."""
