"""Makes the camera's tuning: the tuning that is installed for the sensor, with some of its algorithms replaced.

An installed tuning corrects the camera's own lens. Under a microscope there is no such lens, so these corrections are
wrong. The files `tuning/*.json` hold the device's own algorithms: they switch the corrections off and set the curve
of sRGB. `python -m tests.microscope.make_tuning` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from leukoscope.errors import CameraError

Platform = Literal["vc4", "pisp"]
"""The image processor: vc4 in a Pi 4 or older, pisp in a Pi 5."""

FOLDER = Path(__file__).with_name("tuning")
"""Folder with the device's own algorithms, one file per platform."""

TARGETS: Mapping[Platform, str] = {"vc4": "bcm2835", "pisp": "pisp"}
"""Name of each platform in a tuning file."""


def own_algorithms(platform: Platform) -> dict[str, Any]:
    """Return the parameters of the device's own algorithms, by name."""
    with (FOLDER / f"{platform}.json").open(encoding="utf-8") as file:
        algorithms: dict[str, Any] = json.load(file)
    return algorithms


def adapt_tuning(vendor: Mapping[str, Any], platform: Platform) -> dict[str, Any]:
    """Return the sensor's installed tuning with the device's own algorithms in it.

    An algorithm of the installed tuning is replaced if the device has its own. The others, and the order, stay. The
    device's algorithms that the installed tuning lacks are added at the end.

    Args:
        vendor: The installed tuning file, as read from its JSON.
        platform: The platform that it must be for.

    Raises:
        CameraError: The file is not of version 2, or is for another platform.
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
