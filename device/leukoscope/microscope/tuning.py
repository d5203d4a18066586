"""The camera's tuning: the sensor's installed one, with the device's own algorithms in place of its.

What a camera's lens needs is wrong under a microscope: `tuning/*.json` switch its corrections off
and make the picture's curve the one of sRGB. `python -m tests.microscope.make_tuning` writes them.
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
"""Where the device's own algorithms lie, a file a platform."""

TARGETS: Mapping[Platform, str] = {"vc4": "bcm2835", "pisp": "pisp"}
"""What a tuning file calls a platform."""


def own_algorithms(platform: Platform) -> dict[str, Any]:
    """Parameters of the device's own algorithms, by name."""
    with (FOLDER / f"{platform}.json").open(encoding="utf-8") as file:
        algorithms: dict[str, Any] = json.load(file)
    return algorithms


def adapt_tuning(vendor: Mapping[str, Any], platform: Platform) -> dict[str, Any]:
    """The sensor's installed tuning, with our algorithms in place of its.

    vendor: the tuning file as JSON gives it; its other algorithms and their order are kept, and
    those of ours that it lacks come last.
    Raises CameraError when it is not of version 2, or for another platform.
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
