"""Checks by a frame's metadata whether it was made with the exposure and gains that were set."""

from __future__ import annotations

import math
from collections.abc import Mapping

from leukoscope.microscope.interfaces import CameraControls

_HINTS = {
    "DigitalGain": " (a colour gain below 1 does that)",
    "Lux": " (libcamera does not use the device's tuning)",
}


def find_mismatches(controls: CameraControls, metadata: Mapping[str, object]) -> list[str]:
    """Compare a frame's metadata with the controls. Return a phrase for each difference.

    Exposure may differ by 2 % or 60 µs, because sensors expose whole lines. Analogue gain may differ by 2 %, white
    balance and digital gain by 1 %.
    """
    exposure, gain = controls.exposure_us, controls.analogue_gain
    wanted: dict[str, tuple[float, ...]] = {
        "ExposureTime": (exposure,),
        "AnalogueGain": (gain,),
        "ColourGains": (controls.red_gain, controls.blue_gain),
        # With automatic exposure off, nothing may brighten a frame after it was taken.
        "DigitalGain": (1.0,),
        # With the device's tuning this is 0 in any light. With any other tuning it is not.
        "Lux": (0.0,),
    }
    got = {name: numbers_of(metadata.get(name)) for name in wanted}
    light = got["ExposureTime"][:1] + got["AnalogueGain"][:1]
    # If an exposure is some lines too short, some versions of libcamera compensate by digital gain.
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
    """Return the numbers in one value of the metadata: none, one or several."""
    values = value if isinstance(value, tuple | list) else (value,)
    return tuple(float(number) for number in values if isinstance(number, int | float))


def _list_numbers(values: tuple[float, ...]) -> str:
    return (
        ", ".join(f"{value:.4g}" if value < 1000 else f"{value:.0f}" for value in values)
        or "missing"
    )
