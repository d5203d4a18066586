"""The paper's network as it states it: a Keras Sequential."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from .architecture import CLASSES, DENSE, DROPOUT, FILTERS, KERNEL_PX, LayerWeights


def build(
    weights: Sequence[LayerWeights], *, softmax: bool, batch: int | None = 1
) -> keras.Sequential:
    """The network with these weights. batch: None leaves it open, which runs slower on the device.

    softmax: with the paper's last activation; without it the output is the logits.
    """
    layers = keras.layers
    model = keras.Sequential([keras.Input(batch_shape=(batch, 200, 200, 3))])
    for filters in FILTERS:
        model.add(layers.Conv2D(filters, KERNEL_PX, activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    for size in DENSE:
        model.add(layers.Dense(size, activation="relu"))
        model.add(layers.Dropout(DROPOUT))
    model.add(layers.Dense(CLASSES, activation="softmax" if softmax else None))
    model.set_weights([array for layer in weights for array in layer])
    return model
