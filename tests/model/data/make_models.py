"""Made the tiny models beside it, which are the project's own work; needs TensorFlow:

    python -m tests.model.data.make_models

right.tflite answers the biases, of whatever 8 x 8 window; the wrong ones each have one thing wrong. window.tflite (full
int8) and window-float32.tflite are one network of chance weights that answers something else to each 200 x 200 window.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from tests.model.examples import windows

HERE = Path(__file__).parent
MODELS = {
    "right": ((1, 8, 8, 3), tf.float32, 5),
    "wrong-input": ((1, 8, 9, 3), tf.float32, 5),
    "wrong-output": ((1, 8, 8, 3), tf.float32, 4),
    "wrong-type": ((1, 8, 8, 3), tf.int32, 5),
}
SIDE, KERNEL, FILTERS = 200, 8, 24


def constant(shape: tuple[int, ...], dtype: tf.DType, classes: int) -> tf.lite.TFLiteConverter:
    """A model that answers 0, 1, 2, ... whatever it sees."""

    @tf.function(input_signature=[tf.TensorSpec(shape, dtype)])
    def answer(window):
        mean = tf.reduce_mean(tf.cast(window, tf.float32), axis=[1, 2, 3])
        return mean[:, None] * 0.0 + tf.range(classes, dtype=tf.float32)[None]

    concrete = answer.get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete])


def of_chance() -> tf.lite.TFLiteConverter:
    """A convolution, ReLU, the mean over the window and a dense layer: five logits."""
    rng = np.random.default_rng(5)
    kernel = rng.normal(0, 1 / KERNEL, (KERNEL, KERNEL, 3, FILTERS)).astype(np.float32)
    dense = rng.normal(0, 6, (FILTERS, 5)).astype(np.float32)

    @tf.function(input_signature=[tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32)])
    def answer(window):
        features = tf.nn.relu(tf.nn.conv2d(window - 0.7, kernel, KERNEL, "VALID"))
        return tf.matmul(tf.reduce_mean(features, axis=[1, 2]), dense)

    concrete = answer.get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete])


def examples() -> Iterator[list[np.ndarray]]:
    """Windows that the ranges of int8 values are taken from; black and white are among their pixels."""
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    for window in (*windows(SIDE), noise):
        yield [window[None].astype(np.float32) / 255]


def main() -> None:
    for name, (shape, dtype, classes) in MODELS.items():
        (HERE / f"{name}.tflite").write_bytes(constant(shape, dtype, classes).convert())
    (HERE / "window-float32.tflite").write_bytes(of_chance().convert())
    converter = of_chance()
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = examples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    (HERE / "window.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main()
