"""The types of white cells, and groups of types."""

from __future__ import annotations

import enum


class CellType(enum.Enum):
    """The type of a find. The order is that of a cell model's output.

    The names follow ICSH (Palmer et al., Int J Lab Hematol 37, 2015). Band forms count as neutrophils, monoblasts
    as myeloblasts, metamyelocytes as myelocytes, and the abnormal promyelocytes of APL as promyelocytes.
    """

    NEUTROPHIL = "neutrophil"
    EOSINOPHIL = "eosinophil"
    BASOPHIL = "basophil"
    LYMPHOCYTE = "lymphocyte"
    MONOCYTE = "monocyte"
    LYMPHOBLAST = "lymphoblast"
    MYELOBLAST = "myeloblast"
    PROMYELOCYTE = "promyelocyte"
    MYELOCYTE = "myelocyte"
    ATYPICAL_LYMPHOCYTE = "atypical lymphocyte"
    SMUDGE = "smudge cell"
    ARTEFACT = "artefact"
    ERYTHROBLAST = "erythroblast"


CELL_TYPES = tuple(CellType)

ADDED_LATER = frozenset({CellType.ERYTHROBLAST})
"""Types that older records lack: no cell of theirs was read as one of these."""

BLASTS = frozenset({CellType.LYMPHOBLAST, CellType.MYELOBLAST, CellType.PROMYELOCYTE})
"""Blasts and their equivalents: the abnormal promyelocytes of APL count as blasts (WHO 2017)."""

NOT_COUNTED = frozenset({CellType.SMUDGE, CellType.ARTEFACT, CellType.ERYTHROBLAST})
"""Finds that do not count as white cells in a differential. Smudge cells and erythroblasts are reported beside it
(ICSH)."""

ABBREVIATIONS = {
    CellType.NEUTROPHIL: "NEU",
    CellType.EOSINOPHIL: "EOS",
    CellType.BASOPHIL: "BAS",
    CellType.LYMPHOCYTE: "LYM",
    CellType.MONOCYTE: "MON",
    CellType.LYMPHOBLAST: "LBL",
    CellType.MYELOBLAST: "MBL",
    CellType.PROMYELOCYTE: "PRO",
    CellType.MYELOCYTE: "MYE",
    CellType.ATYPICAL_LYMPHOCYTE: "ATY",
    CellType.SMUDGE: "SMU",
    CellType.ARTEFACT: "ART",
    CellType.ERYTHROBLAST: "ERY",
}
"""Three letters for tables and for the boxes of cells on a picture, in the order of `CellType`."""
