"""The network in PyTorch, folded, and in Keras: all the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch, of the [train] extra, is not installed")

from models.training.architecture import load_weights, save_weights  # noqa: E402
from models.training.network import FieldCnn, keras_weights  # noqa: E402


@pytest.fixture(params=[False, True], ids=["paper", "normalised"])
def model(request: pytest.FixtureRequest) -> FieldCnn:
    torch.manual_seed(0)
    model = FieldCnn(normalised=request.param)
    for norm in model.norms or []:
        norm.running_mean.uniform_(-0.5, 0.5)
        norm.running_var.uniform_(0.5, 2)
        torch.nn.init.uniform_(norm.weight, -1, 1)
        torch.nn.init.uniform_(norm.bias, -0.5, 0.5)
    return model.eval()


def test_ok__it_has_the_papers_parameters(model: FieldCnn) -> None:
    assert sum(array.size for layer in keras_weights(model) for array in layer) == 806_933


def test_ok__weights_survive_a_file(model: FieldCnn, tmp_path: Path) -> None:
    weights = keras_weights(model)
    save_weights(weights, tmp_path / "weights.npz")
    for before, after in zip(weights, load_weights(tmp_path / "weights.npz"), strict=True):
        assert all((a == b).all() for a, b in zip(before, after, strict=True))


def test_ok__keras_gives_the_same_logits(model: FieldCnn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    pytest.importorskip("keras", reason="Keras, of the [train] extra, is not installed")
    from models.training import keras_model

    picture = np.random.default_rng(0).random((1, 200, 200, 3), np.float32)
    with torch.inference_mode():
        expected = model(torch.from_numpy(picture).permute(0, 3, 1, 2)).numpy()
    built = keras_model.build(keras_weights(model), softmax=False)
    assert np.allclose(built.predict(picture, verbose=0), expected, rtol=1e-3, atol=1e-3)
