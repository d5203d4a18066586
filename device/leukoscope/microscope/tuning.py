"""The camera's tuning: the sensor's installed one, with the device's own algorithms in place of its.

The corrections for a camera's lens are wrong under a microscope: `tuning/*.json` switch them off and set
the curve of sRGB. `python -m tests.microscope.make_tuning` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from leukoscope.errors import CameraError

Platform = Literal["vc4", "pisp"]
"""The image processor: vc4 up to the Pi 4, pisp on the Pi 5."""

FOLDER = Path(__file__).with_name("tuning")
"""Folder of the device's own algorithms, one file for each platform."""

TARGETS: Mapping[Platform, str] = {"vc4": "bcm2835", "pisp": "pisp"}
"""Name of each platform in a tuning file."""


def own_algorithms(platform: Platform) -> dict[str, Any]:
    """Return the parameters of the device's own algorithms, by name."""
    with (FOLDER / f"{platform}.json").open(encoding="utf-8") as file:
        algorithms: dict[str, Any] = json.load(file)
    return algorithms


def adapt_tuning(vendor: Mapping[str, Any], platform: Platform) -> dict[str, Any]:
    """Return the sensor's installed tuning, with our algorithms in place of its.

    Args:
        vendor: The tuning file as JSON gives it. Its other algorithms and their order are kept; those of ours that
            it lacks come last.
        platform: For which it must be.

    Raises:
        CameraError: It is not of version 2, or for another platform.
    """
    version, target = vendor.get("version", 1.0), vendor.get("target", "bcm2835")
    if not (isinstance(version, int | float) and 2 <= version < 3 and "algorithms" in vendor):
        raise CameraError(
            f"the sensor's tuning file is of version {version}, not 2: update libcamera"
        )
    if target != TARGETS[platform]:
        raise CameraError(
            f"the sensor's tuning file is for {target}, this Pi needs one for {TARGETS[platform]}"
        )
    ours = own_algorithms(platform)
    algorithms = [
        {name: ours.get(name, parameters) for name, parameters in algorithm.items()}
        for algorithm in vendor["algorithms"]
    ]
    present = {name for algorithm in algorithms for name in algorithm}
    missing = [{name: ours[name]} for name in ours if name not in present]
    return {**vendor, "algorithms": algorithms + missing}
