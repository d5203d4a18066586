"""Finds the temperature that makes a cell's probabilities right on average, on boxed cells of slides not trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from leukoscope.reading.cell_types import CELL_TYPES

from leukoscope_training.cells.dataset import Floats
from leukoscope_training.cells.results import CellPredictions, read_predictions
from leukoscope_training.cells.runs import HALVES, PREDICTIONS
from leukoscope_training.cells.targets import FIVE_TYPES
from leukoscope_training.shared.errors import TrainingError

TEMPERATURES = np.round(np.arange(0.3, 2.01, 0.05), 2)


def temper(probabilities: Floats, temperature: float) -> Floats:
    """Divide the logits of probabilities, shape (n, 12), by a temperature (Guo et al., ICML 2017)."""
    powers = np.maximum(probabilities, 1e-12) ** (1 / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def find_temperature(runs: Path) -> float:
    """Find the temperature with the least negative log-likelihood of the experts' types.

    Raises:
        TrainingError: A run is missing, or no boxed cell of chula-pi was tested.
    """
    found = [read_predictions(runs / name / PREDICTIONS) for name in HALVES]
    losses = [
        float(np.concatenate([_find_losses(one, temperature) for one in found]).mean())
        for temperature in TEMPERATURES
    ]
    if not np.isfinite(losses).all():
        raise TrainingError(f"{runs}: no boxed cell of chula-pi was tested: prepare all sets")
    return float(TEMPERATURES[int(np.argmin(losses))])


def _find_losses(found: CellPredictions, temperature: float) -> Floats:
    names = [cell_type.value for cell_type in FIVE_TYPES]
    rows = np.flatnonzero((found.kind == "chula-pi") & np.isin(found.box, names))
    truth = [CELL_TYPES.index(FIVE_TYPES[names.index(box)]) for box in found.box[rows]]
    probabilities = temper(found.probabilities[rows], temperature)
    return -np.log(np.maximum(probabilities[np.arange(len(rows)), truth], 1e-12))
