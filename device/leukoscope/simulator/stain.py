"""Romanowsky stain as absorbance: which dye takes which part of the light.

Absorbances are natural-log (Beer-Lambert: transmittance = exp(-absorbance)), ordered R, G, B for a
camera's three broad channels, per unit amount of dye. The dyes' peaks are from Horobin & Kiernan,
*Conn's Biological Stains*, 10th ed. 2002, and Horobin & Walter, "Understanding Romanowsky
staining", Histochemistry 86, 1987: azure B 650 nm, eosin Y 524 nm, and the purple azure B-eosin-DNA
complex ("Romanowsky-Giemsa effect") about 550 nm. Their shares in R, G, B were set by eye beside
real films; those of the purple complex and of pink cytoplasm follow measured ones. The contrast of
neutrophils' nuclei over the glass, relative to green, is 0.79 in red and 0.27 in blue in 379 cells of
the Large Leukemia Dataset, 1.27 and 0.13 in 106 of Chulalongkorn University; rendered ones have 0.80
and 0.30 (medians). Their cytoplasm has 0.49 and 0.24, 0.90 and 0.34; rendered 0.58 and 0.37
(`python -m tests.measuring.measure_looks`).
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

    film: dried plasma between the cells.
    red_cell: a red cell of full thickness.
    chromatin: nucleus of ordinary density. nucleolus: what nucleoli leave behind, bluer.
    basophilic: blue cytoplasm (RNA). acidophilic: pink cytoplasm.
    neutrophil, azurophil, eosinophil, basophil: granules.
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

    The buffer's pH moves the balance: above about 6.8 the thiazines win and red cells turn
    blue-grey, below it eosin wins and they are pink (Dacie and Lewis, 12th ed., ch. 4). Staining
    time moves the strength of everything; thickness and hue vary a little besides.
    """
    ph = rng.uniform(6.4, 7.4)
    blueness = float(np.clip((ph - 6.55) / 0.85, 0.0, 1.0))
    strength = rng.uniform(0.85, 1.5)
    uptake = rng.uniform(0.7, 1.3)
    magenta = rng.uniform(-0.25, 0.25)

    # How purple "blue" cytoplasm comes out, how much pink it takes, and how strongly haemoglobin shows.
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
        # In real films it keeps its lilac pink where the red cells are blue.
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
