"""The shipped bundle: its card tells the truth, and its files run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from device.reading.results import LABELS
from models.training.card import FLOAT32, INT8, read_card, write_card

BUNDLE = Path(__file__).parents[2] / "models" / "field-cnn"


def test_ok__the_cards_hashes_are_the_files() -> None:
    card = read_card(BUNDLE)
    for part in (card, card["float32"]):
        digest = hashlib.sha256((BUNDLE / part["file"]).read_bytes()).hexdigest()
        assert digest == part["sha256"]


def test_ok__the_card_names_the_devices_labels() -> None:
    assert tuple(read_card(BUNDLE)["labels"]) == LABELS


def test_ok__the_bundle_is_small() -> None:
    assert sum(path.stat().st_size for path in BUNDLE.iterdir()) < 5_000_000


def test_ok__a_card_survives_writing(tmp_path: Path) -> None:
    card = {"schema": 1, "name": 'a "b" µ', "output": {"temperature": 1.5, "ci": [0.25, 1.0]}}
    write_card(tmp_path, card)
    assert read_card(tmp_path) == card


@pytest.mark.runtime
def test_ok__int8_says_what_float32_says() -> None:
    pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed")
    from models.training.runtime import logits

    windows = np.random.default_rng(0).integers(0, 256, (3, 200, 200, 3), np.uint8)
    exact, coarse = (logits(BUNDLE / name, windows) for name in (FLOAT32, INT8))
    assert exact.shape == (3, len(LABELS))
    assert np.abs(exact - coarse).max() < 0.1 * np.ptp(exact)


@pytest.mark.runtime
def test_ok__the_int8_input_is_the_byte_itself() -> None:
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="no TFLite runtime")
    detail = litert.Interpreter(model_path=str(BUNDLE / "model.tflite")).get_input_details()[0]
    scale, zero = detail["quantization"]
    assert detail["dtype"] is np.int8
    assert (scale, zero) == (pytest.approx(1 / 255), -128)
