"""What `leukoscope-train cells judge` says is what the device would say: its gates and its rule."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn, of the [dev] extra, is not installed")

from leukoscope.reading.cell_types import CELL_TYPES, CellType
from leukoscope.reading.results import GateName
from leukoscope_training.cells import verdicts


def read_of(finds: dict[str, list[CellType]]) -> verdicts.TestedSet:
    """Fields of bccd by their path, each find with 0.9 for its type."""
    rows, paths = [], []
    for path, types in finds.items():
        for cell_type in types:
            row = np.full(len(CELL_TYPES), 0.1 / (len(CELL_TYPES) - 1))
            row[CELL_TYPES.index(cell_type)] = 0.9
            rows.append(row)
            paths.append(path)
    same = [np.full(len(paths), name) for name in ("bccd", "slide")]
    return verdicts.TestedSet(
        np.array(rows), *same, np.array(paths), np.full(len(paths), ""), np.ones(len(paths))
    )


NEUTROPHIL, ARTEFACT = CellType.NEUTROPHIL, CellType.ARTEFACT


def test_ok__a_field_of_artefacts_alone_is_refused() -> None:
    of = read_of({"a": [ARTEFACT] * 2})
    assert verdicts.judge_cells(of, np.ones(2, np.bool_)).probabilities == ()


def test_ok__a_field_of_nearly_only_artefacts_gives_its_slide_nothing() -> None:
    of = read_of({"a": [NEUTROPHIL] * 5, "b": [NEUTROPHIL] * 2 + [ARTEFACT] * 20})
    everything = np.ones(27, np.bool_)
    refused = [gate.name for r in of.readings(everything) for gate in r.gates if not gate.passed]
    assert refused == [GateName.ARTEFACTS]
    said = verdicts.judge_cells(of, everything)
    assert (said.fields, said.white_cells) == (1, 5)


def test_ok__the_table_counts_each_field_once() -> None:
    of = read_of(
        {
            "a": [NEUTROPHIL] * 30,
            "b": [NEUTROPHIL] * 2 + [ARTEFACT] * 20,
            "c": [ARTEFACT],
            "d": [NEUTROPHIL] * 30,
        }
    )
    assert (
        "| bccd | 4 | 0.000 | 1.000 | 0.250 | 0.250 | 0.000 | 0.000 | 0.500 |"
        in verdicts.tabulate_fields(of)
    )
