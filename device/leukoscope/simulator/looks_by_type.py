"""How each type of white cell looks, as numbers.

The descriptions follow Bain, *Blood Cells*, 5th ed., ch. 3 (normal cells) and ch. 9 (leukaemias), and the ICSH
recommendations of 2015 for the precursors of granulocytes. Radii are multiples of the cell's radius `r`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from leukoscope.simulator.hematology import RenderedCellType
from leukoscope.simulator.nuclei import Nucleus, make_bent, make_lobed, make_oval
from leukoscope.simulator.white_cell_look import GranuleKind, Granules, WhiteCellLook

BAND_SHARE = 0.06
"""Share of band forms among neutrophils: up to 5-8 % in health (Dacie)."""

_LOBE_SHARES = (0.22, 0.42, 0.28, 0.08)
"""Shares of neutrophils with 2, 3, 4 and 5 lobes: the Arneth count (Bain ch. 3: mostly three)."""


def _neutrophil_granules(rng: np.random.Generator, azurophil: int) -> tuple[Granules, ...]:
    """Return fine specific granules, which can hardly be resolved, and the remaining azurophil ones."""
    fine = Granules(
        GranuleKind.NEUTROPHIL, int(rng.integers(200, 320)), 0.45, rng.uniform(0.25, 0.5), 0.0
    )
    return (fine, Granules(GranuleKind.AZUROPHIL, azurophil, 0.5, 0.5, 0.1))


def _make_blast_nucleus(
    radius_um: float, offset_um: float, cleft: float, rng: np.random.Generator
) -> Nucleus:
    """Make a blast's nucleus: round, or in a share `cleft` of the cells folded in from one side."""
    if rng.random() >= cleft:
        return make_oval(radius_um, rng.uniform(1.0, 1.15), offset_um, rng)
    return make_bent(rng.uniform(1.4, 2.2), 0.48 * radius_um, 0.68 * radius_um, 0.0, rng)


def _neutrophil(r: float, rng: np.random.Generator) -> WhiteCellLook:
    if rng.random() < BAND_SHARE:
        nucleus = make_bent(rng.uniform(3.0, 4.3), 0.5 * r, rng.uniform(0.25, 0.29) * r, 0.15, rng)
    else:
        lobes = int(rng.choice(4, p=_LOBE_SHARES)) + 2
        size = {2: 0.39, 3: 0.325, 4: 0.285, 5: 0.25}[lobes]
        nucleus = make_lobed(lobes, 0.46 * r, size * r, 0.04 * r, rng)
    return WhiteCellLook(
        nucleus=nucleus,
        ragged_um=0.22,
        chromatin=1.12,
        contrast=0.15,
        clump_um=1.4,
        blocky=0.6,
        outline=0.035,
        stretch=rng.uniform(1.0, 1.12),
        basophilia=0.03,
        acidophilia=0.65,
        granules=_neutrophil_granules(rng, azurophil=0),
    )


def _eosinophil(r: float, rng: np.random.Generator) -> WhiteCellLook:
    lobes = 2 if rng.random() < 0.85 else 3
    return WhiteCellLook(
        nucleus=make_lobed(lobes, 0.44 * r, 0.38 * r, 0.045 * r, rng),
        ragged_um=0.2,
        chromatin=1.0,
        contrast=0.15,
        clump_um=1.3,
        blocky=0.5,
        outline=0.03,
        basophilia=0.05,
        acidophilia=0.25,
        granules=(Granules(GranuleKind.EOSINOPHIL, 380, 0.9, 0.7, 0.06),),
    )


def _basophil(r: float, rng: np.random.Generator) -> WhiteCellLook:
    return WhiteCellLook(
        nucleus=make_lobed(int(rng.integers(2, 4)), 0.38 * r, 0.38 * r, 0.12 * r, rng),
        ragged_um=0.4,
        chromatin=0.65,
        contrast=0.15,
        clump_um=1.5,
        blocky=0.2,
        outline=0.04,
        basophilia=0.12,
        acidophilia=0.2,
        granules=(Granules(GranuleKind.BASOPHIL, int(rng.integers(80, 150)), 0.95, 0.8, 0.7),),
    )


def _monocyte(r: float, rng: np.random.Generator) -> WhiteCellLook:
    return WhiteCellLook(
        nucleus=make_bent(
            rng.uniform(2.2, 4.0),
            rng.uniform(0.44, 0.52) * r,
            rng.uniform(0.37, 0.44) * r,
            rng.uniform(0.0, 0.25),
            rng,
        ),
        ragged_um=0.5,
        chromatin=0.75,
        contrast=0.14,
        clump_um=1.9,
        blocky=0.25,
        outline=0.07,
        stretch=rng.uniform(1.0, 1.2),
        basophilia=rng.uniform(0.3, 0.45),
        acidophilia=0.25,
        vacuoles=int(rng.integers(0, 6)),
        granules=(Granules(GranuleKind.AZUROPHIL, 60, 0.3, 0.12, 0.0),),
    )


def _lymphocyte(r: float, rng: np.random.Generator) -> WhiteCellLook:
    return WhiteCellLook(
        nucleus=make_oval(
            rng.uniform(0.76, 0.88) * r,
            rng.uniform(1.0, 1.18),
            rng.uniform(0.03, 0.12) * r,
            rng,
        ),
        ragged_um=0.16,
        chromatin=1.2,
        contrast=0.17,
        clump_um=2.1,
        blocky=0.7,
        outline=0.035,
        stretch=rng.uniform(1.0, 1.15),
        basophilia=rng.uniform(0.3, 0.55),
        acidophilia=0.0,
        rim=0.12,
        granules=(Granules(GranuleKind.AZUROPHIL, int(rng.choice([0, 0, 0, 6])), 0.5, 0.5, 0.0),),
    )


def _atypical_lymphocyte(r: float, rng: np.random.Generator) -> WhiteCellLook:
    return WhiteCellLook(
        nucleus=make_oval(
            rng.uniform(0.60, 0.74) * r, rng.uniform(1.1, 1.4), rng.uniform(0.08, 0.25) * r, rng
        ),
        ragged_um=0.25,
        chromatin=0.9,
        contrast=0.15,
        clump_um=1.7,
        blocky=0.45,
        nucleoli=int(rng.random() < 0.35),
        nucleolus_um=1.4,
        nucleolus_depth=0.3,
        outline=0.12,
        stretch=rng.uniform(1.0, 1.25),
        basophilia=rng.uniform(0.4, 0.6),
        acidophilia=0.0,
        rim=0.35,
    )


def _lymphoblast(r: float, rng: np.random.Generator) -> WhiteCellLook:
    return WhiteCellLook(
        nucleus=_make_blast_nucleus(rng.uniform(0.86, 0.96) * r, 0.07 * r, 0.25, rng),
        ragged_um=0.14,
        chromatin=0.95,
        contrast=0.085,
        clump_um=1.1,
        blocky=0.15,
        nucleoli=int(rng.integers(0, 3)),
        nucleolus_um=1.3,
        nucleolus_depth=0.25,
        outline=0.04,
        stretch=rng.uniform(1.0, 1.12),
        basophilia=rng.uniform(0.5, 0.8),
        acidophilia=0.0,
        rim=0.15,
        vacuoles=int(rng.choice([0, 0, 0, 0, 3])),
    )


def _myeloblast(r: float, rng: np.random.Generator) -> WhiteCellLook:
    return WhiteCellLook(
        nucleus=_make_blast_nucleus(
            rng.uniform(0.78, 0.90) * r, rng.uniform(0.08, 0.18) * r, 0.2, rng
        ),
        ragged_um=0.14,
        chromatin=0.82,
        contrast=0.07,
        clump_um=0.9,
        blocky=0.0,
        nucleoli=int(rng.integers(2, 6)),
        nucleolus_um=1.8,
        nucleolus_depth=0.42,
        outline=0.05,
        stretch=rng.uniform(1.0, 1.15),
        basophilia=rng.uniform(0.45, 0.7),
        acidophilia=0.05,
        rim=0.12,
        hof=0.2,
        granules=(Granules(GranuleKind.AZUROPHIL, int(rng.choice([0, 0, 12, 25])), 0.5, 0.5, 0.1),),
    )


def _promyelocyte(r: float, rng: np.random.Generator) -> WhiteCellLook:
    return WhiteCellLook(
        nucleus=make_oval(
            rng.uniform(0.66, 0.78) * r,
            rng.uniform(1.05, 1.3),
            rng.uniform(0.18, 0.28) * r,
            rng,
        ),
        ragged_um=0.2,
        chromatin=0.85,
        contrast=0.10,
        clump_um=1.2,
        blocky=0.15,
        nucleoli=int(rng.integers(0, 3)),
        nucleolus_um=1.6,
        nucleolus_depth=0.4,
        outline=0.05,
        stretch=rng.uniform(1.0, 1.15),
        basophilia=rng.uniform(0.4, 0.55),
        acidophilia=0.1,
        rim=0.1,
        hof=0.5,
        granules=(Granules(GranuleKind.AZUROPHIL, int(rng.integers(110, 230)), 0.6, 0.55, 0.45),),
    )


def _myelocyte(r: float, rng: np.random.Generator) -> WhiteCellLook:
    return WhiteCellLook(
        nucleus=make_oval(
            rng.uniform(0.62, 0.74) * r,
            rng.uniform(1.1, 1.35),
            rng.uniform(0.22, 0.30) * r,
            rng,
        ),
        ragged_um=0.18,
        chromatin=0.98,
        contrast=0.14,
        clump_um=1.5,
        blocky=0.4,
        outline=0.04,
        stretch=rng.uniform(1.0, 1.15),
        basophilia=rng.uniform(0.12, 0.3),
        acidophilia=0.35,
        hof=0.3,
        granules=_neutrophil_granules(rng, azurophil=25),
    )


def _metamyelocyte(r: float, rng: np.random.Generator) -> WhiteCellLook:
    return WhiteCellLook(
        nucleus=make_bent(
            rng.uniform(1.9, 2.8),
            rng.uniform(0.42, 0.48) * r,
            rng.uniform(0.37, 0.43) * r,
            rng.uniform(0.1, 0.25),
            rng,
        ),
        ragged_um=0.2,
        chromatin=1.02,
        contrast=0.15,
        clump_um=1.5,
        blocky=0.5,
        outline=0.035,
        stretch=rng.uniform(1.0, 1.12),
        basophilia=rng.uniform(0.05, 0.15),
        acidophilia=0.4,
        granules=_neutrophil_granules(rng, azurophil=6),
    )


def _smudge_cell(r: float, rng: np.random.Generator) -> WhiteCellLook:
    """A burst nucleus without cytoplasm."""
    return WhiteCellLook(
        nucleus=make_oval(rng.uniform(0.6, 0.8) * r, rng.uniform(1.0, 1.6), 0.0, rng),
        ragged_um=rng.uniform(0.4, 1.1),
        chromatin=rng.uniform(0.42, 0.7),
        contrast=0.14,
        clump_um=2.2,
        blocky=0.3,
        outline=0.0,
        basophilia=0.0,
        acidophilia=0.0,
    )


_LOOKS: Mapping[RenderedCellType, Callable[[float, np.random.Generator], WhiteCellLook]] = {
    RenderedCellType.NEUTROPHIL: _neutrophil,
    RenderedCellType.EOSINOPHIL: _eosinophil,
    RenderedCellType.BASOPHIL: _basophil,
    RenderedCellType.MONOCYTE: _monocyte,
    RenderedCellType.LYMPHOCYTE: _lymphocyte,
    RenderedCellType.ATYPICAL_LYMPHOCYTE: _atypical_lymphocyte,
    RenderedCellType.LYMPHOBLAST: _lymphoblast,
    RenderedCellType.MYELOBLAST: _myeloblast,
    RenderedCellType.PROMYELOCYTE: _promyelocyte,
    RenderedCellType.MYELOCYTE: _myelocyte,
    RenderedCellType.METAMYELOCYTE: _metamyelocyte,
    RenderedCellType.SMUDGE_CELL: _smudge_cell,
}

_MOST_AUER_RODS: Mapping[RenderedCellType, int] = {
    RenderedCellType.MYELOBLAST: 2,
    RenderedCellType.PROMYELOCYTE: 4,
}
"""Most Auer rods of a cell: one or two in a myeloblast, bundles in the promyelocytes of APL (Bain ch. 9)."""


def draw_look(
    cell_type: RenderedCellType, radius_um: float, auer_rods: float, rng: np.random.Generator
) -> WhiteCellLook:
    """Choose how one cell of a type looks.

    Args:
        cell_type: The type.
        radius_um: Radius of the cell.
        auer_rods: Chance of Auer rods, if it is a myeloblast or promyelocyte.
        rng: Decides everything else.
    """
    look = _LOOKS[cell_type](radius_um, rng)
    most = _MOST_AUER_RODS.get(cell_type, 0)
    if most and rng.random() < auer_rods:
        return dataclasses.replace(look, auer_rods=int(rng.integers(1, most + 1)))
    return look
