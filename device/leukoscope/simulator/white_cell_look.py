"""How one white cell looks: the numbers from which `white_cells` draws it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from leukoscope.simulator.nuclei import Nucleus


class GranuleKind(enum.Enum):
    """Kinds of granules. Each value is the name of a colour of `Stain`."""

    NEUTROPHIL = "neutrophil"
    AZUROPHIL = "azurophil"
    EOSINOPHIL = "eosinophil"
    BASOPHIL = "basophil"


@dataclass(frozen=True)
class Granules:
    """One kind of granule in one cell.

    Attributes:
        kind: The kind.
        count: Number in the whole cell.
        diameter_um: Mean diameter, µm.
        amount: Amount of dye.
        over_nucleus: How visible granules above the nucleus are, 0..1.
    """

    kind: GranuleKind
    count: int
    diameter_um: float
    amount: float
    over_nucleus: float


@dataclass(frozen=True)
class WhiteCellLook:
    """One white cell, ready to be drawn.

    Attributes:
        nucleus: Shape of the nucleus.
        ragged_um: How irregular the nucleus's outline is, µm.
        chromatin: Density of the chromatin, 1 is usual.
        contrast: Contrast of the chromatin's texture.
        clump_um: Distance between clumps of chromatin.
        blocky: Texture of the chromatin: 0 even, 1 blocks with pale lines between them.
        outline: Depth of the bulges of the cell's outline, in radii.
        basophilia: Amount of blue in the cytoplasm.
        acidophilia: Amount of pink in the cytoplasm.
        nucleoli: Number of nucleoli.
        nucleolus_um: Mean diameter of the nucleoli, µm.
        nucleolus_depth: How pale the nucleoli are, 0..1.
        stretch: Ratio of the cell's axes.
        rim: Extra blue at the cell's edge.
        hof: Depth of the pale zone beside the nucleus, 0..1.
        vacuoles: Number of vacuoles.
        granules: The granules.
        auer_rods: Number of Auer rods.
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
