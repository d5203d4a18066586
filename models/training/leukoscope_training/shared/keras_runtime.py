"""Keras made ready: precision, layout, devices, and numbers out of a network."""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt

from leukoscope_training.shared.errors import TrainingError

PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def set_up(precision: str, devices: int) -> None:
    """Set Keras' precision ("float32" or "bfloat16", which keeps weights in float32) and devices.

    devices: how many train, each on its share of every batch; more than one needs JAX. PyTorch has
    channels first: in bfloat16 on a processor that trains twice as fast. Raises TrainingError.
    """
    backend = keras.backend.backend()
    keras.config.set_dtype_policy(PRECISIONS[precision])
    first = backend == "torch"
    keras.config.set_image_data_format("channels_first" if first else "channels_last")
    if devices == 1:
        return
    if backend != "jax":
        raise TrainingError(f"--devices {devices} needs KERAS_BACKEND=jax, not {backend}")
    found = keras.distribution.list_devices()
    if not 1 <= devices <= len(found):
        raise TrainingError(f"--devices {devices}: this machine has {len(found)}")
    parallel = keras.distribution.DataParallel(devices=found[:devices])
    keras.distribution.set_distribution(parallel)


def describe_device(model: keras.Model) -> str:
    """Backend and devices that hold a network's weights: "torch, cpu"."""
    value = model.weights[0].value
    if keras.backend.backend() == "jax":
        return ", ".join(["jax", *sorted(map(str, value.devices()))])
    return f"{keras.backend.backend()}, {value.device}"


def predict(
    model: keras.Model, pictures: npt.NDArray[np.uint8], batch: int = 16
) -> npt.NDArray[np.float32]:
    """What a network gives; shape (n, 5), of pictures of shape (n, side, side, 3), uint8.

    batch: pictures at a time; the last ones are filled up, so that only one shape is ever compiled.
    """
    parts = []
    for first in range(0, len(pictures), batch):
        part = pictures[first : first + batch]
        full = np.concatenate([part, np.zeros((batch - len(part), *part.shape[1:]), np.uint8)])
        given = model.predict_on_batch(full.astype(np.float32) / 255)
        parts.append(np.asarray(given, np.float32)[: len(part)])
    return np.concatenate(parts)
