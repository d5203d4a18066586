"""Write the device's own algorithms of the camera's tuning again, from formulas alone.

python -m tests.microscope.make_tuning
"""

from __future__ import annotations

import json
import re
from typing import Any

from leukoscope.microscope.tuning import FOLDER, Platform

COMMAND = "python -m tests.microscope.make_tuning"

GRIDS: dict[Platform, tuple[int, int]] = {"vc4": (16, 12), "pisp": (32, 32)}
"""Columns and rows of a lens shading table."""

_FULL = 65535
_ROW = 16
"""Numbers in a line of a file."""


def knots(platform: Platform) -> list[int]:
    """Where the image processor samples the gamma curve, of 65535; between them it is straight.

    So what stands in the file is what the processor does.
    """
    fine = 1024 if platform == "vc4" else 512
    steps = [(0, 16384, fine), (16384, 32768, 2 * fine), (32768, _FULL, 4 * fine)]
    return [x for begin, end, step in steps for x in range(begin, end, step)] + [_FULL]


def srgb(linear: float) -> float:
    """The curve of sRGB (IEC 61966-2-1), 0..1."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def algorithms(platform: Platform) -> dict[str, Any]:
    """Parameters of the device's own algorithms, by name."""
    columns, rows = GRIDS[platform]
    flat = [1.0] * (columns * rows)
    calibration = [{"ct": 4500, "table": flat}]
    curve = [number for x in knots(platform) for number in (x, round(_FULL * srgb(x / _FULL)))]
    chosen: dict[str, Any] = {
        # No iteration: what it is given it applies, and it never looks at the picture.
        "rpi.alsc": {
            "n_iter": 0,
            "luminance_strength": 0.0,
            "luminance_lut": flat,
            "calibrations_Cr": calibration,
            "calibrations_Cb": calibration,
        },
        "rpi.contrast": {"ce_enable": 0, "gamma_curve": curve},
        # Its estimate comes with each frame, and nothing uses it while all automatic is off. This
        # one is always 0: a frame that says anything else was made with another tuning.
        "rpi.lux": {
            "reference_shutter_speed": 1,
            "reference_gain": 1.0,
            "reference_aperture": 1.0,
            "reference_Y": 1,
            "reference_lux": 0,
        },
    }
    if platform == "pisp":
        chosen["rpi.cac"] = {}  # without tables it does nothing about a lens's coloured edges
    return chosen


def text(platform: Platform) -> str:
    """A platform's file; the numbers of a table stand in rows."""

    def rows(table: re.Match[str]) -> str:
        numbers = [number.strip() for number in table[1].split(",")]
        lines = [", ".join(numbers[i : i + _ROW]) for i in range(0, len(numbers), _ROW)]
        return "[\n" + ",\n".join(lines) + "\n]"

    return re.sub(r"\[([\d.,\s]+)\]", rows, json.dumps(algorithms(platform), indent=2)) + "\n"


def main() -> None:
    """Write both files."""
    FOLDER.mkdir(exist_ok=True)
    for platform in GRIDS:
        (FOLDER / f"{platform}.json").write_text(text(platform), encoding="utf-8")


if __name__ == "__main__":
    main()
