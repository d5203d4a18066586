"""Made the tiny models beside it, which are the project's own work; needs TensorFlow:

    python tests/model/data/make_models.py

right.tflite answers the biases, of whatever 8 x 8 window; the others each have one thing wrong.
"""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

HERE = Path(__file__).parent
MODELS = {
    "right": ((1, 8, 8, 3), tf.float32, 5),
    "wrong-input": ((1, 8, 9, 3), tf.float32, 5),
    "wrong-output": ((1, 8, 8, 3), tf.float32, 4),
    "wrong-type": ((1, 8, 8, 3), tf.int32, 5),
}


def main() -> None:
    for name, (shape, dtype, classes) in MODELS.items():

        @tf.function(input_signature=[tf.TensorSpec(shape, dtype)])
        def answer(window, classes=classes):
            mean = tf.reduce_mean(tf.cast(window, tf.float32), axis=[1, 2, 3])
            return mean[:, None] * 0.0 + tf.range(classes, dtype=tf.float32)[None]

        concrete = answer.get_concrete_function()
        converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
        (HERE / f"{name}.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main()
