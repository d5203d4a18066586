"""The shipped bundle: its card tells the truth, and its files run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from device.field import Field, Rgb
from device.model.interpreter import load_runtime
from device.reading.reader import prepare
from device.reading.results import LABELS
from device.reading.window import cut
from device.simulator.optics import defocus, expose
from device.simulator.smear import Diagnosis, SmearSlide, render_field
from models.training.cache import MODEL_UM_PER_PX, WINDOW_PX
from models.training.card import FLOAT32, INT8, read_card, write_card
from models.training.rendered import UM_PER_PX

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


def test_ok__a_card_can_say_that_nothing_was_measured(tmp_path: Path) -> None:
    write_card(tmp_path, {"measured": {"accuracy": float("nan")}})
    assert np.isnan(read_card(tmp_path)["measured"]["accuracy"])


@pytest.mark.runtime
def test_ok__int8_says_what_float32_says() -> None:
    from models.training.runtime import logits

    windows = np.stack([rendered_window(diagnosis) for diagnosis in ("AML", "CML", "CLL")])
    exact, coarse = (logits(BUNDLE / name, windows) for name in (FLOAT32, INT8))
    assert exact.shape == (3, len(LABELS))
    assert (exact.argmax(1) == coarse.argmax(1)).all()
    assert np.abs(exact - coarse).max() < 0.05 * np.ptp(exact)


def rendered_window(diagnosis: str) -> Rgb:
    """What the model sees of a rendered slide that is in no split."""
    smear = render_field(SmearSlide(Diagnosis(diagnosis), 40_000), 0, um_per_px=UM_PER_PX)
    light = defocus(smear.transmittance, 0.0, UM_PER_PX)
    rng = np.random.default_rng(0)
    rgb = expose(light, led_level=1.0, exposure=1.0, shading=0.0, rng=rng)
    ready = prepare(Field(rgb, UM_PER_PX, simulated=True), MODEL_UM_PER_PX, WINDOW_PX)
    assert ready.window is not None
    return cut(ready.picture, ready.window)


@pytest.mark.runtime
def test_ok__the_int8_input_is_the_byte_itself() -> None:
    _, interpreter = load_runtime()
    detail = interpreter(model_path=str(BUNDLE / "model.tflite")).get_input_details()[0]
    scale, zero = detail["quantization"]
    assert detail["dtype"] is np.int8
    assert (scale, zero) == (pytest.approx(1 / 255), -128)
