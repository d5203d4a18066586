"""The paper's network as the paper ships it: float32, softmax, the batch left open as Keras has it.

    python -m models.training.convert_as_paper models/paper-cnn

What `./setup.sh bench` compares the shipped model with. Needs TensorFlow (KERAS_BACKEND=tensorflow).
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import tensorflow as tf

from . import keras_model
from .architecture import load_weights
from .card import write_card

MODEL = "model.tflite"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("build/training"))
    arguments = parser.parse_args()
    weights = load_weights(arguments.cache / "paper" / "weights.npz")
    model = keras_model.build(weights, softmax=True, batch=None)
    converted = bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    arguments.bundle.mkdir(parents=True, exist_ok=True)
    (arguments.bundle / MODEL).write_bytes(converted)
    card = {
        "schema": 1,
        "name": "paper-cnn",
        "version": "0.1.0",
        "file": MODEL,
        "sha256": hashlib.sha256(converted).hexdigest(),
        "labels": ["normal", "ALL", "AML", "CML", "CLL"],
        "intended_use": "Comparison of speed only. Not a diagnosis. It has learned nothing: see README.md.",
        "input": {
            "width_px": 200,
            "height_px": 200,
            "um_per_px": 0.34,
            "channels": "RGB",
            "scale": 1 / 255,
            "offset": 0.0,
        },
        # A class is never named: all five are as probable for whatever field.
        "output": {
            "kind": "probabilities",
            "temperature": 1.0,
            "class_threshold": 1.0,
            "pattern_threshold": 1.0,
        },
    }
    write_card(arguments.bundle, card)
    print(MODEL, len(converted), "bytes")


if __name__ == "__main__":
    main()
