"""What the cell reader's training cells are made of."""

from __future__ import annotations

import numpy as np
from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope_training.cells.clutter import draw_clutter
from leukoscope_training.cells.dataset import CLUTTER, join
from leukoscope_training.cells.preparation import (
    CLUTTER_SEEDS,
    MOST_FINDS,
    SEEDS,
    ClutterTask,
    find_cells_of_task,
)
from leukoscope_training.cells.targets import make_targets
from leukoscope_training.shared.non_smear_drawing import draw_look, photograph

from tests.measuring import brightness_gates, cell_gate, false_verdicts, shading

DEMONSTRATED = range(1000)


def test_ok__rendered_slides_are_trained_on_or_shown_or_measured() -> None:
    measured = {*brightness_gates.SEEDS, *cell_gate.SEEDS, *shading.RENDERED_SEEDS}
    assert not {*SEEDS} & {*DEMONSTRATED, *measured}


def test_ok__what_is_no_smear_is_measured_with_makers_and_seeds_of_its_own() -> None:
    makers = {maker for makers in false_verdicts.KINDS.values() for maker in makers}
    assert draw_clutter not in makers
    assert not {*CLUTTER_SEEDS} & {
        seed for *_, seed in false_verdicts.list_tasks(false_verdicts.SLIDES)
    }


def test_ok__a_seed_makes_the_same_clutter_again() -> None:
    look = draw_look(CLUTTER_SEEDS[0])
    field = photograph(draw_clutter, look, 0)
    assert np.array_equal(field.rgb, photograph(draw_clutter, look, 0).rgb)
    assert not np.array_equal(field.rgb, photograph(draw_clutter, look, 1).rgb)


def test_ok__what_is_found_in_clutter_is_taught_as_artefact() -> None:
    fields = [find_cells_of_task(ClutterTask(seed, 0)) for seed in CLUTTER_SEEDS[:12]]
    cells = join([field for field in fields if len(field)])
    assert max(map(len, fields)) == MOST_FINDS
    assert {*cells.source.tolist()} == {CLUTTER}
    assert cells.whole.all()
    assert cells.gates.all()
    taught = make_targets(cells)[:, 0]
    assert (taught.argmax(axis=1) == CELL_TYPES.index(CellType.ARTEFACT)).all()
    assert (taught.sum(axis=1) == 1).all()
