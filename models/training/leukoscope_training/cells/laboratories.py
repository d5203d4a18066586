"""The laboratories whose cells teach the reader, and what their experts' words teach.

A word teaches a set of types: the cell is one of them. A laboratory that has only normal cells, or only lymphocytes,
must not teach whether a cell is a blast. The network would learn that the look of this laboratory is normal. So its
cells are compared with types that are no blasts only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leukoscope.reading.cell_types import BLASTS, CELL_TYPES, CellType


@dataclass(frozen=True)
class Laboratory:
    """A set of pictures of one laboratory.

    Attributes:
        folder: Its folder below the data, which holds `cells.csv`.
        city: Where it is.
        um_per_px: Scale of its pictures, micrometres per pixel.
        has_blasts: Whether blasts and mature cells of the same slides are among its cells.
        whole_fields: Whether its pictures are fields. Otherwise each shows a single cell, in the middle.
        all_boxed: Whether the experts boxed all white cells of the listed fields, so that other finds are artefacts.
    """

    folder: str
    city: str
    um_per_px: float
    has_blasts: bool = False
    whole_fields: bool = False
    all_boxed: bool = False


LABORATORIES = (
    Laboratory("lld-40x", "Lahore", 0.14, has_blasts=True, whole_fields=True, all_boxed=True),
    Laboratory("jhu-cells", "Baltimore", 0.14, has_blasts=True),
    Laboratory("lyon-lymphocytes", "Lyon", 0.14),
    Laboratory("pbc-cells", "Barcelona", 0.14),
    Laboratory("chula-pi", "Bangkok", 0.094, whole_fields=True),
    Laboratory("bccd", "bccd", 0.08, whole_fields=True),
)

NO_BOX = "no box"
"""Word of a find outside all boxes of a field in which all white cells are boxed."""

_NO_CELL = frozenset({CellType.ARTEFACT, CellType.SMUDGE})
_LYMPHOID = frozenset({CellType.LYMPHOCYTE, CellType.ATYPICAL_LYMPHOCYTE})
_NOTHING: frozenset[CellType] = frozenset()
FIVE_TYPES = (
    CellType.NEUTROPHIL,
    CellType.EOSINOPHIL,
    CellType.BASOPHIL,
    CellType.LYMPHOCYTE,
    CellType.MONOCYTE,
)

TAUGHT: Mapping[str, frozenset[CellType]] = {
    "abnormal promyelocyte": frozenset({CellType.PROMYELOCYTE}),
    "atypical lymphocyte": frozenset({CellType.ATYPICAL_LYMPHOCYTE}),
    "band neutrophils": frozenset({CellType.NEUTROPHIL}),
    "basophil": frozenset({CellType.BASOPHIL}),
    "blast": frozenset({CellType.MYELOBLAST}),
    "blast, no lineage spec": frozenset({CellType.MYELOBLAST}),
    "eosinophil": frozenset({CellType.EOSINOPHIL}),
    "eosinophils": frozenset({CellType.EOSINOPHIL}),
    "erythroblast": frozenset({CellType.ERYTHROBLAST}),
    "giant thrombocyte": frozenset({CellType.ARTEFACT}),
    "immature granulocyte": frozenset({CellType.MYELOCYTE}),
    "lymphoblast": frozenset({CellType.LYMPHOBLAST}),
    "lymphocyte": frozenset({CellType.LYMPHOCYTE}),
    "lymphocyte, variant": _LYMPHOID,
    "metamyelocyte": frozenset({CellType.MYELOCYTE}),
    "monoblast": frozenset({CellType.MYELOBLAST}),
    "monocyte": frozenset({CellType.MONOCYTE}),
    "myeloblast": frozenset({CellType.MYELOBLAST}),
    "myelocyte": frozenset({CellType.MYELOCYTE}),
    "neutrophil": frozenset({CellType.NEUTROPHIL}),
    "none": _NO_CELL,
    "plasma cells": _NOTHING,
    "platelet": _NOTHING,
    "prolymphocyte": _LYMPHOID,
    "promonocyte": frozenset({CellType.MYELOBLAST}),
    "promyelocyte": frozenset({CellType.PROMYELOCYTE}),
    "reactive": _LYMPHOID,
    "red blood cell": _NOTHING,
    "segmented neutrophils": frozenset({CellType.NEUTROPHIL}),
    "smudge cells": frozenset({CellType.SMUDGE}),
    "thrombocyte aggregation": frozenset({CellType.ARTEFACT}),
    "tumoral": _LYMPHOID,
    "white blood cell": frozenset(FIVE_TYPES),
    NO_BOX: _NO_CELL,
    # The simulator and clutter use the names of the types.
    CellType.SMUDGE.value: frozenset({CellType.SMUDGE}),
    CellType.ARTEFACT.value: frozenset({CellType.ARTEFACT}),
}
"""The types that each word of the sets teaches; none for a word that teaches nothing."""

NONE_OF_PATIENT = {"patient-32": frozenset({CellType.SMUDGE}), "patient-24": _NOTHING}
"""Lahore's "none" means "none of the named types". In the CLL patient 32 nearly all of them are smudge cells. In
patient 24 they are small dense nuclei of an unknown kind. In the others they are broken cells and dirt."""


def taught_types(folder: str, patient: str, word: str) -> frozenset[CellType]:
    """Return the types of which a cell is one, by the expert's word; none when the word teaches nothing.

    Raises:
        KeyError: The word is not known.
    """
    if folder == "lld-40x" and word == "none":
        return NONE_OF_PATIENT.get(patient, TAUGHT[word])
    return TAUGHT[word]


def compared_types(folder: str) -> frozenset[CellType]:
    """Return the types among which a laboratory's cells teach: all, or all except blasts.

    The simulator and clutter have no laboratory and teach among all types.
    """
    without = any(one.folder == folder and not one.has_blasts for one in LABORATORIES)
    return frozenset(CELL_TYPES) - (BLASTS if without else frozenset())
