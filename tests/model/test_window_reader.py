"""The reader of windows with the runtime that this machine has, LiteRT or tflite-runtime."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from leukoscope.errors import BundleError, Fault, RuntimeMissingError
from leukoscope.model.bundle import Bundle, load_bundle
from leukoscope.model.interpreter import RUNTIMES, load_runtime
from leukoscope.model.readers import open_window_reader
from leukoscope.model.tflite_model import softmax
from leukoscope.reading.results import LABELS
from leukoscope.reading.window_reader import WindowReader

from tests.model.examples import DATA, bundle_of, window_bundle, windows
from tests.model.make_expected import COMMAND, EXPECTED
from tests.reading.examples import DISEASES, rendered


def tiny(name: str) -> Bundle:
    return bundle_of((DATA / f"{name}.tflite").read_bytes())


@pytest.fixture(scope="module")
def reader(bundle: Bundle) -> WindowReader:
    return open_window_reader(bundle, threads=1)


# --- what it says ---


@pytest.mark.runtime
def test_ok__it_is_what_its_card_says(bundle: Bundle, reader: WindowReader) -> None:
    assert reader.model.runtime in [package for package, _ in RUNTIMES]
    assert reader.model.um_per_px == bundle.card.um_per_px
    assert reader.window_px == bundle.card.side_px
    assert reader.thresholds == bundle.card.thresholds


@pytest.mark.runtime
@pytest.mark.parametrize("number", range(3))
def test_ok__probabilities_of_drawn_windows(
    bundle: Bundle, reader: WindowReader, number: int
) -> None:
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    assert expected["sha256"] == bundle.card.sha256, f"another model: run {COMMAND}"
    probabilities = reader.model.run(windows(bundle.card.side_px)[number])
    assert probabilities == pytest.approx(expected["probabilities"][number], abs=0.02)


@pytest.mark.runtime
def test_ok__probabilities_sum_to_one_and_do_not_change(reader: WindowReader) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    first = [reader.model.run(window) for window in (*windows(), noise)]
    again = [reader.model.run(window) for window in (*windows(), noise)]
    assert first == again
    for probabilities in first:
        assert len(probabilities) == len(LABELS)
        assert all(0 <= p <= 1 for p in probabilities)
        assert sum(probabilities) == pytest.approx(1)


@pytest.mark.runtime
def test_ok__threads_do_not_change_what_it_says(bundle: Bundle, reader: WindowReader) -> None:
    two = open_window_reader(bundle, threads=2)
    for window in windows():
        assert two.model.run(window) == pytest.approx(reader.model.run(window), abs=0.02)


@pytest.mark.runtime
def test_ok__a_window_need_not_be_contiguous(reader: WindowReader) -> None:
    wide = np.zeros((200, 400, 3), np.uint8)
    wide[:, ::2] = windows()[2]
    assert reader.model.run(wide[:, ::2]) == reader.model.run(windows()[2])


@pytest.mark.runtime
def test_ok__int8_says_nearly_what_float32_says(reader: WindowReader) -> None:
    exact = open_window_reader(window_bundle("window-float32"), threads=1)
    apart = []
    for diagnosis in DISEASES:
        for seed in (700, 701):
            field = rendered(diagnosis, seed)[0]
            coarse, fine = (one.read(field) for one in (reader, exact))
            assert coarse.probabilities is not None
            assert fine.probabilities is not None
            apart.append(np.abs(np.subtract(coarse.probabilities, fine.probabilities)).max())
    assert np.mean(apart) < 0.05
    assert max(apart) < 0.2


@pytest.mark.runtime
def test_ok__the_papers_model_gives_probabilities(checkout: Path) -> None:
    reader = open_window_reader(load_bundle(checkout / "models" / "paper-cnn"), threads=1)
    for window in windows():
        probabilities = reader.model.run(window)
        assert sum(probabilities) == pytest.approx(1)
        assert probabilities == pytest.approx([0.2] * 5, abs=0.02)  # it has learned nothing


# --- what it refuses ---


@pytest.mark.runtime
def test_ok__a_float32_model_of_five_answers() -> None:
    reader = open_window_reader(tiny("right"), threads=1)
    answered = reader.model.run(np.zeros((8, 8, 3), np.uint8))
    assert answered == pytest.approx(softmax(np.arange(5, dtype=np.float32), 1.5))


@pytest.mark.runtime
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wrong-input", r"example: takes \(1, 8, 9, 3\), its card says \(1, 8, 8, 3\)"),
        ("wrong-output", r"example: gives \(1, 4\), not \(1, 5\)"),
        ("wrong-type", r"example: input must be float32 or int8, not int32"),
    ],
)
def test_fail__a_model_of_another_shape(name: str, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        open_window_reader(tiny(name), threads=1)


@pytest.mark.runtime
@pytest.mark.parametrize("model", [b"", b"no model at all", bytes(4096), b"\xff" * 4096])
def test_fail__bytes_that_are_no_model(model: bytes) -> None:
    with pytest.raises(BundleError, match=r"model example: .* can't load model\.tflite") as error:
        open_window_reader(bundle_of(model), threads=1)
    assert error.value.fault is Fault.MODEL


# --- the runtime ---


def test_fail__no_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    for _, module in RUNTIMES:
        monkeypatch.setitem(sys.modules, module.partition(".")[0], None)
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RuntimeMissingError, match="pip install ai-edge-litert") as error:
        load_runtime()
    assert "tflite-runtime 'numpy<2'" in str(error.value)
    assert isinstance(error.value, ImportError)


def fake_runtime(folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, text: str) -> None:
    """Put a package of a runtime's name before all others."""
    package, _, name = module.partition(".")
    (folder / package).mkdir()
    (folder / package / "__init__.py").touch()
    (folder / package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    for known in (package, module):
        monkeypatch.delitem(sys.modules, known, raising=False)


@pytest.mark.parametrize(
    "text", ["raise ImportError('libm.so: no version GLIBC_2.38')", "import a_library_it_needs"]
)
@pytest.mark.parametrize(("package", "module"), RUNTIMES)
def test_fail__a_runtime_that_does_not_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, module: str, text: str
) -> None:
    for _, other in RUNTIMES:
        if other != module:
            monkeypatch.setitem(sys.modules, other, None)
            monkeypatch.setitem(sys.modules, other.partition(".")[0], None)
    fake_runtime(tmp_path, monkeypatch, module, text)
    with pytest.raises(RuntimeMissingError, match=f"{package} is installed but does not load"):
        load_runtime()


def test_fail__tflite_runtime_beside_numpy_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    text = "def Interpreter(**_):\n    raise SystemError('returned a result with an exception set')"
    fake_runtime(tmp_path, monkeypatch, "tflite_runtime.interpreter", text)
    with pytest.raises(RuntimeMissingError, match="pip install 'numpy<2'"):
        open_window_reader(bundle_of(b""), threads=1)


# --- arithmetic ---


@given(hnp.arrays(np.float32, 5, elements=st.floats(-1000, 1000, width=32)), st.floats(0.01, 100))
def test_ok__softmax(logits: np.ndarray, temperature: float) -> None:
    probabilities = softmax(logits, temperature)
    assert sum(probabilities) == pytest.approx(1)
    assert all(0 <= p <= 1 for p in probabilities)
    assert probabilities[int(np.argmax(logits))] == max(probabilities)


def test_ok__a_higher_temperature_is_less_sure() -> None:
    logits = np.array([1, 3, 0, 0, 0], np.float32)
    sure = [max(softmax(logits, temperature)) for temperature in (0.5, 1.0, 2.0, 100.0)]
    assert sure == sorted(sure, reverse=True)
    assert sure[-1] == pytest.approx(0.2, abs=0.01)
