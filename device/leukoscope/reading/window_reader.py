"""The reader of fields: one window of each field is read as one of the five classes, as in the paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leukoscope.field import Field, Rgb
from leukoscope.reading.differential import Baseline
from leukoscope.reading.flat_picture import flat_picture
from leukoscope.reading.gates import white_cell_gate
from leukoscope.reading.pooling import pool
from leukoscope.reading.results import FieldReading, Gate, QcState, Verdict, WhiteCell, Window
from leukoscope.reading.slide_reader import Model
from leukoscope.reading.thresholds import Thresholds
from leukoscope.reading.white_cells import find_white_cells
from leukoscope.reading.window import choose_window, cut


class WindowReader:
    """Reads the window of each field that has the most white cells; a `SlideReader`."""

    uses_qc = False

    def __init__(self, model: Model, window_px: int, thresholds: Thresholds) -> None:
        """Read with this model.

        Args:
            model: Takes a window of R, G, B and gives one probability per label of `LABELS`.
            window_px: Side of the square that it takes, in pixels of its own scale.
            thresholds: Least probabilities for a verdict.
        """
        self.model, self.window_px, self.thresholds = model, window_px, thresholds

    def read(self, field: Field) -> FieldReading:
        """The reading of one field. Boxes and window come back in the field's own pixels.

        Raises:
            FieldError: The field passes its gates but is too small for the window.
        """
        um_per_px = self.model.um_per_px
        prepared = prepare(field, um_per_px, self.window_px)
        probabilities = None
        if prepared.window is not None:
            probabilities = self.model.run(cut(prepared.picture, prepared.window))
        factor = um_per_px / field.um_per_px
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

    def judge(
        self,
        readings: Sequence[FieldReading],
        qc: QcState = QcState.UNCONTROLLED,
        baseline: Baseline | None = None,
    ) -> Verdict:
        """The verdict over the fields of a slide. Control slides say nothing of whole fields."""
        del qc, baseline
        return pool(readings, self.thresholds)


@dataclass(frozen=True)
class PreparedField:
    """A field at the model's scale, with gates, white cells and window in pixels of that scale.

    picture: flattened, unless a gate failed before. window: None when a gate failed.
    """

    picture: Rgb
    gates: tuple[Gate, ...]
    white_cells: tuple[WhiteCell, ...]
    window: Window | None


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


def _scaled(window: Window, factor: float) -> Window:
    return Window(*(round(v * factor) for v in (window.x0, window.y0, window.x1, window.y1)))
