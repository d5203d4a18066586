"""The parts behind docs/measurements/calibration.md on tiny samples; docs/calibration.md must describe this code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from leukoscope.calibration import drift, empty_field, exposure, micrometer, white_balance
from leukoscope.calibration import session as calibration_session
from leukoscope.calibration import steps as calibrator
from leukoscope.field import STILL_UM
from leukoscope.imaging import registration
from leukoscope.microscope.burst import merge
from leukoscope.reading import red_cells
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Faults
from PIL import Image

from tests.measuring.background_maps import render_background
from tests.measuring.bursts import BURST_SHAPE, make_burst, measure_noise
from tests.measuring.calibration_fields import SHAPE, photograph, render_light, render_red_cell
from tests.measuring.calibration_tables import make_outcome_row
from tests.measuring.empty_fields import check_frame, tabulate_real_fields
from tests.measuring.micrometers import Pitch, find_scales, make_pitch_row
from tests.measuring.whole_calibrations import calibrate


@pytest.fixture
def text(checkout: Path) -> str:
    return (checkout / "docs" / "calibration.md").read_text(encoding="utf-8")


def rows(table: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]


def test_ok__an_outcome_row() -> None:
    said = ["", "CELLS SEEN", "TOO DARK", "CELLS SEEN"]
    assert make_outcome_row("x", said) == ("x", 4, 1, "2 CELLS SEEN, 1 TOO DARK")
    assert make_outcome_row("x", [""]) == ("x", 1, 1, "–")


def test_ok__a_ruling_is_taken_and_one_of_five_times_the_pitch_is_not() -> None:
    (found,) = find_scales(1, 0.0)
    assert found.problem == ""
    assert found.ratio == pytest.approx(1, abs=0.003)
    assert find_scales(1, 0.0, 50.0)[0].problem in ("ODD SCALE", "FEW LINES")
    row = make_pitch_row("x", [Pitch("", 1.02), Pitch("ODD SCALE", 5.0)])
    assert row == ("x", 2, 1, "1 ODD SCALE", "2.000 / 2.000 / 2.000", 1)


def test_ok__one_cell_is_no_empty_field() -> None:
    assert check_frame(render_red_cell(1), 1) == "CELLS SEEN"
    assert check_frame(np.ones((*SHAPE, 3), np.float32), 1) == ""


def test_ok__the_true_glass_is_what_the_simulator_renders() -> None:
    shape = (76, 102)
    rgb = photograph(np.ones((*shape, 3), np.float32), 0, shading=0.5)
    assert np.abs(rgb - render_background(0.5, shape)).mean() < 1


def test_ok__a_whole_calibration() -> None:
    found = calibrate(3, 0.3, Faults(led_level=0.8), (400, 300), 0.31)
    assert abs(found.exposure) < 4
    assert abs(found.scale) < 0.5
    assert found.spread < 2 < found.raw_spread
    assert found.off_white < 2


def test_ok__bursts() -> None:
    light = render_light(SmearSlide(Diagnosis.CLL, 1), shape=BURST_SHAPE)
    assert merge(make_burst(light, 0.0, 0)).moved_um < STILL_UM
    assert merge(make_burst(light, 1.0, 0)).moved_um == pytest.approx(3, abs=0.2)
    one, several = measure_noise(make_burst(light, 0.0, 0), make_burst(light, 0.0, 1))
    assert several < 0.75 * one


@pytest.mark.shared
def test_ok__real_fields(shared_data: Path) -> None:
    assert [row[1:3] for row in rows(tabulate_real_fields(shared_data, 1))] == [["1", "0"]] * 3


def problems_of(checkout: Path) -> set[tuple[str, str]]:
    """Find problem and advice of every CalibrationError in the code that has both as text."""
    found = set()
    for path in sorted((checkout / "device").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or "CalibrationError" not in ast.unparse(node):
                continue
            if ast.unparse(node.func) not in ("CalibrationError", "partial"):
                continue
            words = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
            texts = [str(w.value) for w in words if isinstance(w, ast.Constant)]
            if len(texts) == 2:
                found.add((texts[0], texts[1]))
    return found


def test_ok__the_document_names_every_problem(checkout: Path, text: str) -> None:
    problems = problems_of(checkout)
    assert len(problems) >= 17
    for problem, advice in problems:
        assert re.search(rf"^\| {problem} \| [^|]*{re.escape(advice)}", text, re.MULTILINE), problem


def test_ok__the_document_names_the_limits(text: str) -> None:
    """Each is in the line of the table of limits that has its name."""
    limits = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| ([^|]+?) \|", text, re.MULTILINE))
    expected = {
        "TARGET": exposure.TARGET,
        "TOLERANCE": exposure.TOLERANCE,
        "NEUTRAL": white_balance.NEUTRAL,
        "MIN_GAIN": white_balance.MIN_GAIN,
        "MAX_GAIN": white_balance.MAX_GAIN,
        "MIN_CONTRAST": empty_field.MIN_CONTRAST,
        "MIN_CELL_UM2": empty_field.MIN_CELL_UM2,
        "MAX_DUST": empty_field.MAX_DUST,
        "MAX_DARK_LEVEL": calibrator.MAX_DARK_LEVEL,
        "MAX_SCALE_FACTOR": calibrator.MAX_SCALE_FACTOR,
        "MAX_LEVEL_CHANGE": calibrator.MAX_LEVEL_CHANGE,
        "MAX_UNEVEN": drift.MAX_UNEVEN,
        "MIN_LINES": micrometer.MIN_LINES,
        "MIN_CELLS": red_cells.MIN_CELLS,
        "DIAMETER_UM": red_cells.DIAMETER_UM,
        "MIN_LIGHT": drift.MIN_LIGHT,
        "MAX_LIGHT": drift.MAX_LIGHT,
        "MAX_COLOUR": drift.MAX_COLOUR,
        "MAX_SHADING_PERCENT": drift.MAX_SHADING_PERCENT,
        "MAX_DUST_PERCENT": drift.MAX_DUST_PERCENT,
        "FILM": drift.FILM,
        "FILM_COLOUR": drift.FILM_COLOUR,
        "STILL_UM": STILL_UM,
        "LOOK_PX": registration.LOOK_PX,
        "EMPTY_FIELDS": calibrator.EMPTY_FIELDS,
        "MESSAGE_S": calibration_session.MESSAGE_S,
    }
    assert {name: float(limits[name]) for name in expected} == expected


def test_ok__the_document_names_the_steps_and_its_picture(checkout: Path, text: str) -> None:
    for step in calibrator.STEPS:
        assert f"**{step.title}**" in text
    with Image.open(checkout / "tests" / "pictures" / "screens.png") as picture:
        picture.verify()
    assert "(../tests/pictures/screens.png)" in text
