"""Makes a bundle from a trained run: TFLite in float32 and full int8, batch 1, output logits, and their card.

Needs TensorFlow (KERAS_BACKEND=tensorflow). The last softmax is left out: int8 probabilities would have steps of 1/256,
and the device applies its own softmax.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tomli_w
from leukoscope.reading.results import LABELS

from leukoscope_training.paper.network import build_with_weights
from leukoscope_training.paper.pictures import SIDE_PX, Bytes, PictureSet
from leukoscope_training.paper.runs import RUN, RUNS, WEIGHTS, divide
from leukoscope_training.shared.errors import TrainingError
from leukoscope_training.shared.tflite import Example, convert_to_bytes, quantise
from leukoscope_training.shared.weights import Weights, load_weights

INT8, FLOAT32 = "model.tflite", "model-float32.tflite"

REPRESENTATIVES = 200
"""Most training pictures from which the ranges of int8 values are taken."""


def to_tflite(weights: Weights, examples: Sequence[Example] | None) -> bytes:
    """Convert the network to a TFLite file: to full int8 (in and out) with the examples' ranges, else to float32."""
    model = build_with_weights(weights, softmax=False)
    fixed = keras.Input(batch_shape=(1, SIDE_PX, SIDE_PX, 3))
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(fixed, model(fixed)))
    return convert_to_bytes(converter, examples)


def choose_examples(pictures: Bytes) -> list[Example]:
    """Choose pictures at even distances from pictures of shape (n, 200, 200, 3), uint8.

    Two pixels of the first one are set to black and white, so that the int8 input has steps of 1/255 from 0.

    Returns:
        One input for each: (1, 200, 200, 3), float32, 0..1.
    """
    chosen = pictures[:: math.ceil(len(pictures) / REPRESENTATIVES)].copy()
    chosen[0, 0, 0], chosen[0, 0, 1] = 0, 255
    return [[picture[None].astype(np.float32) / 255] for picture in chosen]


def convert(run_folder: Path, bundle: Path, pictures: PictureSet, part_of: dict[str, str]) -> None:
    """Write a run's two models and their card into a bundle's folder.

    The int8 ranges come from the training pictures, the accuracy of the files from the test pictures.

    Args:
        run_folder: The run's folder. Its name is the run's name.
        bundle: The folder to write.
        pictures: All prepared pictures.
        part_of: The part of each picture in the run's split, by its SHA-256.

    Raises:
        TrainingError: The run is not finished, or Keras does not use TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise TrainingError("converting needs TensorFlow: set KERAS_BACKEND=tensorflow")
    if not (run_folder / RUN).exists():
        raise TrainingError(
            f"{run_folder}: the run is not finished: `leukoscope-train paper train`"
        )
    facts = tomllib.loads((run_folder / RUN).read_text(encoding="utf-8"))
    run = RUNS[run_folder.name]
    parts = divide(pictures, run, part_of, facts["seed"])
    shown = pictures.cut_out if run.ablation else pictures.whole
    weights = load_weights(run_folder / WEIGHTS)
    files = {
        FLOAT32: to_tflite(weights, None),
        INT8: to_tflite(weights, choose_examples(shown[parts.train])),
    }
    bundle.mkdir(parents=True, exist_ok=True)
    accuracy = {}
    for name, content in files.items():
        (bundle / name).write_bytes(content)
        predicted = _classify(content, shown[parts.test])
        accuracy[name] = round(float((predicted == pictures.label[parts.test]).mean()), 4)
        print(f"{bundle / name}: {len(content)} bytes, test accuracy {accuracy[name]}")
    sha256 = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    card = {
        "schema": 1,
        "name": bundle.name,
        "version": "0.2.0",
        "kind": "fields",
        "file": INT8,
        "sha256": sha256[INT8],
        "labels": list(LABELS),
        "intended_use": (
            "Research only. Not a diagnosis. The published recipe, to compare with and to show what "
            "it learns from. It was trained on whole fields squashed to a square and not flattened; "
            "the device shows it flattened squares of one scale. It never names a class."
        ),
        "input": {
            "width_px": SIDE_PX,
            "height_px": SIDE_PX,
            "um_per_px": find_scale(pictures.short_side_um),
            "channels": "RGB",
            "scale": 1 / 255,
            "offset": 0.0,
        },
        # Not calibrated, and what it knows is not of white cells: no class is ever named.
        "output": {
            "kind": "logits",
            "temperature": 1.0,
            "class_threshold": 1.0,
            "pattern_threshold": 1.0,
        },
        "float32": {"file": FLOAT32, "sha256": sha256[FLOAT32]},
        "training": facts,
        "measured": {
            "whole_fields_squashed": len(parts.test),
            "accuracy_int8": accuracy[INT8],
            "accuracy_float32": accuracy[FLOAT32],
        },
    }
    (bundle / "card.toml").write_text(tomli_w.dumps(card), encoding="utf-8")


def find_scale(short_side_um: npt.NDArray[np.float64]) -> float:
    """Return the µm per px at which 200 px are the largest square that fits into every prepared field.

    A squashed field has two scales: across it has about twice as many µm per pixel as down. This is the one down.
    """
    return math.floor(100 * float(short_side_um.min()) / SIDE_PX) / 100


def _classify(content: bytes, pictures: Bytes) -> npt.NDArray[np.int64]:
    """Predict the class of each picture with a TFLite file; shape (n,), int64."""
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    entry, exit_ = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    predicted = []
    for picture in pictures:
        values = picture[None].astype(np.float32) / 255
        if entry["dtype"] == np.int8:
            values = quantise(values, *entry["quantization"])
        interpreter.set_tensor(entry["index"], values)
        interpreter.invoke()
        predicted.append(int(interpreter.get_tensor(exit_["index"])[0].argmax()))
    return np.array(predicted, np.int64)
