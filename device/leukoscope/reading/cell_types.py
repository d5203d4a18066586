"""The types that a white cell is read as, and their groups."""

from __future__ import annotations

import enum


class CellType(enum.Enum):
    """What a find is read as; the order is that of a cell model's output.

    Names after ICSH (Palmer et al., Int J Lab Hematol 37, 2015). Neutrophils include band forms, myeloblasts
    monoblasts, myelocytes metamyelocytes, and promyelocytes the abnormal ones of APL.
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


CELL_TYPES = tuple(CellType)

BLASTS = frozenset({CellType.LYMPHOBLAST, CellType.MYELOBLAST, CellType.PROMYELOCYTE})
"""Blasts and what counts as one: the abnormal promyelocytes of APL are blast equivalents (WHO 2017)."""

NOT_COUNTED = frozenset({CellType.SMUDGE, CellType.ARTEFACT})
"""Finds that a differential of 100 white cells leaves out; smudge cells are reported beside it (ICSH)."""

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
}
"""Three letters for a table and for a cell's box on a picture; in the order of `CellType`."""
