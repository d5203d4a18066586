"""Romanowsky stain as absorbance: how much red, green and blue light each dye absorbs.

Absorbances are natural logarithms (Beer-Lambert: transmittance = exp(-absorbance)), in the order R, G, B of a
camera's three broad channels, for an amount of dye of 1. The peaks of the dyes are from Horobin & Kiernan, *Conn's
Biological Stains*, 10th ed. 2002, and Horobin & Walter, "Understanding Romanowsky staining", Histochemistry 86, 1987:
azure B 650 nm, eosin Y 524 nm, and the purple complex of azure B, eosin and DNA ("Romanowsky-Giemsa effect") about
550 nm. Their values in R, G, B were chosen by eye, by comparison with real films. The values of the purple complex
and of pink cytoplasm follow measurements (medians, `python -m tests.measuring.measure_looks`), given here as the
contrast to the background in red and in blue, relative to green:

- Nuclei of neutrophils: 0.79 and 0.27 in 379 cells of the Large Leukemia Dataset, 1.27 and 0.13 in 106 cells of
  Chulalongkorn University; 0.80 and 0.30 in rendered cells.
- Their cytoplasm: 0.49 and 0.24, 0.90 and 0.34; 0.58 and 0.37 in rendered cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Colour = npt.NDArray[np.float32]
"""Absorbance in R, G, B: shape (3,), float32, natural log, >= 0."""

AZURE_B = np.array([1.00, 0.52, 0.16])
EOSIN = np.array([0.06, 1.00, 0.50])
PURPLE = np.array([0.85, 1.32, 0.33])
HAEMOGLOBIN = np.array([0.03, 0.25, 0.70])
"""Soret band at 415 nm in B, Q bands at 540 and 577 nm in G (Prahl, Oregon Medical Laser Center)."""


@dataclass(frozen=True)
class Stain:
    """The colours of one slide, each an absorbance in R, G, B, shape (3,), float32.

    Attributes:
        film: Dried plasma between the cells.
        red_cell: A red cell of full thickness.
        chromatin: A nucleus of usual density.
        nucleolus: A nucleolus, which is bluer.
        basophilic: Blue cytoplasm (RNA).
        acidophilic: Pink cytoplasm.
        neutrophil: Neutrophil granules.
        azurophil: Azurophil granules.
        eosinophil: Eosinophil granules.
        basophil: Basophil granules.
    """

    film: Colour
    red_cell: Colour
    chromatin: Colour
    nucleolus: Colour
    basophilic: Colour
    acidophilic: Colour
    neutrophil: Colour
    azurophil: Colour
    eosinophil: Colour
    basophil: Colour


def draw_stain(rng: np.random.Generator) -> Stain:
    """Draw one slide's stain.

    The pH of the buffer decides the balance: above about 6.8 thiazines stain more strongly and red cells are
    blue-grey; below it eosin does and they are pink (Dacie and Lewis, 12th ed., ch. 4). The staining time decides how
    strong all colours are. Thickness and hue also vary a little.
    """
    ph = rng.uniform(6.4, 7.4)
    blueness = float(np.clip((ph - 6.55) / 0.85, 0.0, 1.0))
    strength = rng.uniform(0.85, 1.5)
    uptake = rng.uniform(0.7, 1.3)
    magenta = rng.uniform(-0.25, 0.25)

    # How purple "blue" cytoplasm is, how pink other cytoplasm is, and how strongly haemoglobin shows.
    violet, pinkness = rng.uniform(0.15, 0.6), rng.uniform(0.45, 0.8)
    soret = rng.uniform(0.4, 1.0) * (1.0 - 0.85 * blueness)

    def shade(amount: float, *parts: tuple[float, npt.NDArray[np.float64]]) -> Colour:
        absorbance = sum((share * dye for share, dye in parts), start=np.zeros(3))
        wobble = 1.0 + 0.05 * np.clip(rng.standard_normal(3), -2.0, 2.0)
        return np.asarray(amount * absorbance * wobble, dtype=np.float32)

    purple = (1.0 + magenta, PURPLE)
    azure = (0.28 - magenta, AZURE_B)
    return Stain(
        film=shade(0.06 * rng.uniform(0.3, 2.0), (0.6, EOSIN), (0.5, AZURE_B), (1.6, HAEMOGLOBIN)),
        red_cell=shade(
            0.95 * uptake,
            (0.62 - 0.3 * blueness, EOSIN),
            (1.4 * blueness, AZURE_B),
            (soret, HAEMOGLOBIN),
        ),
        chromatin=shade(1.7 * strength, purple, azure),
        nucleolus=shade(0.85 * strength, (0.65, PURPLE), (0.6, AZURE_B)),
        basophilic=shade(1.05 * strength, (violet, PURPLE), (0.85 - violet, AZURE_B)),
        # In real films it is lilac pink even if the red cells are blue.
        acidophilic=shade(
            pinkness * strength,
            (0.45, EOSIN),
            (0.12 + 0.08 * blueness, AZURE_B),
            (0.35, PURPLE),
        ),
        neutrophil=shade(0.75 * strength, (0.6, PURPLE), (0.35 * (1 - blueness), EOSIN)),
        azurophil=shade(1.5 * strength, (1.1, PURPLE), (0.3, EOSIN)),
        eosinophil=shade(1.15 * strength, (0.9, EOSIN), (0.9, HAEMOGLOBIN)),
        basophil=shade(2.2 * strength, (1.0, PURPLE), (0.55, AZURE_B)),
    )
