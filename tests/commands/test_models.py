"""Which bundles there are, which of them are whole, and the selection of one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from leukoscope.cli import main
from leukoscope.commands import models as models_command
from leukoscope.commands.models import (
    find_bundle,
    find_bundles,
    inspect_bundle,
    models_table,
    select_bundle,
)
from leukoscope.errors import BundleError
from leukoscope.model.bundle import CARD_FILE
from leukoscope.settings.settings import Settings, load_settings

from tests.bundles import BUNDLE
from tests.model.examples import card_of, to_toml

DATA = Path(__file__).parents[1] / "model" / "data"

Run = Callable[..., tuple[int, str, str]]


def make_bundle(folder: Path, model: str = "right", name: str = "") -> Path:
    """A bundle of one of the small models; its card is named as its folder unless another name is given."""
    folder.mkdir(parents=True)
    data = (DATA / f"{model}.tflite").read_bytes()
    card = {**card_of(data), "name": name or folder.name}
    (folder / CARD_FILE).write_text(to_toml(card), encoding="utf-8")
    (folder / "model.tflite").write_bytes(data)
    return folder


def spoil(folder: Path) -> Path:
    """Change the model of a bundle behind its card's back."""
    (folder / "model.tflite").write_bytes(b"another")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose selected bundle is the shipped one and whose state directory holds two others."""
    make_bundle(tmp_path / "state" / "models" / "mine")
    spoil(make_bundle(tmp_path / "state" / "models" / "spoiled"))
    (tmp_path / "state" / "models" / "no-bundle").mkdir()
    plain = Settings()
    return replace(
        plain,
        model=replace(plain.model, bundle=str(BUNDLE)),
        storage=replace(plain.storage, directory=str(tmp_path / "state")),
    )


@pytest.fixture
def run(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `leukoscope models` with these settings in a file: exit status, output and errors."""
    file = tmp_path / "leukoscope.toml"
    file.write_text(f"# mine\n[storage]\ndirectory = '{settings.storage.directory}'\n")

    def call(*arguments: object) -> tuple[int, str, str]:
        status = main(["models", "--settings", str(file), *map(str, arguments)])
        return status, *capsys.readouterr()

    return call


def test_ok__shipped_and_own_bundles_are_found(settings: Settings) -> None:
    found = {one.folder.name: one for one in find_bundles(settings)}
    assert {"cell-reader", "paper-cnn", "mine", "spoiled"} <= set(found)
    assert "no-bundle" not in found
    assert [name for name, one in found.items() if one.selected] == [BUNDLE.name]
    assert [name for name, one in found.items() if one.problem] == ["spoiled"]
    assert "is not the model of its card" in found["spoiled"].problem


def test_ok__bundles_beside_the_selected_one(settings: Settings, tmp_path: Path) -> None:
    make_bundle(tmp_path / "tries" / "second")
    mine = make_bundle(tmp_path / "tries" / "first")
    settings = replace(settings, model=replace(settings.model, bundle=str(mine)))
    found = {one.folder.name: one.selected for one in find_bundles(settings)}
    assert (found["first"], found["second"], found["mine"]) == (True, False, False)


def test_ok__selected_bundle_that_is_gone_is_named(settings: Settings, tmp_path: Path) -> None:
    settings = replace(settings, model=replace(settings.model, bundle=str(tmp_path / "gone")))
    (gone,) = [one for one in find_bundles(settings) if one.selected]
    assert gone.folder == tmp_path / "gone"
    assert "No such file" in gone.problem


def test_ok__table(settings: Settings) -> None:
    head, *rows = models_table(find_bundles(settings)).splitlines()
    assert head.split() == ["NAME", "VERSION", "KIND", "STATE", "FOLDER"]
    (selected,) = [row for row in rows if row.startswith("*")]
    assert selected.split()[1:5] == ["cell-reader", "0.4.0", "cells", "verified"]
    assert [row.split()[3] for row in rows if row.startswith("   spoiled ")] == ["damaged"]
    assert rows[-1].startswith("! spoiled: model ")
    assert "install the bundle again" in rows[-1]


@pytest.mark.runtime
@pytest.mark.parametrize(
    ("model", "problem"), [("right", ""), ("wrong-input", "its card says"), ("wrong-type", "input")]
)
def test_ok__verify_runs_the_model(
    settings: Settings, tmp_path: Path, model: str, problem: str
) -> None:
    """A model can be the one of its card and yet not be what the card says."""
    folder = make_bundle(tmp_path / "bundle", model)
    assert inspect_bundle(folder, settings, run=False).problem == ""
    found = inspect_bundle(folder, settings, run=True)
    assert problem in found.problem
    assert (found.problem == "") == (model == "right")


def test_ok__bundle_by_name_and_by_folder(settings: Settings, tmp_path: Path) -> None:
    own = tmp_path / "state" / "models"
    assert find_bundle(settings, "mine") == own / "mine"
    named = make_bundle(own / "folder", name="on-the-card")
    assert find_bundle(settings, "on-the-card") == find_bundle(settings, "folder") == named
    assert find_bundle(settings, str(tmp_path)) == tmp_path


def test_fail__no_such_bundle(settings: Settings) -> None:
    with pytest.raises(BundleError, match="no model bundle nonsense: leukoscope models lists"):
        find_bundle(settings, "nonsense")


def test_fail__two_of_a_name(settings: Settings, tmp_path: Path) -> None:
    own = tmp_path / "state" / "models"
    shutil.copytree(own / "mine", own / "copy")
    with pytest.raises(BundleError, match="2 bundles are named mine: give one of") as error:
        find_bundle(settings, "mine")
    assert str(own / "copy") in str(error.value)
    assert find_bundle(settings, "copy") == own / "copy"


def test_fail__folder_that_may_not_be_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(BundleError, match="Permission denied: try again with sudo"):
        find_bundles(settings)


@pytest.mark.runtime
def test_ok__select(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("select", "mine")
    assert status == 0
    assert "sudo systemctl restart leukoscope" in out
    file = tmp_path / "leukoscope.toml"
    assert load_settings(file).model.bundle == str(tmp_path / "state" / "models" / "mine")
    assert file.read_text().startswith("# mine\n[storage]\n")
    status, out, _ = run("--json")
    (selected,) = [one for one in json.loads(out)["models"] if one["selected"]]
    assert (status, selected["name"], selected["verified"]) == (0, "mine", True)


@pytest.mark.runtime
def test_ok__select_a_folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder named from where a person is; the daemon is elsewhere."""
    make_bundle(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    status, out, _ = run("select", "./elsewhere", "--json")
    assert status == 0
    assert json.loads(out) == {
        "selected": str(tmp_path / "elsewhere"),
        "settings": str(tmp_path / "leukoscope.toml"),
        "restart": "sudo systemctl restart leukoscope",
    }


@pytest.mark.runtime
@pytest.mark.parametrize("model", ["spoiled", "wrong-output"])
def test_fail__select_what_is_not_whole(run: Run, tmp_path: Path, model: str) -> None:
    if model != "spoiled":
        make_bundle(tmp_path / "state" / "models" / model, model)
    before = (tmp_path / "leukoscope.toml").read_text()
    status, out, err = run("select", model)
    assert (status, out) == (1, "")
    assert err.startswith("leukoscope: model ")
    assert (tmp_path / "leukoscope.toml").read_text() == before


@pytest.mark.runtime
def test_fail__select_where_the_service_sees_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "etc.toml"
    monkeypatch.setattr(models_command, "SETTINGS_FILE", system)
    monkeypatch.setattr(models_command, "HIDDEN_FROM_THE_SERVICE", (str(tmp_path / "home"),))
    folder = make_bundle(tmp_path / "home" / "me" / "net")
    with pytest.raises(BundleError, match="the service can't see this folder: sudo mkdir") as error:
        select_bundle(settings, None, folder)
    assert str(tmp_path / "state" / "models" / "net") in str(error.value)
    assert not system.exists()
    own = tmp_path / "state" / "models" / "mine"
    assert select_bundle(settings, None, own) == (own, system)
    assert load_settings(system).model.bundle == str(own)


@pytest.mark.runtime
def test_ok__verify(run: Run) -> None:
    status, out, _ = run("verify", "mine")
    assert status == 0
    assert "  verified  " in out.splitlines()[1]


@pytest.mark.runtime
def test_fail__verify(run: Run) -> None:
    status, out, _ = run("verify", "--json")
    assert status == 1, "one of them is spoiled"
    wrong = [one for one in json.loads(out)["models"] if one["problem"]]
    assert [(one["name"], one["verified"], one["version"]) for one in wrong] == [
        ("spoiled", False, None)
    ]


@pytest.mark.parametrize("arguments", [("select",), ("list", "mine")])
def test_fail__called_wrongly(run: Run, arguments: tuple[str, ...]) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("leukoscope models: ")
