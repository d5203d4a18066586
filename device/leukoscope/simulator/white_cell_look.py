"""What one white cell looks like: the numbers by which `white_cells` draws it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from leukoscope.simulator.nuclei import Nucleus


class GranuleKind(enum.Enum):
    """Which dye a granule takes; each names a colour of `Stain`."""

    NEUTROPHIL = "neutrophil"
    AZUROPHIL = "azurophil"
    EOSINOPHIL = "eosinophil"
    BASOPHIL = "basophil"


@dataclass(frozen=True)
class Granules:
    """One kind of granule in one cell.

    count: in the whole cell. diameter_um. amount: of dye. over_nucleus: share of those above the
    nucleus that show, 0..1.
    """

    kind: GranuleKind
    count: int
    diameter_um: float
    amount: float
    over_nucleus: float


@dataclass(frozen=True)
class WhiteCellLook:
    """One white cell, ready to be drawn.

    nucleus: its shape. ragged_um: how far its outline wanders.
    chromatin: density, 1 ordinary. contrast: of its texture. clump_um: distance of its clumps.
    blocky: 0 even texture to 1 blocks parted by pale lines.
    nucleoli: how many. nucleolus_um: their mean diameter. nucleolus_depth: how pale, 0..1.
    outline: depth of the cell's bulges, in radii. stretch: ratio of the cell's axes.
    basophilia, acidophilia: amounts of blue and pink in the cytoplasm. rim: extra blue at the edge.
    hof: depth of the pale zone beside the nucleus, 0..1.
    vacuoles: how many. granules: those to strew. auer_rods: how many.
    """

    nucleus: Nucleus
    ragged_um: float
    chromatin: float
    contrast: float
    clump_um: float
    blocky: float
    outline: float
    basophilia: float
    acidophilia: float
    nucleoli: int = 0
    nucleolus_um: float = 1.2
    nucleolus_depth: float = 0.0
    stretch: float = 1.0
    rim: float = 0.0
    hof: float = 0.0
    vacuoles: int = 0
    granules: tuple[Granules, ...] = ()
    auer_rods: int = 0
