"""The reader of whole fields: reads one window of each field as one of the five classes.

This is the method of the paper (Alkareem & Al-Dergazly, Frontiers in Health Informatics 13(3), 2024, 5601-5617).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leukoscope.field import Field, Rgb
from leukoscope.reading.differential import Baseline
from leukoscope.reading.flat_picture import flat_picture
from leukoscope.reading.gates import white_cell_gate
from leukoscope.reading.pooling import pool
from leukoscope.reading.reader_errors import BASELINE_SPREAD
from leukoscope.reading.results import FieldReading, Gate, QcState, Verdict, WhiteCell, Window
from leukoscope.reading.slide_reader import Model
from leukoscope.reading.thresholds import Thresholds
from leukoscope.reading.white_cells import find_white_cells
from leukoscope.reading.window import choose_window, cut


class WindowReader:
    """Reads the window with most white cells of each field; a `SlideReader`."""

    uses_qc = False

    def __init__(self, model: Model, window_px: int, thresholds: Thresholds) -> None:
        """Read with this model.

        Args:
            model: Takes a window of R, G, B and gives one probability per label of `LABELS`.
            window_px: Side of the window, in pixels of the model's scale.
            thresholds: Least probabilities for a verdict.
        """
        self.model, self.window_px, self.thresholds = model, window_px, thresholds

    def read(self, field: Field) -> FieldReading:
        """Read one field. Boxes and window are in the field's own pixels.

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
            window=_scale_window(prepared.window, factor) if prepared.window is not None else None,
            probabilities=probabilities,
        )

    def judge(
        self,
        readings: Sequence[FieldReading],
        qc: QcState = QcState.UNCONTROLLED,
        baseline: Baseline | None = None,
        baseline_spread: float = BASELINE_SPREAD,
    ) -> Verdict:
        """Judge the fields of a slide together. Control slides cannot check a reader of whole fields."""
        del qc, baseline, baseline_spread
        return pool(readings, self.thresholds)


@dataclass(frozen=True)
class PreparedField:
    """A field at the model's scale. White cells and window are in pixels of that scale.

    Attributes:
        picture: The field; flattened, unless one of the picture's gates failed.
        gates: Those that were checked, up to and including the first that failed.
        white_cells: Those found.
        window: The square for the model; None when a gate failed.
    """

    picture: Rgb
    gates: tuple[Gate, ...]
    white_cells: tuple[WhiteCell, ...]
    window: Window | None


def prepare(field: Field, um_per_px: float, window_px: int) -> PreparedField:
    """Prepare a field for a model of windows: flatten the picture, find white cells, choose the window.

    Args:
        field: The field.
        um_per_px: The model's scale, micrometres per pixel.
        window_px: Side of the window in pixels of that scale.

    Raises:
        FieldError: The field is empty or too large at this scale.
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


def _scale_window(window: Window, factor: float) -> Window:
    return Window(*(round(v * factor) for v in (window.x0, window.y0, window.x1, window.y1)))
