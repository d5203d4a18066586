"""Prepares a field for a model: scales it, checks its gates, makes its background white and even."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leukoscope.field import Field, Rgb
from leukoscope.imaging.background import DEGREE, estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.reading.gates import picture_gates, red_cell_gates
from leukoscope.reading.red_cell_discs import find_discs
from leukoscope.reading.results import Gate, GateName

CALIBRATED_DEGREE = 2
"""Degree of the surface (see background.py) that is fitted to a calibrated field's background."""


@dataclass(frozen=True)
class FlatPicture:
    """A field at a model's scale.

    Attributes:
        picture: The field. Its background is white and even, unless a gate before the red cells failed.
        gates: Those that were checked: all, or all up to the first that failed.
    """

    picture: Rgb
    gates: tuple[Gate, ...]

    @property
    def passed(self) -> bool:
        """Whether the picture may be read."""
        return all(gate.passed for gate in self.gates)


def flat_picture(field: Field, um_per_px: float) -> FlatPicture:
    """Scale a field to a model's scale, check its gates in order until one fails, and flatten it if none does.

    A field coarser than the model's scale is enlarged. The focus gate shows how much sharpness that costs.

    Raises:
        FieldError: The field is empty or too large at this scale.
    """
    picture = resample(field, um_per_px)
    gates: list[Gate] = []
    for gate in picture_gates(picture, um_per_px, field.off_level):
        if gate.name is GateName.FOCUS and not gate.passed and field.moved:
            gate = replace(gate, advice="hold the slide still")
        gates.append(gate)
        if not gate.passed:
            return FlatPicture(picture, tuple(gates))
    # The calibration has removed the shading. The LED's brightness may have changed since it was made.
    degree = DEGREE if field.calibration_sha256 is None else CALIBRATED_DEGREE
    background = estimate_background(picture, um_per_px, degree)
    flat = flatten(picture, background)
    for gate in red_cell_gates(find_discs(flat, um_per_px)):
        gates.append(gate)
        if not gate.passed:
            break
    return FlatPicture(flat, tuple(gates))
