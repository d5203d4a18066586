"""Reading image files: what is read, what is refused, and that one bad file never stops the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from leukoscope.commands import classify as classify_module
from leukoscope.commands.classify import FileResult, classify, classify_file, table
from leukoscope.errors import BundleError
from leukoscope.reading.cell_types import CELL_TYPES
from leukoscope.reading.results import GateName, Pattern, Reason
from leukoscope.reading.wording import seen_text
from PIL import Image

from tests.appliance.simulated import StubReader, StubWindowReader
from tests.records.examples import AML, READ_CELLS
from tests.smears import UM_PER_PX, save_smear, smear


@pytest.fixture(scope="module")
def smears(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a good field, one out of focus, and one that is no image."""
    folder = tmp_path_factory.mktemp("smears")
    save_smear(folder / "good.png")
    save_smear(folder / "blurred.png", smear(defocus_um=8.0))
    (folder / "text.jpg").write_text("no image")
    return folder


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[StubReader]]:
    """In place of the real reader; counts how often it is made."""

    class Stub(StubReader):
        made = 0

        def __init__(self, bundle: object, threads: int) -> None:
            super().__init__()
            Stub.made += 1

    monkeypatch.setattr(classify_module, "open_reader", Stub)
    return Stub


def test_ok__good_file(smears: Path) -> None:
    result = classify_file(smears / "good.png", StubReader(), None)
    assert result.error is None
    assert result.reason == "too few cells"
    assert (result.verdict.label, result.verdict.pattern) == ("ALL", Pattern.ACUTE)
    data = result.to_json()
    assert data["confidence"] == data["probabilities"]["ALL"] > 0.9
    # A file has no frame without light.
    assert [g["name"] for g in data["gates"]] == [
        *("exposure", "clipping", "focus", "scale", "red_cells", "white_cells", "artefacts"),
    ]
    assert all(gate["passed"] for gate in data["gates"])
    assert data["white_cells"] == len(result.reading.white_cells) >= data["cells_read"] > 0
    assert data["finding"] == f"100 % blasts of {data['cells_read']}"
    assert data["differential"]["lymphoblast"] == data["cells_read"]


def test_ok__good_file_by_the_reader_of_windows(smears: Path) -> None:
    result = classify_file(smears / "good.png", StubWindowReader(), None)
    assert result.error is None
    assert result.reason is None
    assert result.warnings == ()
    assert (result.verdict.label, result.verdict.pattern) == ("ALL", Pattern.ACUTE)
    data = result.to_json()
    assert data["confidence"] == 0.9
    assert data["probabilities"] == {
        "normal": 0.02,
        "ALL": 0.9,
        "AML": 0.04,
        "CML": 0.02,
        "CLL": 0.02,
    }
    # A file has no frame without light.
    assert [g["name"] for g in data["gates"]] == [
        *("exposure", "clipping", "focus", "scale", "red_cells", "white_cells"),
    ]
    assert all(gate["passed"] for gate in data["gates"])
    assert data["white_cells"] == len(result.reading.white_cells) > 0


def test_ok__refused_file_has_no_verdict(smears: Path) -> None:
    result = classify_file(smears / "blurred.png", StubReader(), None)
    assert result.reading.failed_gate.name is GateName.FOCUS
    assert result.reason == "OUT OF FOCUS: turn the focus wheel"
    data = result.to_json()
    for key in ("label", "pattern", "confidence", "probabilities", "error"):
        assert data[key] is None, key
    assert [gate["passed"] for gate in data["gates"]] == [True, True, False]


@pytest.mark.parametrize(
    ("answer", "pattern", "reason"),
    [
        ((0.3, 0.3, 0.1, 0.2, 0.1), None, Reason.LOW_CONFIDENCE),
        ((0.1, 0.4, 0.4, 0.05, 0.05), "acute", Reason.CLASS_UNSURE),
    ],
)
def test_ok__inconclusive_file(
    smears: Path, answer: tuple[float, ...], pattern: str | None, reason: Reason
) -> None:
    reader = StubWindowReader()
    reader.model.answer = answer
    data = classify_file(smears / "good.png", reader, None).to_json()
    assert (data["label"], data["pattern"], data["reason"]) == (None, pattern, reason.value)
    assert data["confidence"] == max(answer)
    assert data["probabilities"]["normal"] == answer[0]


def test_ok__scale_given_and_guessed(smears: Path, tmp_path: Path) -> None:
    Image.open(smears / "good.png").save(tmp_path / "bare.png", dpi=(72, 72))
    guessed = classify_file(tmp_path / "bare.png", StubReader(), None)
    assert len(guessed.warnings) == 1
    assert "0.34 µm per pixel assumed" in guessed.warnings[0]
    given = classify_file(tmp_path / "bare.png", StubReader(), UM_PER_PX)
    assert given.warnings == ()
    whole = classify_file(smears / "good.png", StubReader(), None)
    assert given.reading == whole.reading


def test_fail__too_small_for_the_model(tmp_path: Path) -> None:
    """It passes its gates, but is smaller than the window: a result with an error, nothing raised."""
    whole = classify_file(save_smear(tmp_path / "whole.png"), StubWindowReader(), None)
    cell = whole.reading.white_cells[0]
    x, y = max(0, cell.x0 - 20), max(0, cell.y0 - 20)
    save_smear(tmp_path / "small.png", smear()[y : y + 90, x : x + 90])
    result = classify_file(tmp_path / "small.png", StubWindowReader(), None)
    assert result.error.startswith("field too small")


@pytest.mark.parametrize("workers", [1, 4])
def test_ok__results_come_in_order(smears: Path, stub: type[StubReader], workers: int) -> None:
    files = [smears / name for name in ("good.png", "text.jpg", "blurred.png", "good.png")]
    results = list(classify(files, None, None, workers))
    assert [result.path for result in results] == files
    assert [result.error is None for result in results] == [True, False, True, True]
    assert 1 <= stub.made <= workers


def test_ok__no_files(stub: type[StubReader]) -> None:
    assert list(classify([], None, None, 2)) == []


def test_fail__model_that_can_not_be_loaded(smears: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(bundle: object, threads: int) -> None:
        raise BundleError("the model is broken")

    monkeypatch.setattr(classify_module, "open_reader", fail)
    with pytest.raises(BundleError, match="the model is broken"):
        list(classify([smears / "good.png"], None, None, 1))


def test_ok__table(smears: Path, tmp_path: Path) -> None:
    files = [*sorted(smears.iterdir()), tmp_path / "absent.png"]
    results = [classify_file(path, StubReader(), None) for path in files]
    text, _, advice = table(results).partition("\n\n")
    head, *rows = text.splitlines()[1:]
    assert text.splitlines()[0].startswith("In /")
    assert head.split() == ["FILE", "READING", "SEEN", "WHY"]
    assert seen_text(results[1].verdict) in rows[1]
    assert [[Path(row.split()[0]).name, *row.split()[1:4]] for row in rows] == [
        ["blurred.png", "refused", "-", "OUT"],
        ["good.png", "ALL", "0.97", "100"],
        ["text.jpg", "error", "-", "not"],
        ["absent.png", "error", "-", "no"],
    ]
    assert rows[0].endswith("OUT OF FOCUS")
    assert advice == "OUT OF FOCUS: turn the focus wheel"
    assert "not a JPEG" in rows[2]


def test_ok__table_never_claims_certainty(smears: Path) -> None:
    reader = StubWindowReader()
    reader.model.answer = (0.0, 0.9999, 0.0001, 0.0, 0.0)
    text = table([classify_file(smears / "good.png", reader, None)])
    assert "ALL 0.99" in text
    assert "1.00" not in text


def test_ok__error_has_all_the_keys() -> None:
    result = FileResult(Path("a"), None, None, "broken")
    assert result.reason is None
    assert set(result.to_json()) == {
        *("path", "label", "pattern", "confidence", "probabilities"),
        *("gates", "shading", "white_cells", "reason", "error"),
        *("cells_read", "differential", "finding", "control"),
    }


def test_ok__reading_of_fields_has_no_differential(smears: Path) -> None:
    data = classify_file(smears / "good.png", StubWindowReader(), None).to_json()
    assert data["cells_read"] == 0
    assert (data["differential"], data["finding"], data["control"]) == (None, None, None)


def test_ok__reading_of_cells() -> None:
    result = FileResult(Path("smear.png"), READ_CELLS, AML, None)
    data = result.to_json()
    assert (data["white_cells"], data["cells_read"]) == (3, 3)
    assert data["finding"] == "65 % blasts of 105"
    assert set(data["differential"]) == {cell_type.value for cell_type in CELL_TYPES}
    assert data["differential"]["myeloblast"] == 58.5
    assert data["control"] is None
    broken = FileResult(Path("other.png"), None, None, "broken")
    few = FileResult(Path("few.png"), READ_CELLS, replace(AML, reason=Reason.FEW_CELLS), None)
    assert table([result, few, broken]) == (
        "FILE       READING   SEEN                WHY\n"
        "smear.png  AML 0.71  65 % blasts of 105\n"
        "few.png    AML 0.71  65 % blasts of 105  too few cells\n"
        "other.png  error     -                   broken"
    )


def test_fail__grey_picture_is_no_field(tmp_path: Path) -> None:
    grey = np.repeat(smear().mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    save_smear(tmp_path / "grey.png", grey)
    result = classify_file(tmp_path / "grey.png", StubReader(), None)
    assert "a grey image" in result.error
