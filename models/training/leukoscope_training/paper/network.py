"""The paper's network in Keras 3: as the paper describes it, and the most similar network that learns.

Its input is 200x200x3. It has five convolutions of 3x3 with ReLU, each with max pooling, three dense layers with
dropout, and softmax over five classes. The paper does not state the padding (here 'valid', Keras' default), the sizes
of the dense layers or the dropout.
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
"""Momentum of the running means of batch normalisation. It is low because an epoch has few steps."""


def count_filters(width: float) -> tuple[int, ...]:
    """Return the number of filters of each convolution: the share `width` (above 0 and up to 1) of the paper's.

    Raises:
        TrainingError: The share is out of range.
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
    """Build the network with new weights. Its input is (n, side, side, 3), 0..1, its output (n, 5).

    Pooling is before ReLU. The values are the same, and ReLU has only a quarter as many to compute.

    Args:
        filters: Number of filters of each convolution.
        normalised: Whether each layer's input is batch-normalised, with He's initialisation and a last layer that
            starts at 0. `fold_normalisation` removes the normalisation again.
        dropout: Share of values dropped after each dense layer.
        softmax: Whether the output is probabilities. Otherwise it is logits.
        side_px: Side of the pictures.
        seed: Seed of the weights and of dropout.
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
    """Fold batch normalisation into the kernels. The network without normalisation then gives the same output.

    Padding is 'valid', so folding is exact.

    Args:
        weights: The weights of a normalised network, in the order of `get_weights`: for each layer the gain, offset,
            mean and variance of the normalisation before it, then its kernel and bias.
    """
    epsilon = keras.layers.BatchNormalization().epsilon
    result: Weights = []
    for first in range(0, len(weights), 6):
        gain, offset, mean, variance, kernel, bias = (
            values.astype(np.float64) for values in weights[first : first + 6]
        )
        scale = gain / np.sqrt(variance + epsilon)
        shift = offset - mean * scale
        # In the flattened feature map the channels are last, so they repeat for every place.
        inputs = kernel.shape[-2]
        scale, shift = np.resize(scale, inputs), np.resize(shift, inputs)
        bias = bias + (kernel * shift[:, None]).reshape(-1, len(bias)).sum(0)
        result += [(kernel * scale[:, None]).astype(np.float32), bias.astype(np.float32)]
    return result


def build_with_weights(weights: Weights, *, softmax: bool) -> keras.Sequential:
    """Build the network without normalisation from these weights. Their shapes give the numbers of filters."""
    filters = [values.shape[-1] for values in weights if values.ndim == 4]
    model = build(filters, normalised=False, softmax=softmax)
    model.set_weights(weights)
    return model
