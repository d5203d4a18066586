"""Whether a frame was made with the exposure and gains that were set, by its metadata."""

from __future__ import annotations

import math
from collections.abc import Mapping

from leukoscope.microscope.interfaces import CameraControls

_HINTS = {
    "DigitalGain": " (a colour gain below 1 does that)",
    "Lux": " (libcamera runs with another tuning than the device's)",
}


def find_mismatches(controls: CameraControls, metadata: Mapping[str, object]) -> list[str]:
    """Return what a frame's metadata says other than the controls, a phrase each.

    Exposure must be right within 2 % or 60 µs, since sensors expose whole lines, analogue gain
    within 2 %, white balance and digital gain within 1 %.
    """
    exposure, gain = controls.exposure_us, controls.analogue_gain
    wanted: dict[str, tuple[float, ...]] = {
        "ExposureTime": (exposure,),
        "AnalogueGain": (gain,),
        "ColourGains": (controls.red_gain, controls.blue_gain),
        # With the automatic exposure off nothing may brighten a frame after it was taken.
        "DigitalGain": (1.0,),
        # 0 whatever the light, by the device's tuning and no other.
        "Lux": (0.0,),
    }
    got = {name: numbers_of(metadata.get(name)) for name in wanted}
    light = got["ExposureTime"][:1] + got["AnalogueGain"][:1]
    # Some versions of libcamera make up by digital gain for the lines that an exposure falls short.
    short = abs(exposure * gain / math.prod(light) - 1) if len(light) == 2 and all(light) else 0.0
    tolerance = {
        "ExposureTime": max(0.02, 60 / exposure),
        "AnalogueGain": 0.02,
        "ColourGains": 0.01,
        "DigitalGain": 0.01 + short,
        "Lux": 0.0,
    }
    return [
        f"{name} is {_list_numbers(got[name])} instead of {_list_numbers(values)}{_HINTS.get(name, '')}"
        for name, values in wanted.items()
        if len(got[name]) != len(values)
        or any(
            not abs(answer - value) <= tolerance[name] * value
            for answer, value in zip(got[name], values, strict=True)
        )
    ]


def numbers_of(value: object) -> tuple[float, ...]:
    """Return the numbers in a value of the metadata: a number, several, or none."""
    values = value if isinstance(value, tuple | list) else (value,)
    return tuple(float(number) for number in values if isinstance(number, int | float))


def _list_numbers(values: tuple[float, ...]) -> str:
    return (
        ", ".join(f"{value:.4g}" if value < 1000 else f"{value:.0f}" for value in values)
        or "missing"
    )
