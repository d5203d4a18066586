"""A field brought to a model's scale, checked by its gates, with its background made white and even."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leukoscope.field import Field, Rgb
from leukoscope.imaging.background import DEGREE, estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.reading.gates import picture_gates
from leukoscope.reading.results import Gate, GateName

CALIBRATED_DEGREE = 2
"""Degree of the surface (see background.py) that is fitted to the background of a calibrated field."""


@dataclass(frozen=True)
class FlatPicture:
    """A field at a model's scale. picture: its background white and even, unless a gate failed before."""

    picture: Rgb
    gates: tuple[Gate, ...]

    @property
    def passed(self) -> bool:
        """Whether the picture may be read."""
        return all(gate.passed for gate in self.gates)


def flat_picture(field: Field, um_per_px: float) -> FlatPicture:
    """The field's picture at a model's scale: its gates in order until one fails, then flattened.

    A field coarser than the model's scale is enlarged; its focus gate shows what that costs.
    """
    picture = resample(field, um_per_px)
    gates: list[Gate] = []
    for gate in picture_gates(picture, um_per_px, field.off_level):
        if gate.name is GateName.FOCUS and not gate.passed and field.moved:
            gate = replace(gate, advice="hold the slide still")
        gates.append(gate)
        if not gate.passed:
            return FlatPicture(picture, tuple(gates))
    # A calibration has removed the shading, but does not know how bright the LED is today.
    calibrated = field.calibration_sha256 is not None
    glass = estimate_background(picture, um_per_px, CALIBRATED_DEGREE if calibrated else DEGREE)
    return FlatPicture(flatten(picture, glass), tuple(gates))
