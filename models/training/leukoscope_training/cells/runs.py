"""The runs: which cells they train and test on, and the names of their files."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from leukoscope_training.cells.dataset import CLUTTER, SIMULATED, Cells, Flags, Texts
from leukoscope_training.cells.laboratories import LABORATORIES

WEIGHTS = "weights.npz"
PREDICTIONS = "predictions.npz"
RUN = "run.toml"

LAHORE_TRAINING = frozenset(f"lld-40x/patient-{number:02}" for number in (1, 12, 24, 27, 32))
"""The training patients of the set's authors; half A."""


@dataclass(frozen=True)
class CellRun:
    """One training and its test, always of whole cells. Each training includes the simulator's cells and clutter.

    Attributes:
        name: Name of the run.
        left_out: What is not trained on but tested: the folder of a laboratory, the half "A" or "B" of all patients
            and slides, or "" for nothing.
        ablation: Whether the cells are cut out.
    """

    name: str
    left_out: str
    ablation: bool = False

    def trained_on(self, cells: Cells) -> Flags:
        """Return which cells are trained on, shape (n,)."""
        return np.asarray(cells.whole & ~self._find_left_out(cells))

    def tested_on(self, cells: Cells) -> Flags:
        """Return which cells are tested on, shape (n,). None of their patients is trained on."""
        return np.asarray(cells.whole & self._find_left_out(cells))

    def _find_left_out(self, cells: Cells) -> Flags:
        if self.left_out in HALVES:
            real = ~np.isin(cells.source, (SIMULATED, CLUTTER))
            return np.asarray(real & (find_halves(cells.group) == self.left_out))
        return np.asarray(cells.source == self.left_out)


def find_halves(group: Texts) -> Texts:
    """Return the half, "A" or "B", of each patient or slide.

    Lahore's halves are those of the set's authors. The others are drawn by a checksum of the name, so that they do
    not change when patients are added.
    """
    half = {
        name: "A"
        if name in LAHORE_TRAINING
        or (not name.startswith("lld-40x/") and zlib.crc32(name.encode()) % 2)
        else "B"
        for name in set(group.tolist())
    }
    return np.array([half[name] for name in group.tolist()], np.str_)


HALVES = ("A", "B")
LEFT_OUT = tuple(f"without-{one.folder}" for one in LABORATORIES)
"""Runs that leave a laboratory out whole. Together they test each real cell once."""

_PLAIN = (
    *(CellRun(name, one.folder) for name, one in zip(LEFT_OUT, LABORATORIES, strict=True)),
    CellRun("half-a", "A"),
    CellRun("half-b", "B"),
)

PATIENT_DISJOINT = ("half-a", "half-b")
"""Runs that leave half of the patients and slides out. Together they test each real cell once."""

RUNS = {
    run.name: run
    for run in (
        *_PLAIN,
        *(CellRun(f"{run.name}-ablation", run.left_out, ablation=True) for run in _PLAIN),
        CellRun("final", ""),
    )
}
