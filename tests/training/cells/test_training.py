"""Training the cell reader, tiny: stopped and gone on with, it gives what it gives in one go."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras", reason="Keras, of the [train] extra, is not installed")

from leukoscope.reading.cell_types import BLASTS, CELL_TYPES
from leukoscope_training.cells import training
from leukoscope_training.cells.dataset import Cells
from leukoscope_training.cells.network import build, multiplications
from leukoscope_training.cells.training import CellRecipe, make_input, train
from leukoscope_training.shared.errors import TrainingError

GROUPS = ("lld-40x/patient-01", "lld-40x/patient-02", "chula-pi/1", "simulated/ALL/1")


def cells() -> Cells:
    """Twelve noise cells of each group."""
    random = np.random.default_rng(0)
    group = np.repeat(np.array(GROUPS), 12)
    count = len(group)
    picture = np.zeros((count, 64, 64, 3), np.uint8)
    picture[:, 20:44, 20:44] = random.integers(40, 220, (count, 24, 24, 3))
    surroundings = np.full_like(picture, 90)
    surroundings[:, 18:46, 18:46] = 0
    source = np.array([name.partition("/")[0] for name in group.tolist()])
    return Cells(
        picture=picture,
        surroundings=surroundings,
        measurements=random.uniform(1, 100, (count, 9)).astype(np.float32),
        colour=random.uniform(0.2, 0.6, (count, 3)).astype(np.float32),
        whole=np.ones(count, np.bool_),
        gates=np.ones(count, np.bool_),
        word=np.where(source == "lld-40x", "lymphoblast", "monocyte"),
        source=source,
        group=group,
        path=group,
    )


class StoppedError(Exception):
    """The power is gone."""


def test_ok__a_training_that_was_stopped_ends_as_one_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = CellRecipe(epochs=5, draws=16, batch=8)
    whole = train(cells(), tmp_path / "whole", 3, recipe=recipe).get_weights()
    write = training.checkpoint.write
    left = [4]

    def until_stopped(*given: object) -> None:
        write(*given)  # type: ignore[arg-type]
        left[0] -= 1
        if not left[0]:
            raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(training.checkpoint, "write", until_stopped)
        with pytest.raises(StoppedError):
            train(cells(), tmp_path / "parts", 3, recipe=recipe)
    parts = train(cells(), tmp_path / "parts", 3, recipe=recipe).get_weights()

    for one, other in zip(whole, parts, strict=True):
        assert np.array_equal(one, other)
    history = [(tmp_path / name / "history.csv").read_text() for name in ("whole", "parts")]
    assert history[0] == history[1]
    assert len(history[0].splitlines()) == 6


def test_fail__another_trainings_checkpoint_is_refused(tmp_path: Path) -> None:
    recipe = CellRecipe(epochs=1, draws=8, batch=8)
    train(cells(), tmp_path, 3, recipe=recipe)
    with pytest.raises(TrainingError, match="another training"):
        train(cells(), tmp_path, 4, recipe=recipe)


def test_ok__what_a_cell_is_not_compared_with_is_not_taught() -> None:
    # A laboratory without blasts: whatever the network says of blasts, the loss stays the same.
    blasts = [CELL_TYPES.index(cell_type) for cell_type in BLASTS]
    target = np.zeros((1, 2, len(CELL_TYPES)), np.float32)
    target[0, 0, 0] = 1
    target[0, 1] = [number not in blasts for number in range(len(CELL_TYPES))]
    logits = np.random.default_rng(0).normal(size=(1, len(CELL_TYPES))).astype(np.float32)
    other = logits.copy()
    other[:, blasts] += 7
    losses = [
        float(np.asarray(training.conditional_loss(target, one))[0]) for one in (logits, other)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    other[0, 0] += 3
    assert float(np.asarray(training.conditional_loss(target, other))[0]) < losses[0]


def test_ok__the_ablation_is_shown_nothing_of_the_cell() -> None:
    shown = make_input(cells(), ablation=True)
    assert not shown.geometry.any()
    assert not shown.picture[:, 20:44, 20:44].any()
    assert shown.picture[:, :4, :4].all()


def test_ok__the_network_is_small_enough_for_the_device() -> None:
    assert build().count_params() < 100_000
    assert multiplications() < 20e6
