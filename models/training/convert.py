"""Convert trained weights to TFLite: float32 and full int8, batch 1, logits out.

    python -m models.training.convert shipped models/field-cnn

Needs TensorFlow (KERAS_BACKEND=tensorflow). The last softmax is left out: int8 probabilities would
come in steps of 1/256, and the device scales logits by a temperature before its own softmax.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from . import keras_model
from .architecture import LayerWeights, load_weights
from .cache import fixed_windows, load_split
from .card import FLOAT32, INT8
from .sources import Split

REPRESENTATIVES = 80
"""Training windows of each set that the ranges of int8 values are taken from."""


def representatives(cache: Path) -> list[npt.NDArray[np.float32]]:
    """Windows, each (1, 200, 200, 3), float32, 0..1, spread over the training fields of each set.

    Two pixels are set to black and white, so that the input's steps are bytes: 1/255, from 0 on.
    """
    windows = np.concatenate(
        [
            fixed_windows(ready)[:: max(1, len(ready) // REPRESENTATIVES)]
            for ready in load_split(cache, Split.TRAIN).values()
        ]
    )
    windows[0, 0, 0] = 0
    windows[0, 0, 1] = 255
    return [window[None].astype(np.float32) / 255 for window in windows]


def to_tflite(
    weights: Sequence[LayerWeights], examples: Sequence[npt.NDArray[np.float32]] | None
) -> bytes:
    """The network as a TFLite file: float32, or full int8 (in and out) with ranges of `examples`."""
    model = keras_model.build(weights, softmax=False)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if examples is not None:

        def feed() -> Iterator[list[npt.NDArray[np.float32]]]:
            for example in examples:
                yield [example]

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = feed
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("recipe")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("build/training"))
    arguments = parser.parse_args()
    weights = load_weights(arguments.cache / arguments.recipe / "weights.npz")
    arguments.bundle.mkdir(parents=True, exist_ok=True)
    (arguments.bundle / FLOAT32).write_bytes(to_tflite(weights, None))
    (arguments.bundle / INT8).write_bytes(to_tflite(weights, representatives(arguments.cache)))
    for name in (FLOAT32, INT8):
        print(name, (arguments.bundle / name).stat().st_size, "bytes")


if __name__ == "__main__":
    main()
