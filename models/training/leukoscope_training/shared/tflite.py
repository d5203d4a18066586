"""Converts networks to TFLite, in float32 or full int8. Needs TensorFlow (KERAS_BACKEND=tensorflow)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf

Floats = npt.NDArray[np.float32]

Example = Sequence[Floats] | Mapping[str, Floats]
"""The inputs of a network for one example (batch 1), in order or by name."""


def convert_to_bytes(
    converter: tf.lite.TFLiteConverter, examples: Sequence[Example] | None
) -> bytes:
    """Return the TFLite file: full int8 (in and out) with the examples' ranges, or float32 without examples."""
    if examples is not None:

        def feed() -> Iterator[Example]:
            yield from examples

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = feed
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def quantise(values: Floats, scale: float, zero_point: int) -> npt.NDArray[np.int8]:
    """Convert values to an int8 tensor."""
    levels: npt.NDArray[np.int8] = np.clip(np.round(values / scale) + zero_point, -128, 127).astype(
        np.int8
    )
    return levels
