"""`leukoscope-train`: from a folder to a split, and what it says when it can't."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from leukoscope_training import cli
from leukoscope_training.cli import Command, main
from leukoscope_training.data.importers import IMPORTERS
from leukoscope_training.data.manifest import COLUMNS, read_manifest
from leukoscope_training.data.splits import read_split_file
from PIL import Image


@pytest.fixture
def fields(tmp_path: Path) -> Path:
    """Two patients of each diagnosis, ten fields each, of noise."""
    folder = tmp_path / "data"
    random = np.random.default_rng(0)
    for diagnosis in ("ALL", "CML"):
        for patient in (1, 2):
            place = folder / diagnosis / f"patient-{diagnosis}{patient}"
            place.mkdir(parents=True)
            for i in range(10):
                picture = Image.fromarray(random.integers(0, 255, (64, 64), dtype=np.uint8))
                picture.save(place / f"{i}.png")
    return folder


@pytest.fixture
def manifest(fields: Path) -> Path:
    path = fields / "manifest.csv"
    assert main(["import", "lld-40x", str(fields), str(path)]) == 0
    return path


@pytest.fixture
def without_training_packages(checkout: Path) -> Callable[..., str]:
    """Runs the command in a process where the packages of the extra [train] are missing."""

    def run(*arguments: str) -> str:
        code = (
            "import sys\n"
            "for name in ('jax', 'jinja2', 'keras', 'matplotlib', 'pyarrow', 'sklearn', 'tensorflow', 'torch'):\n"
            "    sys.modules[name] = None\n"
            "from leukoscope_training.cli import main\n"
            "sys.exit(main(sys.argv[1:]))"
        )
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=checkout,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return run


def test_ok__datasets_are_listed_without_the_training_packages(
    without_training_packages: Callable[..., str],
) -> None:
    listed = without_training_packages("datasets")
    for importer in IMPORTERS.values():
        assert f"{importer.NAME}: {importer.TITLE}" in listed
        assert importer.TERMS in listed
        assert importer.LAYOUT in listed


@pytest.mark.parametrize("command", [command.name for command in cli.COMMANDS])
def test_ok__help_is_shown_without_the_training_packages(
    command: str, without_training_packages: Callable[..., str]
) -> None:
    assert f"usage: leukoscope-train {command}" in without_training_packages(command, "--help")


def test_ok__import_check_split(
    fields: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = fields / "manifest.csv"
    assert main(["import", "lld-40x", str(fields), str(manifest)]) == 0
    assert "warning: APML is AML-M3" in capsys.readouterr().err
    assert len(read_manifest(manifest).samples) == 40
    assert main(["check", str(manifest)]) == 0
    told = capsys.readouterr().out
    assert "lld-40x CML: 20 pictures, 2 groups" in told
    assert "64x64 (40)" in told
    for by, expected in (("group", {"A", "B"}), ("image", {"train", "val", "test"})):
        split = tmp_path / f"{by}.csv"
        assert main(["split", str(manifest), str(split), "--by", by, "--seed", "7"]) == 0
        assert set(read_split_file(split).values()) == expected


def test_ok__a_manifest_elsewhere_is_read_with_its_root(
    fields: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.csv"
    assert main(["import", "lld-40x", str(fields), str(path), "--um-per-px", "0.2"]) == 0
    assert f"give --root {fields}" in capsys.readouterr().out
    assert {sample.um_per_px for sample in read_manifest(path).samples} == {0.2}
    assert main(["check", str(path)]) == 1
    assert main(["check", str(path), "--root", str(fields)]) == 0


def test_fail__check_names_every_problem(
    fields: Path, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    all_1, cml_1 = fields / "ALL/patient-ALL1", fields / "CML/patient-CML1"
    (all_1 / "0.png").unlink()
    (all_1 / "1.png").write_bytes(b"no picture")
    Image.open(all_1 / "2.png").transpose(Image.Transpose.ROTATE_180).save(cml_1 / "2.png")
    capsys.readouterr()
    assert main(["check", str(manifest)]) == 1
    told = capsys.readouterr().err
    assert "ALL/patient-ALL1/0.png: " in told
    assert "ALL/patient-ALL1/1.png: its content has changed (another SHA-256)" in told
    assert "1.png: can't be read as a picture" in told
    assert (
        "ALL/patient-ALL1/2.png and CML/patient-CML1/2.png: the same place (1.00), "
        "different group and label" in told
    )


def test_fail__errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "mnist", str(tmp_path), str(tmp_path / "m.csv")]) == 1
    assert capsys.readouterr().err.startswith("leukoscope-train: mnist: no such set")
    assert main(["check", str(tmp_path / "gone.csv")]) == 1
    assert "gone.csv" in capsys.readouterr().err
    (tmp_path / "m.csv").write_text(",".join(COLUMNS) + "\na.jpg,flu,g,1,s,,,\n")
    assert main(["check", str(tmp_path / "m.csv")]) == 1
    assert "line 2, column label" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["dance"], ["split", "m.csv", "s.csv"]])
def test_fail__called_wrongly(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_ok__all_commands_are_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    assert all(command.name in told and command.meaning in told for command in cli.COMMANDS)


def module_of(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(cli, "COMMANDS", (*cli.COMMANDS, Command("extra", name, "of a test")))


def test_ok__a_command_is_a_module_with_add_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "def add_parser(subparsers):\n"
        "    subparsers.add_parser('extra').set_defaults(run=lambda options: 42)\n"
    )
    module_of(text, tmp_path, monkeypatch, "extra_command_that_runs")
    assert main(["extra"]) == 42


@pytest.mark.parametrize("late", [False, True])
def test_fail__a_command_whose_packages_are_missing(
    late: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing = "import no_such_package_at_all"
    text = (
        f"{'pass' if late else missing}\n"
        f"def run(options):\n    {missing}\n"
        "def add_parser(subparsers):\n"
        "    subparsers.add_parser('extra').set_defaults(run=run)\n"
    )
    module_of(text, tmp_path, monkeypatch, f"extra_command_late_{late}")
    assert main(["extra"]) == 1
    assert "install the extra: pip install -e .[train]" in capsys.readouterr().err
