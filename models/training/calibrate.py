"""Fit a bundle's temperature and thresholds on validation fields, and write its card.

    python -m models.training.calibrate models/field-cnn

Each validation field is seen as it is and in recoloured, turned, blurred copies. Validation fields
of leukaemia are other fields of the training patients: without such copies the model would look
surer of a new patient than it is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from device.reading.results import LABELS

from .augment import FIELD, window
from .cache import MODEL_UM_PER_PX, WINDOW_PX, Ready, fixed_windows, load_split
from .calibration import (
    PATTERNS,
    even_weights,
    fit_temperature,
    fit_threshold,
    patterns,
    softmax,
)
from .card import FLOAT32, INT8, write_card
from .runtime import logits
from .sources import Split, sha256_of

COPIES = 3

INTENDED_USE = (
    "Research only. Not a diagnosis. Sorts one 68 um square of a stained blood smear at 40x into "
    "normal, ALL, AML (with APML), CML, CLL, to study how such an instrument behaves."
)

TRAINING = {
    "network": "Alkareem & Al-Dergazly 2024, five convolutions and three dense layers, 3135 M MAC",
    "recipe": "models/training/recipes.py: shipped",
    "seed": 1,
    "command": "python -m models.training.train shipped (then convert, calibrate, evaluate)",
    "split": "by patient and slide: models/training/splits, models/training/README.md",
    "data": [
        "Large Leukemia Dataset (LeukemiaAttri), 40x, Rehman et al., MICCAI 2024: no licence "
        "stated, research use, images not redistributed",
        "Chulalongkorn University white cells (Raspberry Pi camera): MIT",
        "rendered by device.simulator, seeds 10000 to 10059",
    ],
    "external_test": "BCCD: MIT",
}


def copies(ready: Ready, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Changed copies of the windows, one a field, shape (n, 200, 200, 3)."""
    half = WINDOW_PX / 2
    torch.set_num_threads(1)  # small steps: threads would only wait for each other
    seen = [
        window(picture, (x0 + half, y0 + half), FIELD, rng).permute(1, 2, 0).numpy()
        for picture, (x0, y0) in zip(ready.intact, ready.windows.tolist(), strict=True)
    ]
    return np.rint(np.stack(seen) * 255).astype(np.uint8)


def calibrate(bundle: Path, cache: Path) -> None:
    """Write the card of a bundle whose two TFLite files are there."""
    rng = np.random.default_rng(0)
    windows, label, kind = [], [], []
    for name, ready in load_split(cache, Split.VAL).items():
        for number in range(1 + COPIES):
            windows.append(copies(ready, rng) if number else fixed_windows(ready))
            label.append(ready.label)
            kind.append(ready.label + len(LABELS) * (name == "rendered"))
    truth, weight = np.concatenate(label), even_weights(np.concatenate(kind))
    rows = logits(bundle / INT8, np.concatenate(windows))
    temperature = round(fit_temperature(rows, truth, weight), 3)
    probabilities = softmax(rows, temperature)
    write_card(
        bundle,
        {
            "schema": 1,
            "name": bundle.name,
            "version": "0.1.0",
            "file": INT8,
            "sha256": sha256_of(bundle / INT8),
            "labels": list(LABELS),
            "intended_use": INTENDED_USE,
            "input": {
                "width_px": WINDOW_PX,
                "height_px": WINDOW_PX,
                "um_per_px": MODEL_UM_PER_PX,
                "channels": "RGB",
                "scale": 1 / 255,
                "offset": 0.0,
            },
            "output": {
                "kind": "logits",
                "temperature": temperature,
                "class_threshold": fit_threshold(probabilities, truth, weight),
                "pattern_threshold": fit_threshold(
                    patterns(probabilities), PATTERNS[truth], weight
                ),
            },
            "float32": {"file": FLOAT32, "sha256": sha256_of(bundle / FLOAT32)},
            "training": TRAINING,
        },
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("build/training"))
    arguments = parser.parse_args()
    calibrate(arguments.bundle, arguments.cache)


if __name__ == "__main__":
    main()
