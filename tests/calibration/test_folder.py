"""Keeping calibrations: whole or not at all, the newest good one counts, whatever happens."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from leukoscope.calibration.folder import (
    PICTURES_OF,
    UNFINISHED,
    CalibrationFolder,
    FoundCalibration,
    setup_of,
)
from leukoscope.calibration.record import BACKGROUND_FILE, TOML_FILE, Calibration
from leukoscope.errors import StoreError

from tests.calibration.examples import EXAMPLE

WRITER = """
import dataclasses, sys
from pathlib import Path
import numpy as np
from leukoscope.calibration.folder import CalibrationFolder
from tests.calibration.examples import EXAMPLE

folder = CalibrationFolder(Path(sys.argv[1]))
while True:
    folder.begin()
    folder.keep_picture("dark", np.zeros((380, 507, 3), np.uint8), simulated=True)
    number = folder.next_number()
    folder.finish(dataclasses.replace(EXAMPLE, number=number))
    print(number, flush=True)
"""


def newest(root: Path, **changed: object) -> FoundCalibration:
    """The newest for the example's optics, or others."""
    return CalibrationFolder(root).newest(dataclasses.replace(setup_of(EXAMPLE), **changed))


def kept(root: Path, **changed: object) -> Calibration:
    folder = CalibrationFolder(root)
    folder.begin()
    calibration = dataclasses.replace(EXAMPLE, number=folder.next_number(), **changed)
    folder.finish(calibration)
    return calibration


def test_ok__nothing_there(tmp_path: Path) -> None:
    assert newest(tmp_path / "absent") == FoundCalibration(None, ())


def test_ok__the_newest_counts(tmp_path: Path) -> None:
    root = tmp_path / "calibration"
    first = kept(root)
    second = kept(root, um_per_px=0.3)
    assert [first.name, second.name] == ["C0001", "C0002"]
    found = newest(root)
    assert found.problems == ()
    assert found.calibration is not None
    assert found.calibration.sha256 == second.sha256
    assert found.calibration.um_per_px == 0.3


def test_ok__pictures_lie_beside_it(tmp_path: Path) -> None:
    folder = CalibrationFolder(tmp_path)
    folder.begin()
    folder.keep_picture("dark", np.zeros((8, 8, 3), np.uint8), simulated=True)
    folder.finish(dataclasses.replace(EXAMPLE, number=1))
    names = sorted(path.name for path in (tmp_path / "C0001").iterdir())
    assert names == ["calibration.toml", "dark-SIMULATED.png", "glass.png"]
    assert b"SIMULATED" in (tmp_path / "C0001" / "dark-SIMULATED.png").read_bytes()


@pytest.mark.parametrize("file", [TOML_FILE, BACKGROUND_FILE])
@pytest.mark.parametrize("how", ["gone", "cut", "changed"])
def test_fail__a_damaged_one_is_named_and_the_last_good_one_stays(
    tmp_path: Path, file: str, how: str
) -> None:
    good, bad = kept(tmp_path), kept(tmp_path)
    path = tmp_path / bad.name / file
    data = path.read_bytes()
    if how == "gone":
        path.unlink()
    elif how == "cut":
        path.write_bytes(data[: len(data) // 2])
    else:
        at = len(data) * 3 // 4
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    found = newest(tmp_path)
    assert found.calibration is not None
    assert found.calibration.sha256 == good.sha256
    assert "C0002" in found.problems[0]


@pytest.mark.parametrize(
    "changed",
    [
        {"width": 1014},
        {"height": 381},
        {"sensor": (1332, 990, 10)},
        {"um_per_px": 0.124},
        {"analogue_gain": 4.0},
    ],
    ids=str,
)
def test_fail__made_for_other_optics(tmp_path: Path, changed: dict[str, object]) -> None:
    """Another objective, mode or gain: the scale and the flat field would be wrong."""
    kept(tmp_path)
    found = newest(tmp_path, **changed)
    assert found.calibration is None
    assert found.problems[0].startswith("calibration C0001 is for fields of 507 x 380 px")
    assert found.problems[0].endswith("calibrate again")


def test_ok__old_pictures_go(tmp_path: Path) -> None:
    for _ in range(PICTURES_OF + 2):
        folder = CalibrationFolder(tmp_path)
        folder.begin()
        folder.keep_picture("dark", np.zeros((8, 8, 3), np.uint8), simulated=False)
        folder.finish(dataclasses.replace(EXAMPLE, number=folder.next_number()))
    have = {path.parent.name for path in tmp_path.rglob("dark.png")}
    assert have == {f"C{n:04d}" for n in range(3, PICTURES_OF + 3)}
    assert len(list(tmp_path.rglob(BACKGROUND_FILE))) == PICTURES_OF + 2


def test_fail__a_folder_that_can_not_be_looked_into(tmp_path: Path) -> None:
    (tmp_path / "calibration").write_text("")
    found = newest(tmp_path / "calibration")
    assert found.calibration is None
    assert "can't look for calibrations" in found.problems[0]


def test_ok__a_simulated_one_is_no_real_ones(tmp_path: Path) -> None:
    kept(tmp_path)
    assert newest(tmp_path, simulated=False) == FoundCalibration(None, ())


def test_ok__what_an_aborted_one_left_is_never_taken(tmp_path: Path) -> None:
    good = kept(tmp_path)
    folder = CalibrationFolder(tmp_path)
    folder.begin()
    folder.keep_picture("dark", np.zeros((8, 8, 3), np.uint8), simulated=True)
    found = newest(tmp_path)
    assert found.calibration is not None
    assert found.calibration.sha256 == good.sha256
    assert (tmp_path / UNFINISHED / "dark-SIMULATED.png").exists()
    folder.begin()
    assert list((tmp_path / UNFINISHED).iterdir()) == []


def test_fail__the_power_goes_while_it_is_kept(tmp_path: Path, checkout: Path) -> None:
    """Whatever was said to be kept is there; the newest is whole, and nothing is damaged."""
    for times in range(1, 7):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=checkout,
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(times)]
            killer = threading.Timer(0.003 * times, process.kill)
            killer.start()
            lines += process.stdout.readlines()
            killer.join()
        assert process.returncode == -signal.SIGKILL
        found = newest(tmp_path)
        assert found.problems == ()
        assert found.calibration is not None
        whole = [line for line in lines if line.endswith("\n")]
        assert found.calibration.number >= int(whole[-1])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_ok__what_root_makes_belongs_to_the_state_directorys_owner(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    kept(state / "calibration")
    made = [state / "calibration", *(state / "calibration").rglob("*")]
    assert len(made) == 4
    assert {path.stat().st_uid for path in made} == {65534}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_fail__a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="the old one stays"):
        CalibrationFolder(tmp_path / "calibration").begin()


def test_fail__a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "calibration").write_text("")
    with pytest.raises(StoreError, match=r"can't make the calibration \(the old one stays\): "):
        CalibrationFolder(tmp_path / "calibration").begin()
