"""A trained run as TFLite: float32 and full int8, batch 1, inputs `picture` and `geometry`, logits out.

Needs TensorFlow (KERAS_BACKEND=tensorflow).
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from leukoscope_training.cells import results
from leukoscope_training.cells.card import FLOAT32, INT8
from leukoscope_training.cells.dataset import CLUTTER, SIMULATED, Cells, Floats
from leukoscope_training.cells.network import Weights, build, load_weights, multiplications
from leukoscope_training.cells.runs import WEIGHTS, CellRun
from leukoscope_training.cells.training import NetworkInput, make_input, softmax
from leukoscope_training.shared.errors import TrainingError
from leukoscope_training.shared.tflite import Example, convert_to_bytes, quantise

REPRESENTATIVES = 100
"""Training cells at most that the ranges of int8 values are taken from. More hold odder cells, whose large values
make the steps too coarse for the others: with 500 the shipped network lost 3 points, with 100 none."""


def to_tflite(weights: Weights, examples: list[Example] | None) -> bytes:
    """The network as a TFLite file: float32, or full int8 (in and out) with the ranges of `examples`."""
    model = build(batch=1)
    model.set_weights(weights)
    # From a saved model the inputs keep their names; from a Keras model they don't.
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        return convert_to_bytes(tf.lite.TFLiteConverter.from_saved_model(folder), examples)


def choose_examples(shown: NetworkInput) -> list[Example]:
    """Inputs of batch 1, spread over the cells, one of them with a pixel of 255.

    The picture's steps are then bytes: 1/255, from 0 on. A pixel painted white would do that too, but
    its like is in no cell, and what it makes of the layers after it would widen their steps.
    """
    rows = np.arange(0, len(shown.picture), math.ceil(len(shown.picture) / REPRESENTATIVES))
    full = np.flatnonzero(shown.picture.max(axis=(1, 2, 3)) == 255)
    if not len(full):
        raise TrainingError("no cell has a pixel of full density: int8's steps would be no bytes")
    chosen = np.append(rows, full[0])
    return [
        {"picture": picture[None].astype(np.float32) / 255, "geometry": geometry[None]}
        for picture, geometry in zip(shown.picture[chosen], shown.geometry[chosen], strict=True)
    ]


def convert(run: CellRun, run_folder: Path, bundle: Path, cells: Cells) -> None:
    """Write a run's two models into a bundle's folder, and print what int8 costs on its test cells.

    A run that tests on nothing is compared on its real training cells, which says nothing of others.
    """
    weights = load_weights(run_folder / WEIGHTS)
    trained = cells.take(run.trained_on(cells))
    # Drawn things reach further than real cells, and would make int8's steps too coarse for these.
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
        found = results.CellPredictions(compared.kind, compared.box, softmax(logits[name]))
        print(
            f"{bundle / name}: {len(content)} bytes; {what}: leukaemias "
            f"{np.mean(results.leukaemia_recalls(found)):.4f}, "
            f"five types {np.mean(results.five_types_f1(found)):.4f}"
        )
    same = logits[FLOAT32].argmax(axis=1) == logits[INT8].argmax(axis=1)
    print(f"{same.mean():.4f} of {len(same)} {what} have the same type in int8 as in float32")


def _run_model(content: bytes, shown: NetworkInput) -> Floats:
    """What a TFLite file says of n cells, shape (n, 12)."""
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
