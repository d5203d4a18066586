"""Reading a field by one window: its gates, white cells and class probabilities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from leukoscope.field import Field, Rgb
from leukoscope.imaging.background import DEGREE, estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.reading.gates import picture_gates, white_cell_gate
from leukoscope.reading.pooling import Thresholds
from leukoscope.reading.results import FieldReading, Gate, GateName, WhiteCell, Window
from leukoscope.reading.white_cells import find_white_cells
from leukoscope.reading.window import choose_window, cut


class Classifier(Protocol):
    """What the reader needs of a model."""

    @property
    def um_per_px(self) -> float:
        """Scale at which the model sees a field, micrometres per pixel."""

    @property
    def window_px(self) -> int:
        """Side of the square that the model sees, in pixels."""

    @property
    def thresholds(self) -> Thresholds:
        """Least probabilities for a verdict."""

    def probabilities(self, window: Rgb) -> tuple[float, ...]:
        """Calibrated, one per label of `LABELS`, sum 1; window: shape (side, side, 3)."""


CALIBRATED_DEGREE = 2
"""Of the surface (see glass.py) by which a corrected field's glass is brought to its level."""


@dataclass(frozen=True)
class PreparedField:
    """A field at the model's scale, with gates, white cells and window in pixels of that scale.

    picture: flattened, unless a gate failed before; see flattening.py. window: None when a gate failed.
    """

    picture: Rgb
    gates: tuple[Gate, ...]
    white_cells: tuple[WhiteCell, ...]
    window: Window | None


@dataclass(frozen=True)
class FlatPicture:
    """A field at a model's scale. picture: its glass white and even, unless a gate failed before."""

    picture: Rgb
    gates: tuple[Gate, ...]

    @property
    def passed(self) -> bool:
        """Whether the picture may be read."""
        return all(gate.passed for gate in self.gates)


def flat_picture(field: Field, um_per_px: float) -> FlatPicture:
    """The field's picture at a model's scale, its gates in order until one fails, and then flattened.

    A field coarser than the model's scale is enlarged: its focus gate says what that costs.
    """
    picture = resample(field, um_per_px)
    gates: list[Gate] = []
    for gate in picture_gates(picture, um_per_px, field.off_level):
        if gate.name is GateName.FOCUS and not gate.passed and field.moved:
            gate = replace(gate, advice="hold the slide still")
        gates.append(gate)
        if not gate.passed:
            return FlatPicture(picture, tuple(gates))
    # A calibration has taken the shading out; what it can't know is what the LED and its seat do today.
    calibrated = field.calibration_sha256 is not None
    glass = estimate_background(picture, um_per_px, CALIBRATED_DEGREE if calibrated else DEGREE)
    return FlatPicture(flatten(picture, glass), tuple(gates))


def prepare(field: Field, um_per_px: float, window_px: int) -> PreparedField:
    """Everything before a model of windows: flat picture, white cells, window.

    um_per_px, window_px: the model's scale and side.
    """
    flat = flat_picture(field, um_per_px)
    if not flat.passed:
        return PreparedField(flat.picture, flat.gates, (), None)
    cells = find_white_cells(flat.picture, um_per_px)
    gates = (*flat.gates, white_cell_gate(cells))
    if not cells:
        return PreparedField(flat.picture, gates, (), None)
    window = choose_window((flat.picture.shape[0], flat.picture.shape[1]), cells, window_px)
    return PreparedField(flat.picture, gates, cells, window)


def read_field(field: Field, classifier: Classifier) -> FieldReading:
    """The reading of one field. Boxes and window come back in the field's own pixels.

    Raises FieldError when the field passes its gates but is too small for the model's window.
    """
    prepared = prepare(field, classifier.um_per_px, classifier.window_px)
    probabilities = None
    if prepared.window is not None:
        probabilities = classifier.probabilities(cut(prepared.picture, prepared.window))
    factor = classifier.um_per_px / field.um_per_px
    return FieldReading(
        gates=prepared.gates,
        white_cells=tuple(
            WhiteCell(
                round(cell.x0 * factor),
                round(cell.y0 * factor),
                min(round(cell.x1 * factor), field.width_px),
                min(round(cell.y1 * factor), field.height_px),
                cell.nucleus_um2,
            )
            for cell in prepared.white_cells
        ),
        window=_scaled(prepared.window, factor) if prepared.window is not None else None,
        probabilities=probabilities,
    )


def live_gates(field: Field, um_per_px: float) -> tuple[Gate, ...]:
    """The gates of a live frame at the model's scale, all of them, focus last: the focus meter."""
    return tuple(picture_gates(resample(field, um_per_px), um_per_px, field.off_level))


def _scaled(window: Window, factor: float) -> Window:
    return Window(*(round(v * factor) for v in (window.x0, window.y0, window.x1, window.y1)))
