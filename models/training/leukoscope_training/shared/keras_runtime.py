"""Sets up Keras (precision, layout, devices), and predicts with a network."""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt

from leukoscope_training.shared.errors import TrainingError

PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def set_up(precision: str, devices: int) -> None:
    """Set Keras' precision, layout and devices.

    For PyTorch the channels are first: in bfloat16 on a CPU it then trains twice as fast.

    Args:
        precision: "float32", or "bfloat16", which keeps the weights in float32.
        devices: How many devices train, each with a share of every batch. More than one needs JAX.

    Raises:
        TrainingError: The backend or the machine does not have so many devices.
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
    """Return the backend and the devices that have a network's weights: "torch, cpu"."""
    value = model.weights[0].value
    if keras.backend.backend() == "jax":
        return ", ".join(["jax", *sorted(map(str, value.devices()))])
    return f"{keras.backend.backend()}, {value.device}"


def seed_dropout(model: keras.Model, epoch: int) -> None:
    """Seed dropout with the epoch, so that a continued training draws the same numbers."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
            layer.seed_generator.state.assign(np.array([layer.seed, epoch], np.uint32))


def predict(
    model: keras.Model, pictures: npt.NDArray[np.uint8], batch: int = 16
) -> npt.NDArray[np.float32]:
    """Return a network's output.

    Args:
        model: The network.
        pictures: Shape (n, side, side, 3), uint8.
        batch: Pictures at a time. The last batch is filled up, so that only one shape has to be compiled.

    Returns:
        Shape (n, 5).
    """
    parts = []
    for first in range(0, len(pictures), batch):
        part = pictures[first : first + batch]
        full = np.concatenate([part, np.zeros((batch - len(part), *part.shape[1:]), np.uint8)])
        given = model.predict_on_batch(full.astype(np.float32) / 255)
        parts.append(np.asarray(given, np.float32)[: len(part)])
    return np.concatenate(parts)
