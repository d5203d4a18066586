"""Training: one seed gives one result, and a training that was stopped gives the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.paper.examples import FILTERS, SIDE_PX, TINY, labelled  # isort: skip

import keras
import numpy as np
from leukoscope_training.paper import training
from leukoscope_training.paper.recipes import RECIPES
from leukoscope_training.paper.training import CHECKPOINT, HISTORY, Epoch, train
from leukoscope_training.shared.errors import TrainingError
from leukoscope_training.shared.keras_runtime import predict, set_up

TRAIN, VAL = labelled(15), labelled(5, seed=9)


@pytest.fixture(autouse=True)
def _single_precision() -> Iterator[None]:
    set_up("float32", 1)
    yield
    keras.config.set_image_data_format("channels_last")


def weights(model: keras.Model) -> bytes:
    return b"".join(array.tobytes() for array in model.get_weights())


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """The weights and the history of a training that nothing stopped."""
    set_up("float32", 1)
    out = tmp_path_factory.mktemp("uninterrupted")
    return weights(train(TINY, FILTERS, TRAIN, VAL, out, 1)), (out / HISTORY).read_text()


def test_ok__one_seed_gives_one_result(uninterrupted: tuple[bytes, str], tmp_path: Path) -> None:
    again = train(TINY, FILTERS, TRAIN, VAL, tmp_path, 1)
    assert (weights(again), (tmp_path / HISTORY).read_text()) == uninterrupted


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_ok__a_stopped_training_goes_on_as_if_it_had_not_been(
    uninterrupted: tuple[bytes, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: int
) -> None:
    measured = []

    def stops(*arguments: object) -> np.ndarray:
        measured.append(1)
        if len(measured) == epoch:
            raise KeyboardInterrupt
        return predict(*arguments)

    monkeypatch.setattr(training, "predict", stops)
    with pytest.raises(KeyboardInterrupt):
        train(TINY, FILTERS, TRAIN, VAL, tmp_path, 1)
    monkeypatch.undo()
    went_on = train(TINY, FILTERS, TRAIN, VAL, tmp_path, 1)
    assert (weights(went_on), (tmp_path / HISTORY).read_text()) == uninterrupted


def test_ok__a_finished_training_is_not_trained_again(
    uninterrupted: tuple[bytes, str], tmp_path: Path
) -> None:
    train(TINY, FILTERS, TRAIN, VAL, tmp_path, 1)
    written = (tmp_path / CHECKPOINT).stat().st_mtime_ns
    assert weights(train(TINY, FILTERS, TRAIN, VAL, tmp_path, 1)) == uninterrupted[0]
    assert (tmp_path / CHECKPOINT).stat().st_mtime_ns == written


def test_ok__another_seed_gives_another_result(
    uninterrupted: tuple[bytes, str], tmp_path: Path
) -> None:
    assert weights(train(TINY, FILTERS, TRAIN, VAL, tmp_path, 2)) != uninterrupted[0]


def test_ok__the_history_has_a_line_an_epoch(uninterrupted: tuple[bytes, str]) -> None:
    lines = uninterrupted[1].splitlines()
    assert lines[0] == "epoch,accuracy,val_accuracy,loss,val_loss"
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2", "3"]


def test_ok__training_ends_when_validation_gets_no_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(RECIPES["as-written"], epochs=8, batch=4, patience=2)
    monkeypatch.setattr(training, "validate", lambda *_: (1.0, 0.2))
    train(recipe, FILTERS, TRAIN, VAL, tmp_path, 1)
    assert len((tmp_path / HISTORY).read_text().splitlines()) == 1 + 3


def test_fail__a_checkpoint_of_another_training(tmp_path: Path) -> None:
    train(replace(TINY, epochs=1), FILTERS, TRAIN, VAL, tmp_path, 1)
    with pytest.raises(TrainingError, match="another training"):
        train(replace(TINY, epochs=1), FILTERS, VAL, VAL, tmp_path, 1)


def test_fail__a_damaged_checkpoint(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(TrainingError, match="damaged checkpoint"):
        train(TINY, FILTERS, TRAIN, VAL, tmp_path, 1)


def test_ok__an_epoch_shows_each_picture_at_most_once() -> None:
    epoch = Epoch(TRAIN, 4, seed=1, epoch=0)
    pictures, label = zip(*(epoch[number] for number in range(len(epoch))), strict=True)
    assert np.concatenate(label).sum(0).max() <= 3
    assert np.concatenate(pictures).shape == (12, SIDE_PX, SIDE_PX, 3)


def test_fail__several_devices_without_jax() -> None:
    with pytest.raises(TrainingError, match="KERAS_BACKEND=jax"):
        set_up("float32", 2)


ON_ONE_AND_TWO_DEVICES = """
import sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from tests.training.paper.examples import FILTERS, labelled
from leukoscope_training.paper.recipes import RECIPES
from leukoscope_training.shared.keras_runtime import describe_device, set_up
from leukoscope_training.paper.training import train
recipe = replace(RECIPES["as-written"], epochs=1, batch=4, dropout=0.0)
trained = []
for devices in (1, 2):
    set_up("float32", devices)
    out = Path(sys.argv[1]) / str(devices)
    model = train(recipe, FILTERS, labelled(15), labelled(5, 9), out, 1)
    trained.append(np.concatenate([weight.ravel() for weight in model.get_weights()]))
    print("trained on", describe_device(model))
print("differ by", np.abs(trained[0] - trained[1]).mean())
"""


def test_ok__two_devices_train_as_one_does(checkout: Path, tmp_path: Path) -> None:
    pytest.importorskip("jax", reason="JAX, of the [train] extra, is not installed")
    packages = os.pathsep.join(str(checkout / name) for name in ("device", "models/training"))
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        # Without optimisation, since it is compiled longer than it runs.
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2 --xla_backend_optimization_level=0",
        "PYTHONPATH": packages,
    }
    done = subprocess.run(
        [sys.executable, "-c", ON_ONE_AND_TWO_DEVICES, str(tmp_path)],
        env=environment,
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "trained on jax, cpu:0\n" in done.stdout
    assert "trained on jax, cpu:0, cpu:1\n" in done.stdout
    # Sums in another order; Adam makes a step of the same size of a gradient of nearly nothing.
    assert float(done.stdout.split()[-1]) < 1e-5
