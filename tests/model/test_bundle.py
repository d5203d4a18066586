"""A bundle's folder: read whole and verified, or refused with its name."""

from __future__ import annotations

import errno
import hashlib
import io
import tomllib
from pathlib import Path

import pytest
from leukoscope.errors import BundleError, Fault
from leukoscope.model.bundle import CARD_FILE, load_bundle

from tests.model.examples import card_of, to_toml

MODEL = b"the bytes of a model"
SHIPPED = ("cell-reader", "paper-cnn")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bundle whose card vouches for its model."""
    (tmp_path / CARD_FILE).write_text(to_toml(card_of(MODEL)), encoding="utf-8")
    (tmp_path / "model.tflite").write_bytes(MODEL)
    return tmp_path


def refused(folder: Path) -> str:
    with pytest.raises(BundleError) as error:
        load_bundle(folder)
    message = str(error.value)
    assert str(folder) in message
    assert error.value.fault is Fault.MODEL
    return message


def test_ok__read_and_verified(folder: Path) -> None:
    bundle = load_bundle(folder)
    assert bundle.model == MODEL
    assert bundle.card.name == "example"


@pytest.mark.parametrize("name", SHIPPED)
def test_ok__a_shipped_bundle_is_what_its_card_says(checkout: Path, name: str) -> None:
    folder = checkout / "models" / name
    card = load_bundle(folder).card
    assert card.name == name
    assert card.um_per_px == pytest.approx(0.34)
    assert card.thresholds.label > 0
    assert "diagnos" in card.intended_use
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5_000_000


@pytest.mark.parametrize("name", SHIPPED)
def test_ok__every_model_of_a_shipped_bundle_is_named_with_its_hash(
    checkout: Path, name: str
) -> None:
    folder = checkout / "models" / name
    card = tomllib.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    named = {part["file"]: part["sha256"] for part in (card, card.get("float32")) if part}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.tflite")
    }
    assert found == named


def test_fail__no_folder(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "gone")


@pytest.mark.parametrize("name", [CARD_FILE, "model.tflite"])
def test_fail__a_file_is_missing(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name in refused(folder)


@pytest.mark.parametrize("name", [CARD_FILE, "model.tflite"])
def test_fail__a_folder_instead_of_a_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()
    assert "Is a directory" in refused(folder)


@pytest.mark.parametrize("name", [CARD_FILE, "model.tflite"])
def test_fail__a_file_that_may_not_be_read(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may read everything, so that permissions alone would test nothing there.
    open_file = io.open

    def guarded(path, *args, **kwargs):
        if Path(path).name == name:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return open_file(path, *args, **kwargs)

    monkeypatch.setattr(io, "open", guarded)
    assert "Permission denied" in refused(folder)


def test_fail__a_file_instead_of_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(b"")
    assert "Not a directory" in refused(path)


@pytest.mark.parametrize("model", [b"", MODEL + b"!", MODEL[:-1], MODEL.replace(b"b", b"c")])
def test_fail__not_the_model_of_the_card(folder: Path, model: bytes) -> None:
    (folder / "model.tflite").write_bytes(model)
    assert "not the model of its card" in refused(folder)


def test_fail__a_card_that_is_not_text(folder: Path) -> None:
    (folder / CARD_FILE).write_bytes(b"\xff\xfe\x00name")
    assert "not UTF-8" in refused(folder)


def test_fail__an_empty_card(folder: Path) -> None:
    (folder / CARD_FILE).write_bytes(b"")
    assert "schema is missing" in refused(folder)
