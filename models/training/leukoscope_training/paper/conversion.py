"""A trained run as a bundle: float32 and full int8 TFLite, batch 1, logits out, and their card.

Needs TensorFlow (KERAS_BACKEND=tensorflow). The last softmax is left out: int8 probabilities would
come in steps of 1/256, and the device applies its own.
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

from leukoscope_training.paper.network import Weights, build_with_weights, load_weights
from leukoscope_training.paper.pictures import SIDE_PX, Bytes, PictureSet
from leukoscope_training.paper.runs import RUN, RUNS, WEIGHTS, divide
from leukoscope_training.shared.errors import TrainingError
from leukoscope_training.shared.tflite import Example, convert_to_bytes, quantise

INT8, FLOAT32 = "model.tflite", "model-float32.tflite"

REPRESENTATIVES = 200
"""Training pictures at most that the ranges of int8 values are taken from."""


def to_tflite(weights: Weights, examples: Sequence[Example] | None) -> bytes:
    """The network as a TFLite file: float32, or full int8 (in and out) with the ranges of `examples`."""
    model = build_with_weights(weights, softmax=False)
    fixed = keras.Input(batch_shape=(1, SIDE_PX, SIDE_PX, 3))
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(fixed, model(fixed)))
    return convert_to_bytes(converter, examples)


def choose_examples(pictures: Bytes) -> list[Example]:
    """One picture each, (1, 200, 200, 3), float32, 0..1, spread over the pictures, shape (n, 200, 200, 3).

    Two pixels are set to black and white, so that the input's steps are bytes: 1/255, from 0 on.
    """
    chosen = pictures[:: math.ceil(len(pictures) / REPRESENTATIVES)].copy()
    chosen[0, 0, 0], chosen[0, 0, 1] = 0, 255
    return [[picture[None].astype(np.float32) / 255] for picture in chosen]


def convert(run_folder: Path, bundle: Path, pictures: PictureSet, part_of: dict[str, str]) -> None:
    """Write a run's two models and their card into a bundle's folder.

    The training pictures give the int8 ranges; the test pictures say what the files are worth.
    Raises TrainingError where the run is not finished, or Keras' backend is another one.
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
    seen = pictures.cut_out if run.ablation else pictures.whole
    weights = load_weights(run_folder / WEIGHTS)
    files = {
        FLOAT32: to_tflite(weights, None),
        INT8: to_tflite(weights, choose_examples(seen[parts.train])),
    }
    bundle.mkdir(parents=True, exist_ok=True)
    accuracy = {}
    for name, content in files.items():
        (bundle / name).write_bytes(content)
        said = _classify(content, seen[parts.test])
        accuracy[name] = round(float((said == pictures.label[parts.test]).mean()), 4)
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
    """The scale at which 200 px are the largest square that every prepared field holds, in µm per px.

    A squashed field has no scale: about twice as many µm per pixel across as down. Down, it is this.
    """
    return math.floor(100 * float(short_side_um.min()) / SIDE_PX) / 100


def _classify(content: bytes, pictures: Bytes) -> npt.NDArray[np.int64]:
    """The class that a TFLite file says of each picture; shape (n,), int64."""
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    entry, exit_ = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    said = []
    for picture in pictures:
        values = picture[None].astype(np.float32) / 255
        if entry["dtype"] == np.int8:
            values = quantise(values, *entry["quantization"])
        interpreter.set_tensor(entry["index"], values)
        interpreter.invoke()
        said.append(int(interpreter.get_tensor(exit_["index"])[0].argmax()))
    return np.array(said, np.int64)
