"""The device's own algorithms of the camera's tuning: flat, exactly sRGB, and all else the sensor's."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from leukoscope.errors import CameraError
from leukoscope.microscope.tuning import FOLDER, TARGETS, Platform, adapt_tuning, own_algorithms

from tests.microscope.make_tuning import COMMAND, GRIDS, knots, srgb, text

PLATFORMS: list[Platform] = ["vc4", "pisp"]


def vendor(platform: Platform) -> dict[str, Any]:
    """A tuning file in the shape of an installed one, with values of its own."""
    return {
        "version": 2.0,
        "target": TARGETS[platform],
        "algorithms": [
            {"rpi.black_level": {"black_level": 4096}},
            {"rpi.alsc": {"corner_strength": 2.0, "n_iter": 100}},
            {"rpi.ccm": {"ccms": []}},
            {"rpi.contrast": {"ce_enable": 1, "gamma_curve": [0, 0, 65535, 65535]}},
            {"rpi.sharpen": {}},
        ],
    }


def names(tuning: dict[str, Any]) -> list[str]:
    return [name for algorithm in tuning["algorithms"] for name in algorithm]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_ok__files_are_what_the_formulas_give(platform: Platform) -> None:
    file = FOLDER / f"{platform}.json"
    assert file.read_text(encoding="utf-8") == text(platform), f"run {COMMAND}"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_ok__shading_is_flat_and_stays_so(platform: Platform) -> None:
    shading = own_algorithms(platform)["rpi.alsc"]
    (red,), (blue,) = shading["calibrations_Cr"], shading["calibrations_Cb"]
    columns, rows = GRIDS[platform]
    for table in (shading["luminance_lut"], red["table"], blue["table"]):
        assert table == [1.0] * (columns * rows)
    assert shading["n_iter"] == 0
    assert shading["luminance_strength"] == 0
    assert "corner_strength" not in shading  # goes before the table


@pytest.mark.parametrize("platform", PLATFORMS)
def test_ok__curve_is_srgb(platform: Platform) -> None:
    contrast = own_algorithms(platform)["rpi.contrast"]
    assert contrast["ce_enable"] == 0
    x, y = np.array(contrast["gamma_curve"]).reshape(-1, 2).T
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 65535, 65535)
    assert (np.diff(x) > 0).all()
    assert x.tolist() == knots(platform)
    linear = x / 65535
    expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(y - 65535 * expected).max() <= 0.5


@pytest.mark.parametrize(
    ("platform", "points", "levels", "half_from"), [("vc4", 33, 5.1, 47), ("pisp", 65, 1.9, 31)]
)
def test_ok__curve_between_the_processor_s_points(
    platform: Platform, points: int, levels: float, half_from: int
) -> None:
    """By how many levels of 255 the straight pieces miss sRGB, and above which by no more than half."""
    assert len(knots(platform)) == points
    x = np.arange(65536)
    exact = 255 * np.array([srgb(value / 65535) for value in x])
    pairs = np.array(own_algorithms(platform)["rpi.contrast"]["gamma_curve"]).reshape(-1, 2)
    missed = np.abs(np.interp(x, *pairs.T) / 257 - exact)
    assert missed.max() <= levels
    assert missed[exact >= half_from].max() <= 0.5


@pytest.mark.parametrize("platform", PLATFORMS)
def test_ok__our_algorithms_in_place_of_the_sensor_s(platform: Platform) -> None:
    given = vendor(platform)
    before = copy.deepcopy(given)
    tuning = adapt_tuning(given, platform)
    ours = own_algorithms(platform)
    assert given == before
    assert (tuning["version"], tuning["target"]) == (2.0, TARGETS[platform])
    assert names(tuning)[: len(given["algorithms"])] == names(given)
    assert sorted(names(tuning)) == sorted({*names(given), *ours})
    kept = {name: value for a in given["algorithms"] for name, value in a.items()} | ours
    assert {name: value for a in tuning["algorithms"] for name, value in a.items()} == kept


@pytest.mark.parametrize("platform", PLATFORMS)
def test_ok__tuning_again_changes_nothing(platform: Platform) -> None:
    once = adapt_tuning(vendor(platform), platform)
    assert adapt_tuning(once, platform) == once


def test_ok__only_a_pi_5_corrects_coloured_edges() -> None:
    assert own_algorithms("pisp")["rpi.cac"] == {}
    assert "rpi.cac" not in own_algorithms("vc4")


@pytest.mark.parametrize(
    "changed",
    [{"version": 1.0}, {"version": 3.0}, {"version": "2"}, {"version": None}],
)
def test_fail__version(changed: dict[str, Any]) -> None:
    with pytest.raises(CameraError, match=f"of version {changed['version']}, not 2"):
        adapt_tuning(vendor("vc4") | changed, "vc4")


def test_fail__old_file_without_version() -> None:
    """Its algorithms stand at the top."""
    with pytest.raises(CameraError, match=r"of version 1\.0, not 2"):
        adapt_tuning({"rpi.alsc": {}, "rpi.contrast": {}}, "vc4")


@pytest.mark.parametrize(
    ("platform", "other", "wanted"), [("vc4", "pisp", "bcm2835"), ("pisp", "vc4", "pisp")]
)
def test_fail__other_platform(platform: Platform, other: Platform, wanted: str) -> None:
    with pytest.raises(
        CameraError, match=f"is for {TARGETS[other]}, this Pi needs one for {wanted}"
    ):
        adapt_tuning(vendor(other), platform)
