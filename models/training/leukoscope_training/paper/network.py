"""The paper's network in Keras 3: as written, and the nearest one that learns.

200x200x3 in, five convolutions of 3x3 with ReLU, each with max pooling, three dense layers with
dropout, softmax over five classes. The paper states neither the padding (here 'valid', Keras' default)
nor the sizes of the dense layers nor the dropout.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import keras
import numpy as np

from leukoscope_training.paper.pictures import SIDE_PX
from leukoscope_training.shared.errors import TrainingError
from leukoscope_training.shared.weights import Weights

FILTERS = (200, 150, 120, 80, 50)
DENSE = (256, 128, 64)
CLASSES = 5
KERNEL_PX = 3
MOMENTUM = 0.9
"""Of the running means of batch normalisation: an epoch has few steps."""


def count_filters(width: float) -> tuple[int, ...]:
    """Filters of each convolution, of which the network has the share `width`, above 0 and up to 1.

    Raises:
        TrainingError: The share is another number.
    """
    if not 0 < width <= 1:
        raise TrainingError(f"--width must be above 0 and at most 1, not {width}")
    return tuple(max(1, round(width * filters)) for filters in FILTERS)


def build(
    filters: Sequence[int],
    *,
    normalised: bool,
    dropout: float = 0.5,
    softmax: bool = True,
    side_px: int = SIDE_PX,
    seed: int = 0,
) -> keras.Sequential:
    """Build the network with new weights; in: (n, side, side, 3), 0..1; out: (n, 5).

    Pooling comes before ReLU: the values are the same, and only a quarter of them have to be rectified.

    Args:
        filters: Of each convolution.
        normalised: Whether each layer's input is batch-normalised, with He's initialisation and a last layer that
            starts at 0; `fold_normalisation` takes the normalisation out again.
        dropout: Share of values dropped after each dense layer.
        softmax: Whether the output is probabilities; else it is logits.
        side_px: Side of the pictures.
        seed: Of the weights and of dropout.
    """
    layers = keras.layers
    draws = itertools.count(1000 * seed)
    channels_first = keras.config.image_data_format() == "channels_first"

    def start() -> keras.Initializer:
        kind = keras.initializers.HeUniform if normalised else keras.initializers.GlorotUniform
        return kind(seed=next(draws))

    def normalise(axis: int) -> None:
        if normalised:
            model.add(layers.BatchNormalization(axis=axis, momentum=MOMENTUM))

    model = keras.Sequential([keras.Input((side_px, side_px, 3))])
    if channels_first:
        model.add(layers.Permute((3, 1, 2)))
    for count in filters:
        normalise(1 if channels_first else -1)
        model.add(layers.Conv2D(count, KERNEL_PX, kernel_initializer=start()))
        model.add(layers.MaxPooling2D())
        model.add(layers.ReLU())
    normalise(1 if channels_first else -1)
    model.add(layers.Flatten())
    for size in DENSE:
        model.add(layers.Dense(size, activation="relu", kernel_initializer=start()))
        normalise(-1)
        model.add(layers.Dropout(dropout, seed=next(draws)))
    last = keras.initializers.Zeros() if normalised else start()
    model.add(layers.Dense(CLASSES, kernel_initializer=last))
    model.add(layers.Activation("softmax" if softmax else "linear", dtype="float32"))
    return model


def fold_normalisation(weights: Weights) -> Weights:
    """Fold batch normalisation into the kernels: weights of the network as written, with the same output.

    Padding is 'valid', so folding is exact.

    Args:
        weights: Of a normalised network, as `get_weights` lists them: for each layer the gain, offset, mean and
            variance of the normalisation before it, then its kernel and bias.
    """
    epsilon = keras.layers.BatchNormalization().epsilon
    result: Weights = []
    for first in range(0, len(weights), 6):
        gain, offset, mean, variance, kernel, bias = (
            values.astype(np.float64) for values in weights[first : first + 6]
        )
        scale = gain / np.sqrt(variance + epsilon)
        shift = offset - mean * scale
        # The flattened feature map has its channels last, each at every place.
        inputs = kernel.shape[-2]
        scale, shift = np.resize(scale, inputs), np.resize(shift, inputs)
        bias = bias + (kernel * shift[:, None]).reshape(-1, len(bias)).sum(0)
        result += [(kernel * scale[:, None]).astype(np.float32), bias.astype(np.float32)]
    return result


def build_with_weights(weights: Weights, *, softmax: bool) -> keras.Sequential:
    """Build the network as written with these weights; their shapes give its filters."""
    filters = [values.shape[-1] for values in weights if values.ndim == 4]
    model = build(filters, normalised=False, softmax=softmax)
    model.set_weights(weights)
    return model
