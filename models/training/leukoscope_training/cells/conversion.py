"""Converts a trained run to TFLite, in float32 and full int8. Batch 1, inputs `picture` and `geometry`, output logits.

Needs TensorFlow (KERAS_BACKEND=tensorflow).
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from leukoscope_training.cells.card import FLOAT32, INT8
from leukoscope_training.cells.dataset import CLUTTER, SIMULATED, Cells, Floats
from leukoscope_training.cells.network import build, multiplications
from leukoscope_training.cells.runs import WEIGHTS, CellRun
from leukoscope_training.cells.targets import make_targets
from leukoscope_training.cells.training import NetworkInput, make_input
from leukoscope_training.shared.errors import TrainingError
from leukoscope_training.shared.tflite import Example, convert_to_bytes, quantise
from leukoscope_training.shared.weights import Weights, load_weights

REPRESENTATIVES = 100
"""Most training cells from which the ranges of int8 values are taken. With more cells, unusual ones with large values
make the steps too coarse for the others: with 500 the shipped network lost 3 points of accuracy, with 100 none."""


def to_tflite(weights: Weights, examples: list[Example] | None) -> bytes:
    """Convert the network to a TFLite file: to full int8 (in and out) with the examples' ranges, else to float32."""
    model = build(batch=1)
    model.set_weights(weights)
    # A saved model keeps the inputs' names; a Keras model does not.
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        return convert_to_bytes(tf.lite.TFLiteConverter.from_saved_model(folder), examples)


def choose_examples(shown: NetworkInput) -> list[Example]:
    """Choose cells at even distances, and one with a pixel of 255, which gives the int8 input steps of 1/255 from 0.

    A pixel that is set to 255 by hand would do that too. But no cell looks like that, and the steps of later layers
    would become coarser.

    Returns:
        Inputs of batch 1.

    Raises:
        TrainingError: No cell has a pixel of 255.
    """
    rows = np.arange(0, len(shown.picture), math.ceil(len(shown.picture) / REPRESENTATIVES))
    full = np.flatnonzero(shown.picture.max(axis=(1, 2, 3)) == 255)
    if not len(full):
        raise TrainingError(
            "no cell has a pixel of full density, which the int8 input needs for its range"
        )
    chosen = np.append(rows, full[0])
    return [
        {"picture": picture[None].astype(np.float32) / 255, "geometry": geometry[None]}
        for picture, geometry in zip(shown.picture[chosen], shown.geometry[chosen], strict=True)
    ]


def convert(run: CellRun, run_folder: Path, bundle: Path, cells: Cells) -> None:
    """Write a run's two models into a bundle's folder, and print how int8 changes the results on its test cells.

    A run without test cells is compared on its real training cells. That says nothing about other cells.
    """
    weights = load_weights(run_folder / WEIGHTS)
    trained = cells.take(run.trained_on(cells))
    # Clutter has a wider range than real cells and would make the int8 steps too coarse for them.
    real = trained.take(~np.isin(trained.source, (SIMULATED, CLUTTER)))
    examples = choose_examples(make_input(real, run.ablation))
    bundle.mkdir(parents=True, exist_ok=True)
    print(f"{multiplications():,} MACs a cell")
    compared = cells.take(run.tested_on(cells))
    what = "test cells"
    if not len(compared):
        compared, what = real, "its own training cells"
    logits = {}
    for name, content in (
        (FLOAT32, to_tflite(weights, None)),
        (INT8, to_tflite(weights, examples)),
    ):
        (bundle / name).write_bytes(content)
        logits[name] = _run_model(content, make_input(compared, run.ablation))
        right = np.take_along_axis(
            make_targets(compared)[:, 0], logits[name].argmax(axis=1)[:, None], axis=1
        )
        print(
            f"{bundle / name}: {len(content)} bytes; right type, {len(right)} {what}: "
            f"{right.mean():.4f}"
        )
    same = logits[FLOAT32].argmax(axis=1) == logits[INT8].argmax(axis=1)
    print(f"{same.mean():.4f} of {len(same)} {what} have the same type in int8 as in float32")


def _run_model(content: bytes, shown: NetworkInput) -> Floats:
    """Run a TFLite file on n cells; returns the logits, shape (n, types)."""
    interpreter = tf.lite.Interpreter(model_content=content)
    runner = interpreter.get_signature_runner()
    inputs = runner.get_input_details()
    (name, output), *_ = runner.get_output_details().items()
    print(
        ", ".join(
            f"{key}: {detail['dtype'].__name__} {detail['quantization']}"
            for key, detail in (*inputs.items(), (name, output))
        )
    )
    rows = []
    for picture, geometry in zip(shown.picture, shown.geometry, strict=True):
        given = {"picture": picture[None].astype(np.float32) / 255, "geometry": geometry[None]}
        if output["dtype"] == np.int8:
            given = {
                key: quantise(value, *inputs[key]["quantization"]) for key, value in given.items()
            }
        value = runner(**given)[name][0]
        if output["dtype"] == np.int8:
            scale, zero = output["quantization"]
            value = (value.astype(np.float32) - zero) * scale
        rows.append(value)
    return np.array(rows, np.float32)
