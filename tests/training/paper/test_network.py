"""The paper's network: its sizes, and the normalisation that is folded away."""

from __future__ import annotations

import pytest

from tests.training.paper.examples import FILTERS, SIDE_PX, labelled  # isort: skip

import keras
import numpy as np
from leukoscope_training.paper.network import (
    build,
    build_with_weights,
    count_filters,
    fold_normalisation,
)
from leukoscope_training.shared.errors import TrainingError
from leukoscope_training.shared.keras_runtime import predict
from leukoscope_training.shared.weights import load_weights, save_weights


def shaken(model: keras.Sequential) -> keras.Sequential:
    """With weights, means and variances other than those that every network starts from."""
    rng = np.random.default_rng(3)
    model.set_weights([w + rng.normal(0, 0.1, w.shape) for w in model.get_weights()])
    return model


def test_ok__the_network_as_written_has_the_papers_layers() -> None:
    model = build(count_filters(1.0), normalised=False)
    convolutions = [
        layer.filters for layer in model.layers if isinstance(layer, keras.layers.Conv2D)
    ]
    assert convolutions == [200, 150, 120, 80, 50]
    assert model.input_shape == (None, 200, 200, 3)
    assert model.output_shape == (None, 5)
    assert [
        layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)
    ] == []


def test_ok__width_is_the_share_of_filters() -> None:
    assert count_filters(0.5) == (100, 75, 60, 40, 25)


@pytest.mark.parametrize("width", [0.0, -1.0, 1.01])
def test_fail__width_outside_its_range(width: float) -> None:
    with pytest.raises(TrainingError, match="--width"):
        count_filters(width)


@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
def test_ok__folded_weights_give_the_same_probabilities(layout: str) -> None:
    before = keras.config.image_data_format()
    keras.config.set_image_data_format(layout)
    try:
        normalised = shaken(build(FILTERS, normalised=True, side_px=SIDE_PX))
        plain = build(FILTERS, normalised=False, side_px=SIDE_PX)
    finally:
        keras.config.set_image_data_format(before)
    plain.set_weights(fold_normalisation(normalised.get_weights()))
    pictures = labelled(5).pictures
    expected = predict(normalised, pictures)
    assert expected.std(axis=0).max() > 1e-4
    np.testing.assert_allclose(predict(plain, pictures), expected, atol=1e-5)


def test_ok__stored_weights_are_the_network(tmp_path) -> None:
    weights = build((3, 2, 2, 2, 2), normalised=False, seed=1).get_weights()
    save_weights(weights, tmp_path / "weights.npz")
    again = build_with_weights(load_weights(tmp_path / "weights.npz"), softmax=True).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(weights, again, strict=True))


def test_fail__weights_that_are_not_there(tmp_path) -> None:
    with pytest.raises(TrainingError, match="train that run first"):
        load_weights(tmp_path / "weights.npz")
