"""The cells of each diagnosis: which white cells are on a slide, how many, and how large.

Sources, with the short names used below:

- Bain: B. J. Bain, *Blood Cells: A Practical Guide*, 5th ed., Wiley 2015 (cell sizes, reference
  differentials, what each leukaemia looks like in the film).
- Dacie: Bain, Bates, Laffan, *Dacie and Lewis Practical Haematology*, 12th ed., Elsevier 2017
  (adult reference ranges).
- WHO: Swerdlow et al., *WHO Classification of Tumours of Haematopoietic and Lymphoid Tissues*,
  revised 4th ed., IARC 2017 (criteria of AML, ALL, CML, CLL).
- ICSH: Palmer et al., "ICSH recommendations for the standardization of nomenclature and grading of
  peripheral blood cell morphological features", Int J Lab Hematol 37, 2015 (names of the cells;
  smudge cells are reported in CLL).
- Spiers: Spiers et al., "The peripheral blood in chronic granulocytic leukaemia", Scand J Haematol
  18, 1977 (the differential of CML: peaks at the myelocyte and at the segmented neutrophil).

The sources give ranges and criteria. One mean per cell type, inside those ranges, was chosen here.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np


class Diagnosis(enum.Enum):
    """The diagnosis of a rendered slide. EMPTY is glass without blood."""

    NORMAL = "normal"
    ALL = "ALL"
    AML = "AML"
    CML = "CML"
    CLL = "CLL"
    EMPTY = "empty"


class RenderedCellType(enum.Enum):
    """Types of white cells, with the ICSH names. Band forms count as neutrophils."""

    NEUTROPHIL = "neutrophil"
    LYMPHOCYTE = "lymphocyte"
    MONOCYTE = "monocyte"
    EOSINOPHIL = "eosinophil"
    BASOPHIL = "basophil"
    LYMPHOBLAST = "lymphoblast"
    MYELOBLAST = "myeloblast"
    PROMYELOCYTE = "promyelocyte"
    MYELOCYTE = "myelocyte"
    METAMYELOCYTE = "metamyelocyte"
    ATYPICAL_LYMPHOCYTE = "atypical lymphocyte"
    SMUDGE_CELL = "smudge cell"


DIAMETER_UM: Mapping[RenderedCellType, tuple[float, float]] = MappingProxyType(
    {
        # (mean, standard deviation) on a dried film, after Bain ch. 2, 3 and 9.
        RenderedCellType.NEUTROPHIL: (13.0, 0.8),
        RenderedCellType.LYMPHOCYTE: (10.3, 1.1),
        # Bain has monocytes of 12 to 20 µm. The medians of 27 and 88 boxed monocytes in two real sets are 142 and
        # 115 µm², discs of 13.4 and 12.1 µm. Rendered ones have 154 µm² (python -m tests.measuring.measure_looks).
        RenderedCellType.MONOCYTE: (14.5, 1.4),
        RenderedCellType.EOSINOPHIL: (13.8, 0.9),
        RenderedCellType.BASOPHIL: (12.2, 0.9),
        RenderedCellType.LYMPHOBLAST: (12.8, 1.5),
        RenderedCellType.MYELOBLAST: (15.3, 1.5),
        RenderedCellType.PROMYELOCYTE: (18.0, 1.6),
        RenderedCellType.MYELOCYTE: (15.3, 1.3),
        RenderedCellType.METAMYELOCYTE: (14.2, 1.0),
        RenderedCellType.ATYPICAL_LYMPHOCYTE: (15.0, 1.7),
        RenderedCellType.SMUDGE_CELL: (14.5, 2.0),
    }
)

_N, _L, _M = RenderedCellType.NEUTROPHIL, RenderedCellType.LYMPHOCYTE, RenderedCellType.MONOCYTE
_E, _B = RenderedCellType.EOSINOPHIL, RenderedCellType.BASOPHIL
_LB, _MB = RenderedCellType.LYMPHOBLAST, RenderedCellType.MYELOBLAST
_PM, _MY, _MM = (
    RenderedCellType.PROMYELOCYTE,
    RenderedCellType.MYELOCYTE,
    RenderedCellType.METAMYELOCYTE,
)
_AT, _SM = RenderedCellType.ATYPICAL_LYMPHOCYTE, RenderedCellType.SMUDGE_CELL


@dataclass(frozen=True)
class BloodPicture:
    """The cells on the slides of one diagnosis.

    Attributes:
        differential: Mean share of each cell type, sum 1; empty: no white cells.
        concentration: Sum of the Dirichlet parameters. The higher it is, the less slides differ.
        white_cells_least: A standard field has this number of white cells plus Poisson(`white_cells_more`).
        white_cells_more: See `white_cells_least`.
        red_cells: Density of red cells relative to normal (below 1 in anaemia).
        platelets: Density of platelets relative to normal.
        giant_platelets: Share of the platelets that are as large as a red cell.
        auer_rods: Chance that a myeloblast or promyelocyte shows Auer rods.
    """

    differential: Mapping[RenderedCellType, float]
    concentration: float
    white_cells_least: int
    white_cells_more: float
    red_cells: float
    platelets: float
    giant_platelets: float
    auer_rods: float


_NORMAL = BloodPicture(
    # Dacie, adults: neutrophils 40-80 %, lymphocytes 20-40, monocytes 2-10, eosinophils 1-6,
    # basophils below 2. A few reactive lymphocytes and smudge cells occur in health (Bain ch. 3).
    differential={_N: 0.585, _L: 0.29, _M: 0.065, _E: 0.03, _B: 0.007, _AT: 0.013, _SM: 0.01},
    concentration=60.0,
    # 7e9 white and 5e12 red cells per litre would be one white cell in three fields. But this device is used near
    # the feathered edge and the sides of a wedge film, where white cells gather (Dacie ch. 5). Every field there
    # shows one or more.
    white_cells_least=1,
    white_cells_more=0.9,
    red_cells=1.0,
    platelets=1.0,
    giant_platelets=0.01,
    auer_rods=0.0,
)
_ALL = BloodPicture(
    # WHO: lymphoblasts; anaemia and thrombocytopenia usual, neutropenia common (Bain ch. 9).
    differential={_LB: 0.80, _L: 0.10, _N: 0.055, _M: 0.007, _E: 0.003, _SM: 0.03, _MY: 0.005},
    concentration=30.0,
    white_cells_least=3,
    white_cells_more=3.5,
    red_cells=0.75,
    platelets=0.2,
    giant_platelets=0.01,
    auer_rods=0.0,
)
_AML = BloodPicture(
    # WHO: blasts 20 % or more; in blood at presentation they are mostly the majority (Bain ch. 9).
    differential={
        _MB: 0.70,
        _PM: 0.06,
        _MY: 0.015,
        _MM: 0.01,
        _M: 0.05,
        _N: 0.065,
        _L: 0.085,
        _SM: 0.015,
    },
    concentration=30.0,
    white_cells_least=3,
    white_cells_more=3.0,
    red_cells=0.75,
    platelets=0.25,
    giant_platelets=0.03,
    # Auer rods are seen in about half of the patients, in a minority of the cells (Bain ch. 9).
    auer_rods=0.2,
)
_APL = BloodPicture(
    # AML with PML-RARA: abnormal hypergranular promyelocytes, Auer rods often in bundles (WHO).
    differential={_PM: 0.74, _MB: 0.10, _N: 0.05, _L: 0.08, _M: 0.005, _MY: 0.025},
    concentration=30.0,
    white_cells_least=3,
    white_cells_more=2.5,
    red_cells=0.75,
    platelets=0.2,
    giant_platelets=0.01,
    auer_rods=0.5,
)
_CML = BloodPicture(
    # Spiers; WHO chronic phase: blasts below 10 %, usually below 2 %, basophilia, monocytes
    # mostly below 3 %, platelets normal or raised, large forms among them (Bain ch. 9).
    differential={
        _MB: 0.015,
        _PM: 0.035,
        _MY: 0.20,
        _MM: 0.12,
        _N: 0.475,
        _E: 0.035,
        _B: 0.055,
        _M: 0.015,
        _L: 0.05,
    },
    concentration=60.0,
    white_cells_least=3,
    white_cells_more=4.5,
    red_cells=0.9,
    platelets=1.9,
    giant_platelets=0.08,
    auer_rods=0.0,
)
_CLL = BloodPicture(
    # WHO: 5e9 or more clonal B cells per litre: small mature lymphocytes with clumped chromatin. Smudge cells are
    # characteristic. Prolymphocytes are below 15 %; here the larger atypical cells represent them.
    differential={_L: 0.80, _SM: 0.10, _AT: 0.025, _N: 0.06, _M: 0.01, _E: 0.005},
    concentration=60.0,
    white_cells_least=3,
    white_cells_more=4.5,
    red_cells=0.92,
    platelets=0.8,
    giant_platelets=0.01,
    auer_rods=0.0,
)
_EMPTY = BloodPicture(
    differential={},
    concentration=1.0,
    white_cells_least=0,
    white_cells_more=0.0,
    red_cells=0.0,
    platelets=0.0,
    giant_platelets=0.0,
    auer_rods=0.0,
)

APL_SHARE_OF_AML = 0.1
"""Acute promyelocytic leukaemia is 5-8 % of AML (WHO), and about 10 % in younger patients."""

_PICTURES: Mapping[Diagnosis, BloodPicture] = MappingProxyType(
    {
        Diagnosis.NORMAL: _NORMAL,
        Diagnosis.ALL: _ALL,
        Diagnosis.AML: _AML,
        Diagnosis.CML: _CML,
        Diagnosis.CLL: _CLL,
        Diagnosis.EMPTY: _EMPTY,
    }
)


def blood_picture(diagnosis: Diagnosis) -> BloodPicture:
    """Return the usual blood picture of a diagnosis. That of AML is not the promyelocytic one."""
    return _PICTURES[diagnosis]


@dataclass(frozen=True)
class SlideCounts:
    """The numbers of one slide, drawn around those of its diagnosis.

    Attributes:
        types: The cell types on this slide.
        shares: The share of each of `types`, sum 1.
        picture: The blood picture that the slide was drawn from.
        density: Factor on the number of white cells beyond the least, about 0.5 to 1.7.
    """

    types: tuple[RenderedCellType, ...]
    shares: tuple[float, ...]
    picture: BloodPicture
    density: float

    def draw_types(self, count: int, rng: np.random.Generator) -> list[RenderedCellType]:
        """Draw the types of `count` white cells of this slide."""
        if count == 0:
            return []
        picks = rng.choice(len(self.types), size=count, p=self.shares)
        return [self.types[int(pick)] for pick in picks]

    def draw_count(self, rng: np.random.Generator) -> int:
        """Draw the number of white cells in a standard field of this slide."""
        more = rng.poisson(self.picture.white_cells_more * self.density)
        return self.picture.white_cells_least + int(more)


def draw_slide_counts(diagnosis: Diagnosis, rng: np.random.Generator) -> SlideCounts:
    """Draw the differential (Dirichlet around the mean) and the density (log-normal) of one slide."""
    picture = blood_picture(diagnosis)
    if diagnosis is Diagnosis.AML and rng.random() < APL_SHARE_OF_AML:
        picture = _APL
    density = float(np.clip(rng.lognormal(0.0, 0.3), 0.5, 1.7))
    types = tuple(picture.differential)
    if not types:
        return SlideCounts((), (), picture, density)
    means = np.array([picture.differential[cell_type] for cell_type in types])
    shares = rng.dirichlet(picture.concentration * means / means.sum())
    return SlideCounts(types, tuple(float(share) for share in shares), picture, density)


def draw_diameter(cell_type: RenderedCellType, rng: np.random.Generator) -> float:
    """Draw the diameter in µm of one white cell, at most 2.5 standard deviations from the mean."""
    mean, spread = DIAMETER_UM[cell_type]
    return float(mean + spread * np.clip(rng.standard_normal(), -2.5, 2.5))
