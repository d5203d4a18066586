"""The paper's network in Keras 3: as it is written there, and the nearest that learns.

200x200x3 in, five convolutions of 3x3 with ReLU, each with max pooling, three dense layers with
dropout, softmax over five classes. The paper states neither the padding (here 'valid', Keras' default)
nor the sizes of the dense layers nor the dropout.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from leukoscope_training.paper.pictures import SIDE_PX
from leukoscope_training.shared.errors import TrainingError

FILTERS = (200, 150, 120, 80, 50)
DENSE = (256, 128, 64)
CLASSES = 5
KERNEL_PX = 3
MOMENTUM = 0.9
"""Of the running means of batch normalisation: an epoch has few steps."""

Weights = list[npt.NDArray[np.float32]]


def count_filters(width: float) -> tuple[int, ...]:
    """Filters of each convolution when the network has the share `width` (above 0, to 1) of them.

    Raises TrainingError for any other share.
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
    """The network with fresh weights; in: (n, side, side, 3), 0..1; out: (n, 5).

    normalised: with batch normalisation of what goes into each layer, He's initialisation, and the
    last layer starting at nought; `fold_normalisation` takes the normalisation out again. softmax: without it the
    output is the logits. Pooling before ReLU gives the same values and leaves a quarter to rectify.
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
    """Weights of the network as written that gives what the normalised one gives when not training.

    weights: of a normalised network, as `get_weights` lists them; for each layer its normalisation's
    gain, offset, mean and variance, then kernel and bias. As padding is 'valid', folding is exact.
    The dense layers' normalisation comes before their kernel too, after the dropped-out values.
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


def save_weights(weights: Weights, path: Path) -> None:
    """Write weights of the network as written to an .npz file, in the order of the layers."""
    np.savez(path, *weights)


def load_weights(path: Path) -> Weights:
    """Read what `save_weights` wrote. Raises TrainingError where it is not there."""
    if not path.exists():
        raise TrainingError(f"{path} is not there: train that run first")
    with np.load(path) as arrays:
        return [arrays[f"arr_{number}"] for number in range(len(arrays.files))]


def build_with_weights(weights: Weights, *, softmax: bool) -> keras.Sequential:
    """The network as written with these weights, which also say how many filters it has."""
    filters = [values.shape[-1] for values in weights if values.ndim == 4]
    model = build(filters, normalised=False, softmax=softmax)
    model.set_weights(weights)
    return model
