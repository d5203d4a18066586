"""What the cell reader's training cells are made of."""

from __future__ import annotations

from models.measuring import brightness_gates, cell_gate, shading
from models.training.cells.preparation import SEEDS

DEMONSTRATED = range(1000)


def test_ok__rendered_slides_are_trained_on_or_shown_or_measured() -> None:
    measured = {*brightness_gates.SEEDS, *cell_gate.SEEDS, *shading.RENDERED_SEEDS}
    assert not {*SEEDS} & {*DEMONSTRATED, *measured}
