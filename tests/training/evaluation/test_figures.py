"""Figures are PNG files of a sensible size, of any data that can come."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib", reason="Matplotlib, of the [train] extra, is not installed")
pytest.importorskip("sklearn", reason="scikit-learn, of the [dev] extra, is not installed")

from leukoscope_training.evaluation import figures
from leukoscope_training.evaluation.intervals import Estimate
from leukoscope_training.evaluation.probabilities import reliability, roc

COUNTS = {"normal": 1374, "ALL": 860, "AML": 0, "CML": 5, "CLL": 298}
ROWS = [
    {"epoch": e, "accuracy": 0.5, "val_accuracy": 0.4, "loss": 1.0, "val_loss": 1.2} for e in (1, 2)
]
SCORES, POSITIVE = np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, True, False, True])

DRAWINGS: dict[str, Callable[[figures.Target], None]] = {
    "images_per_class": lambda path: figures.draw_images_per_class(COUNTS, path),
    "share_per_class": lambda path: figures.draw_share_per_class(COUNTS, path),
    "history": lambda path: figures.draw_history(ROWS, path),
    "history_of_one_epoch": lambda path: figures.draw_history(ROWS[:1], path),
    "confusion_matrix": lambda path: figures.draw_confusion(
        np.array([[5, 1], [0, 0]]), ("normal", "ALL"), path
    ),
    "reliability_plot": lambda path: figures.draw_reliability(
        reliability(np.array([[0.7, 0.3], [0.2, 0.8]]), np.array([0, 0])), 0.1, path
    ),
    "reliability_of_nothing": lambda path: figures.draw_reliability(
        reliability(np.empty((0, 2)), np.empty(0, np.int64)), float("nan"), path
    ),
    "roc_curve": lambda path: figures.draw_roc(
        {"intact": (*roc(SCORES, POSITIVE), Estimate(0.875, 0.5, 1.0, 4, 4))}, path
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_ok__a_png_is_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.png"
    DRAWINGS[name](path)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert min(image.size) > 300
        assert len(set(image.convert("L").get_flattened_data())) > 10


def test_ok__an_open_file_will_do() -> None:
    target = io.BytesIO()
    figures.draw_images_per_class(COUNTS, target)
    assert target.getvalue().startswith(b"\x89PNG")


def test_fail__no_share_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no images"):
        figures.draw_share_per_class({"normal": 0}, tmp_path / "share.png")
