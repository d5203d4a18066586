"""The runs: which cells are trained on and which are tested on, and the files that a run leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .dataset import SIMULATED, Cells, Flags

WEIGHTS = "weights.npz"
PREDICTIONS = "predictions.npz"
RUN = "run.toml"


@dataclass(frozen=True)
class Run:
    """One training and its test, always of whole cells; the simulator's are in each training.

    halves: those of the patient-disjoint split that are trained on. left_out: a set of which nothing
    is trained on. Tested on is what is real and not trained on, but for fields of no part.
    """

    name: str
    halves: str
    left_out: str
    control: bool = False

    def trained_on(self, cells: Cells) -> Flags:
        """Which cells are trained on, shape (n,)."""
        half = np.isin(cells.part, [*self.halves]) | (cells.part == "external")
        real = half & (cells.source != self.left_out)
        return cells.whole & (real | (cells.source == SIMULATED))

    def tested_on(self, cells: Cells) -> Flags:
        """Which cells are tested on, shape (n,): none of their slides is trained on."""
        known = (cells.part != "") & (cells.source != SIMULATED)
        return cells.whole & known & ~self.trained_on(cells)


RUNS = {
    run.name: run
    for run in (
        Run("a-to-b", "A", "bccd"),
        Run("b-to-a", "B", "bccd"),
        Run("a-to-b-control", "A", "bccd", control=True),
        Run("b-to-a-control", "B", "bccd", control=True),
        Run("a-to-b-without-chula-pi", "A", "chula-pi"),
        Run("b-to-a-without-chula-pi", "B", "chula-pi"),
        Run("final", "AB", ""),
    )
}
