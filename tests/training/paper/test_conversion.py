"""From a trained run to a bundle that the device loads. Needs TensorFlow, in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from leukoscope.errors import RuntimeMissingError
from leukoscope.model.bundle import load_bundle
from leukoscope.model.interpreter import load_runtime
from leukoscope.model.readers import open_window_reader
from leukoscope_training.paper.pictures import PictureSet, save

if importlib.util.find_spec("tensorflow") is None or importlib.util.find_spec("keras") is None:
    pytest.skip("TensorFlow, of the [train] extra, is not installed", allow_module_level=True)

MAKE = """
import sys
from pathlib import Path
from leukoscope_training.paper import commands, network
from leukoscope_training.shared.weights import save_weights
folder = Path(sys.argv[1])
(folder / "a-to-b").mkdir()
model = network.build((4, 3, 2, 2, 2), normalised=False, seed=3)
save_weights(model.get_weights(), folder / "a-to-b" / "weights.npz")
(folder / "a-to-b" / "run.toml").write_text("seed = 1")
commands.read_split = lambda _: {f"{n:064x}": "AB"[n % 2] for n in range(40)}
from leukoscope_training.cli import main
words = ["paper", "convert", "a-to-b", str(folder / "bundle")]
sys.exit(main([*words, "--cache", str(folder), "--out", str(folder)]))
"""


@pytest.fixture(scope="module")
def bundle(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paper")
    pictures = np.random.default_rng(0).integers(0, 256, (40, 200, 200, 3), np.uint8)
    save(
        PictureSet(
            whole=pictures,
            cut_out=pictures,
            cells=np.ones(40, np.int64),
            label=np.arange(40) // 2 % 5,
            image=np.array([f"{number}.png" for number in range(40)]),
            group=np.array(["set/one"] * 40),
            sha256=np.array([f"{number:064x}" for number in range(40)]),
            short_side_um=np.array([89.6] * 20 + [84.6] * 20),
        ),
        folder,
    )
    packages = os.pathsep.join(str(checkout / name) for name in ("device", "models/training"))
    done = subprocess.run(
        [sys.executable, "-c", MAKE, str(folder)],
        env=os.environ | {"KERAS_BACKEND": "tensorflow", "PYTHONPATH": packages},
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "bundle"


def test_ok__the_device_loads_the_bundle(bundle: Path) -> None:
    try:
        load_runtime()
    except RuntimeMissingError as error:
        pytest.skip(str(error))
    model = open_window_reader(load_bundle(bundle), threads=1).model
    given = model.run(np.full((200, 200, 3), 128, np.uint8))
    assert sum(given) == pytest.approx(1)
    assert model.um_per_px == 0.42


def test_ok__the_card_never_lets_a_class_be_named(bundle: Path) -> None:
    thresholds = load_bundle(bundle).card.thresholds
    assert thresholds.label == thresholds.pattern == 1.0


def test_ok__the_int8_model_is_much_smaller(bundle: Path) -> None:
    int8, float32 = bundle / "model.tflite", bundle / "model-float32.tflite"
    assert 0 < int8.stat().st_size < float32.stat().st_size
